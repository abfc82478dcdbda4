"""A style belongs to a method: the same in every preset, no two alike in any view, and it is what cards draw and files
hold.
"""

import json
import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from flowscope_ui import read_contract
from playwright.sync_api import BrowserContext, Page

from ..frontend.test_palette import PANELS, contrast
from .conftest import watched
from .scope import open_page, read, show

CONTRACT = read_contract()
SCHEMES = ("light", "dark")
SWATCHES = "() => [...document.querySelectorAll('.card .swatch')].map((canvas) => canvas.toDataURL())"
STYLES = """async (specs) => {
  const { methodOf, stylesOf } = await import('/assets/canvas/style.mjs');
  return specs.map((solvers) => ({ methods: solvers.map(methodOf), light: stylesOf(solvers, 'light'),
    dark: stylesOf(solvers, 'dark') }));
}"""


def styles(page: Page, specs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Of each list of solvers, its methods and styles."""
    return page.evaluate(STYLES, specs)


def alone(one: dict[str, Any]) -> str:
    """A style without its colour: what is left where no colour is seen."""
    return json.dumps([one["dash"], one["marker"]])


def kinds(path: str) -> list[str]:
    """The kinds of a union in the schema of a spec: of `flow`, `optimizer`, `damping`, `inner`."""
    definitions = CONTRACT.spec["$defs"]
    found = [each["properties"][path] for each in definitions.values() if path in each.get("properties", {})]
    unions = [each["discriminator"]["mapping"] for each in found if "discriminator" in each]
    return sorted({kind for mapping in unions for kind in mapping})


@pytest.fixture(scope="module")
def blank(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page for all tests: its modules are asked, and demonstrations are chosen in it."""
    with watched(context, server, set()) as page:
        open_page(page, "?theme=dark")
        yield page


def test_no_two_solvers_of_a_preset_look_alike_and_a_method_looks_the_same_in_all(blank: Page) -> None:
    first: dict[str, Any] = {}
    found = styles(blank, [preset["spec"]["solvers"] for preset in CONTRACT.presets])
    for preset, each in zip(CONTRACT.presets, found, strict=True):
        for scheme in SCHEMES:
            for one, other in combinations(each[scheme], 2):
                assert alone(one) != alone(other) and one["color"] != other["color"], (preset["name"], one, other)
            seen = set()
            for method, style in zip(each["methods"], each[scheme], strict=True):
                if method not in seen:  # a further solver of a method varies its style
                    assert first.setdefault(f"{method} {scheme}", style) == style, (preset["name"], method)
                seen.add(method)
    assert first["gradient light"]["color"] == "#0072b2" and first["gauss_newton light"]["color"] == "#c87f00"
    assert len({alone(style) for style in first.values()}) == len(first) / 2 >= 16


def test_every_method_of_the_contract_has_a_row_of_its_own(blank: Page) -> None:
    flows = [{"flow": {"kind": kind}} for kind in kinds("flow")]
    damped = [{"flow": {"kind": "gauss_newton", "damping": {"kind": kind, "rho": 0.1}}} for kind in kinds("damping")]
    plain = [{"optimizer": {"kind": kind}} for kind in kinds("optimizer") if kind != "minimizing_movement"]
    inner = [{"kind": kind} for kind in kinds("inner") if kind != "by_gradients"]
    rules = ("adam", "adamw", "gradient_descent", "heavy_ball", "muon", "soap")
    nested = [{"kind": "by_gradients", "optimizer": {"kind": kind}} for kind in rules]
    movements = [{"optimizer": {"kind": "minimizing_movement", "inner": each}} for each in inner + nested]
    every = [*flows, *damped, *plain, *movements]
    assert len(flows) >= 8 and len(damped) >= 9 and len(plain) >= 10 and len(inner) >= 5
    (found,) = styles(blank, [every])
    assert len(set(found["methods"])) == len(every)
    assert {style["marker"].partition("-")[1] for style in found["light"]} == {""}, "a method took the row of another"
    assert len({alone(style) for style in found["light"]}) == len(every)


def test_solvers_of_any_drawn_run_differ_and_stand_out(blank: Page) -> None:
    """Up to a dozen solvers of few methods, in any order, among them methods of other packages."""
    draw = random.Random(15)
    names = ("gradient", "their_flow", "another_flow", "third_flow", "x", "y", "z", "w")
    pool: list[dict[str, Any]] = [{"flow": {"kind": kind}} for kind in names]
    pool += [{"optimizer": {"kind": "adam"}}, {"flow": {"kind": "gauss_newton", "damping": {"kind": "their_damping"}}}]
    pool += [{"flow": {"kind": "gauss_newton", "damping": {"kind": "constant", "rho": rho}}} for rho in (0, 0.1)]
    specs = [[draw.choice(pool[: draw.randint(1, len(pool))]) for _ in range(draw.randint(2, 12))] for _ in range(60)]
    for spec, found in zip(specs, styles(blank, specs), strict=True):
        for scheme in SCHEMES:
            assert len({alone(style) for style in found[scheme]}) == len(spec)
            assert len({json.dumps(style) for style in found[scheme]}) == len(spec)
            assert all(contrast(style["color"], PANELS[scheme]) >= 3 for style in found[scheme])


def test_a_method_of_another_package_keeps_its_style_in_any_run(blank: Page) -> None:
    theirs = [{"flow": {"kind": f"method_{k}"}} for k in range(20)]
    alone_, behind = (
        styles(blank, [[each] for each in theirs]),
        styles(blank, [[{"flow": {"kind": "gradient"}}, each] for each in theirs]),
    )
    assert [each["light"][0] for each in alone_] == [each["light"][1] for each in behind]
    assert len({alone(each["light"][0]) for each in alone_}) > 1


def wear(page: Page, theme: str) -> None:
    """Chooses light or dark."""
    if page.locator("html").get_attribute("data-mantine-color-scheme") != theme:
        page.evaluate("() => document.getElementById('theme').click()")
    page.wait_for_function("theme => document.documentElement.dataset.mantineColorScheme === theme", arg=theme)


@pytest.mark.parametrize("theme", SCHEMES)
def test_cards_draw_the_style_of_their_method(blank: Page, theme: str) -> None:
    """The preset with most solvers: ten swatches, no two alike; those of gradient flow and Gauss–Newton are the same
    elsewhere.
    """
    wear(blank, theme)
    show(blank, "one-mode")
    many = blank.evaluate(SWATCHES)
    assert len(many) == 10 == len(set(many))
    names = [solver["name"] for solver in read(blank, "meta.spec.solvers")]
    show(blank, "saddle")
    assert blank.evaluate(SWATCHES) == [many[names.index("Gradient flow")], many[names.index("Gauss–Newton")]]


def test_scripts_are_asked_for_in_the_styles_of_the_page(blank: Page) -> None:
    wear(blank, "dark")
    show(blank, "saddle")
    blank.locator("#export-menu").click()
    with blank.expect_download() as got:
        blank.locator("[data-export=script]").click()
    assert got.value.url.endswith("/script?looks=0072b2~_c87f00~9-4")
