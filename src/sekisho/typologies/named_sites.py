"""Sites named in a text: the addresses of websites that a purpose or message carries, the most suspicious first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sekisho.typologies.host_names import UnreadableNameError, invisible
from sekisho.typologies.scam_names import Judged, judge

_ADDRESS = re.compile(
    r"(?:h(?:tt|xx)ps?://)?(?:[\w-]+(?:\.|\[\.\]))+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})(?![\w@-])", re.IGNORECASE
)
_FULL_STOP_IN_A_NAME = re.compile(r"(?<=[a-z0-9])。(?=[a-z0-9])", re.IGNORECASE)
_JAPANESE = "\u3005-\u3007\u3041-\u30ff\u3400-\u9fff"
_BORDER = re.compile(rf"(?<=[{_JAPANESE}])(?=[^\W{_JAPANESE}])|(?<=[^\W{_JAPANESE}])(?=[{_JAPANESE}])")
DOTS = "[.．。｡]"
"""One of these stands in every address."""


def worst_site(texts: Iterable[str | None]) -> Judged | None:
    """The site with the most points among those the texts name; None where they name none. A mail address names its host."""
    judged = [each for text in texts if text for each in _sites(text)]
    return max(judged, key=lambda each: (each.points, each.name.host), default=None)


def _sites(text: str) -> Iterable[Judged]:
    if text.isascii() and "." not in text:
        return
    told = _FULL_STOP_IN_A_NAME.sub(".", invisible("", unicodedata.normalize("NFKC", text)))
    # Japanese runs on without spaces: a name in Latin letters begins and ends where kana and kanji do.
    told = _BORDER.sub(" ", told)
    for match in _ADDRESS.finditer(told):
        try:
            yield judge(match[0])
        except UnreadableNameError:
            continue
