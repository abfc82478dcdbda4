"""Solvers of another package in the page: in the form and in the cards with the referee's badge, and racing only where
he passed them.
"""

from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserContext, Page, expect

from ..package import installed
from .scope import pause, read, spare, wait_frame
from .test_apart import process

MODULE = """
from typing import ClassVar, Literal
import torch
from flowscope.flow import Flow, PseudoInverse


class UnitSpeed(Flow):
    "θ' = −∇L/‖∇L‖: gradient flow at unit speed."
    kind: Literal["unit_speed"] = "unit_speed"
    sign: ClassVar[float] = -1.0

    def rho(self, at, time, start):
        return torch.ones_like(time)

    def rate(self, at, rho):
        return -self.sign * at.eigenvalues / at.gradient.norm(dim=1, keepdim=True)

    @classmethod
    def velocity(cls, at, rho, start):
        return cls.sign * at.gradient / at.gradient.norm(dim=1, keepdim=True).clamp_min(1e-12)

    @staticmethod
    def tally():
        return torch.tensor([1, 0, 0, 1, 0])

    @staticmethod
    def prepare(at):
        pass


class Uphill(UnitSpeed):
    "θ' = +∇L/‖∇L‖: wrong on purpose."
    kind: Literal["uphill"] = "uphill"
    sign: ClassVar[float] = 1.0


class Twice(PseudoInverse):
    "θ' = −2J⁺r."
    kind: Literal["twice"] = "twice"
    exponent: ClassVar[float] = 4.0

    def rate(self, at, rho):
        return 2.0 * super().rate(at, rho)

    @staticmethod
    def velocity(at, rho, start):
        return 2.0 * PseudoInverse.velocity(at, rho, start)
"""
START = """kind => import('/assets/stream/address.mjs').then(({ addressOf }) => addressOf({ spec: {
  ...flowscope.meta.spec, title: kind, solvers: [
  { name: 'Ours', flow: { kind: 'gradient' } }, { name: 'Theirs', flow: { kind } } ] } }))"""


def theory_is_drawn(page: Page) -> None:
    """The marks of the modes are |vᵢᵀr| at the start times e^{−∫rate dt}, by the rates that the package states."""
    page.wait_for_function("() => flowscope.drawn.modes?.[1]?.marks.length")
    pause(page)
    page.wait_for_timeout(100)
    cell, time = read(page, "drawn")["modes"][1], page.evaluate("() => flowscope.path(1).time")
    rates, tracks, begun = (
        np.reshape(page.evaluate("name => flowscope.column(1, name)", name), (-1, 2))[: len(time)]
        for name in ("rates", "tracks", "modes_start")
    )
    followed = np.take_along_axis(rates, np.argsort(tracks, 1), 1)
    assert np.ptp(rates[:, 0]) > 0.01 and len(time) > 10, "rates that move, since ‖∇L‖ does"
    fallen = np.trapezoid(followed, np.array(time), axis=0)
    assert np.abs(cell["marks"] / (begun[0] * np.exp(-fallen)) - 1).max() < 1e-9


def test_an_own_solver_races_with_its_badge_and_a_wrong_one_is_refused_in_one_sentence(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = installed(
        tmp_path, MODULE, "[flowscope.solvers]\nunit = tiny:UnitSpeed\nup = tiny:Uphill\ntwice = tiny:Twice\n"
    )
    serve = [
        "-c",
        "from flowscope_server.cli import main; main()",
        "serve",
        "--port",
        "0",
        "--workers",
        "1",
        "--data",
        str(tmp_path),
    ]
    with process(*serve, PYTHONPATH=path) as address:
        page = spare(context.new_page())
        page.goto(address)
        page.wait_for_function("() => window.flowscope?.ready")
        page.goto(f"{address}/?{page.evaluate(START, 'unit_speed')}&panels=modes")
        page.wait_for_function("() => window.flowscope?.ready")
        wait_frame(page, 12)
        badge = page.locator(".card[data-solver='1'] .badge")
        expect(badge).to_have_text("refereed")
        assert badge.get_attribute("data-refereed") == "true"
        assert page.locator(".card[data-solver='0'] .badge").count() == 0
        theory_is_drawn(page)
        page.locator("#edit-tab").click()
        page.locator(".editor").wait_for()
        chosen = page.locator(".editor input").evaluate_all("each => each.map(({ value }) => value)")
        assert "Unit speed (refereed)" in chosen
        offered = page.evaluate("() => JSON.parse(document.getElementById('boot').textContent).text.extensions")
        assert offered["unit_speed"] == " (refereed)" and offered["uphill"].startswith(" (not refereed: ")
        page.goto(f"{address}/?{page.evaluate(START, 'twice')}&panels=loss")
        page.wait_for_function(
            "() => window.flowscope?.ready && flowscope.notes.loss?.some(each => each.startsWith('e^{−4t}'))"
        )
        page.goto(f"{address}/?{page.evaluate(START, 'uphill')}")
        expect(page.locator("#note")).to_have_text(
            "solvers.1.flow: expected a method that the referee has passed, in a run with others, "
            "came one that fails at descent (`fs.verdicts()`)"
        )
        page.close()
