"""What a page costs on the wire, whom it asks, and what the axe rules say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

BYTES_MAX: Final = 500_000
"""What a page may weigh as it goes over the wire."""
COLOURS: Final = {"runOnly": ["color-contrast"]}


@dataclass
class Transferred:
    """What a page's first view costs: bytes as they go over the wire, with nothing kept from before, and whom it asks."""

    page: Page
    own: str
    bytes: int = 0
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        network: Any = self.page.context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        network.on("Network.loadingFinished", lambda told: self._add(int(told["encodedDataLength"])))
        network.on("Network.requestWillBeSent", lambda told: self._asked(told["request"]["url"]))

    def _add(self, count: int) -> None:
        self.bytes += count

    def _asked(self, url: str) -> None:
        if not url.startswith((self.own, "data:", "blob:")):
            self.strangers.append(url)


def violations(axe: Axe, page: Page, options: dict[str, Any]) -> Iterator[str]:
    """Each serious or critical violation, with the first place of it."""
    for violation in axe.run(page, options=options).response["violations"]:
        if violation["impact"] in ("serious", "critical"):
            yield f"{violation['id']} ({violation['help']}) at {violation['nodes'][0]['target']}"
