"""The client's page says what the command says, in both languages, and asks nobody for anything."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from liabilities.days import clients, tree_of
from sekisho.liabilities.manifest import quantity
from sekisho.liabilities.verify import verify

PAGE = (files("sekisho.liabilities") / "page" / "verify.html").read_text(encoding="utf-8")
BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
TREE = tree_of(clients(1000, assets=5))
PROOF = TREE.proof(700)
CONTENT = PROOF.encoded()


def shown(content: bytes, root: str, client: str, language: str, place: Path) -> str:
    """The page after a file was dropped and the fields were filled in."""
    if BROWSER is None:
        pytest.skip("no Chromium to open the page with")
    given = base64.b64encode(content).decode()
    script = (
        f"<script>language='{language}';content=Uint8Array.from(atob('{given}'),c=>c.charCodeAt(0));"
        f"document.getElementById('root').value='{root}';document.getElementById('client').value='{client}';show();</script></body>"
    )
    file = place / "page.html"
    file.write_text(PAGE.replace("</body>", script), encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_the_page_asks_nobody_for_anything() -> None:
    assert not re.search(r"https?:|//[a-z]|src=|href=|fetch\(|XMLHttp|WebSocket|import\(|url\(", PAGE.replace("// ", ""))
    assert "default-src 'none'" in PAGE
    keys = [set(re.findall(r"(\w+): [\[\"]", part)) for part in re.findall(r"\n  (?:en|ja): \{(.*?)\n  \}", PAGE, re.DOTALL)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 30


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_shows_what_is_counted(language: str, tmp_path: Path) -> None:
    page = shown(CONTENT, TREE.root.hex(), PROOF.client, language, tmp_path)
    assert 'data-reason="counted"' in page
    assert f'<html lang="{language}"' in page
    for asset, held in zip(PROOF.terms.assets, PROOF.balances, strict=True):
        assert f'<td>{asset.symbol}</td><td class="n">{quantity(held, asset.scale)}</td>' in page
    assert page.split("</main>")[0].count("<circle") == len(PROOF.siblings) * 2 + 3


CASES = {
    "not_compared": (CONTENT, "", "", "notCompared"),
    "other_root": (CONTENT, "00" * 32, "", "otherRoot"),
    "other_client": (CONTENT, TREE.root.hex(), "somebody", "otherClient"),
    "malformed": (CONTENT[:-1], TREE.root.hex(), "", "malformed"),
}


@pytest.mark.parametrize("reason", CASES)
def test_the_page_says_what_the_command_says(reason: str, tmp_path: Path) -> None:
    content, root, client, on_page = CASES[reason]
    assert verify(content, bytes.fromhex(root) if root else None, client or None).reason == reason
    assert f'data-reason="{on_page}"' in shown(content, root, client, "en", tmp_path)
