"""`flowscope.show` in a document like a notebook's: the page in its frame runs the spec that was shown."""

import flowscope as fs
from playwright.sync_api import Page


def test_the_frame_opens_the_page_with_the_spec(page: Page, server: str) -> None:
    spec = fs.preset("curvature").spec.model_copy(update={"title": "shown in a notebook"})
    shown = fs.show(spec, server=server, height=500)
    page.goto("/api/health")
    page.set_content(f"<h1>a cell</h1>{shown._repr_html_()}")
    frame = page.frames[1]
    frame.wait_for_function("() => window.flowscope?.ready && flowscope.frame >= 1")
    assert fs.parse_spec(frame.evaluate("() => flowscope.meta.spec")) == spec
    assert page.locator("iframe").bounding_box() is not None
    assert frame.evaluate("() => window.innerHeight") == 500
