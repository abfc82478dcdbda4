"""Budgets of the page as it opens on this machine: how soon something is painted, and how much script travels."""

import gzip

from playwright.sync_api import Browser, Page, Response

from .scope import open_page

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
PAINTED_MS = 1500
SCRIPT_BYTES = 2_500_000


def test_all_scripts_are_below_two_and_a_half_megabytes_compressed(page: Page) -> None:
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.request.resource_type == "script":
            sizes[response.url.split("?")[0].rsplit("/", 1)[-1]] = len(gzip.compress(response.body()))

    page.on("requestfinished", lambda request: weigh(response) if (response := request.response()) else None)
    open_page(page)
    assert len(sizes) > 60
    assert sum(sizes.values()) < SCRIPT_BYTES, sorted(sizes.items(), key=lambda each: -each[1])[:8]


def test_something_is_painted_within_a_second_and_a_half(browser: Browser, server: str) -> None:
    """The best of three loads with an empty cache: a budget of the page, not of what else this machine does."""
    paints = []
    for _ in range(3):
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        fresh = context.new_page()
        fresh.goto(server)
        fresh.wait_for_function(f"() => ({PAINT})() !== null")
        paints.append(fresh.evaluate(PAINT))
        context.close()
    assert min(paints) < PAINTED_MS, paints
