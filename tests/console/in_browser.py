"""Chromium for the journeys: where it is, how it starts, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium", "google-chrome", "chromium-browser")
CHROMIUM: Final = os.environ.get("SEKISHO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
MISSING: Final = "no Chromium on this machine: install it, or name it in SEKISHO_CHROMIUM, and the journeys run"
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)


@contextmanager
def started() -> Iterator[Browser]:
    """A browser that asks nobody but the pages it is sent to."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()
