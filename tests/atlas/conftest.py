"""A browser for the tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root, as whom checks in containers run, has no sandbox.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser without a screen; skip, with the reason, where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"NO BROWSER: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        except Error as error:  # of this machine: no test has begun
            pytest.skip(f"NO BROWSER: {path} does not start: {error.message[:300]}")
        yield started
        started.close()


@pytest.fixture
def opened_page(browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a file; in the end no page has told an error."""
    problems, pages = [], []

    def open_page(path: Path, width: int = 1280, state: str = "") -> Page:
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: m.type == "error" and problems.append(m.text))
        page.on(
            "request", lambda r: r.url.startswith("http") and problems.append(r.url)
        )
        page.goto(f"file://{path}{state}")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert problems == []
