"""Solvers of another package in the page: in the form and in the cards with the referee's badge, and racing only where
he passed them.
"""

from pathlib import Path

from playwright.sync_api import Browser, expect

from ..package import installed
from .conftest import PATIENCE
from .scope import wait_frame
from .test_apart import process

MODULE = """
from typing import ClassVar, Literal
import torch
from flowscope.flow.flow import Flow


class UnitSpeed(Flow):
    "θ' = −∇L/‖∇L‖: gradient flow at unit speed."
    kind: Literal["unit_speed"] = "unit_speed"
    sign: ClassVar[float] = -1.0

    def rho(self, at, time, start):
        return torch.ones_like(time)

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
"""
START = """kind => import('/assets/stream/address.mjs').then(({ addressOf }) => addressOf({ spec: {
  ...flowscope.meta.spec, title: kind, solvers: [
  { name: 'Ours', flow: { kind: 'gradient' } }, { name: 'Theirs', flow: { kind } } ] } }))"""


def test_an_own_solver_races_with_its_badge_and_a_wrong_one_is_refused_in_one_sentence(
    browser: Browser, tmp_path: Path
) -> None:
    path = installed(tmp_path, MODULE, "[flowscope.solvers]\nunit = tiny:UnitSpeed\nup = tiny:Uphill\n")
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
    with process(*serve, PYTHONPATH=path) as address, browser.new_context(base_url=address) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/")
        page.wait_for_function("() => window.flowscope?.ready")
        page.goto(f"/?{page.evaluate(START, 'unit_speed')}")
        page.wait_for_function("() => window.flowscope?.ready")
        wait_frame(page, 2)
        badge = page.locator(".card[data-solver='1'] .badge")
        expect(badge).to_have_text("refereed")
        assert badge.get_attribute("data-refereed") == "true"
        assert page.locator(".card[data-solver='0'] .badge").count() == 0
        page.locator("#edit-tab").click()
        page.locator(".editor").wait_for()
        chosen = page.locator(".editor input").evaluate_all("each => each.map(({ value }) => value)")
        assert "Unit speed (refereed)" in chosen
        offered = page.evaluate("() => JSON.parse(document.getElementById('boot').textContent).text.extensions")
        assert offered["unit_speed"] == " (refereed)" and offered["uphill"].startswith(" (not refereed: ")
        page.goto(f"/?{page.evaluate(START, 'uphill')}")
        expect(page.locator("#note")).to_have_text(
            "solvers.1.flow: expected a method that the referee has passed, in a run with others, "
            "came one that fails at descent (`fs.verdicts()`)"
        )
