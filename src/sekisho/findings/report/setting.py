"""Turning values into the page: templates that escape everything, one style sheet, one short script, no outside request."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sekisho.findings.report import typeset, words
from sekisho.findings.report.citation import cited
from sekisho.rulebook.texts import Text

_EN = Markup('<span class="en" lang="en">')
_EN_ENDS = Markup('</span><span class="ja" lang="ja"> ')
_JA_ENDS = Markup("</span>")


def write_page(out: Path, template: str, **values: object) -> None:
    """Render a template with its values into one file; nothing is written when rendering fails."""
    page = _environment().get_template(template).render(**values)
    out.write_text(page, encoding="utf-8", newline="\n")


def both(text: Text) -> Markup:
    """A text in both languages, of which the page shows the chosen one; said once where both are equal."""
    en, ja = escape(text.en), escape(text.ja)
    return en if en == ja else _EN + en + _EN_ENDS + ja + _JA_ENDS


def link(url: str) -> str:
    """The address if it is one a reader may follow, else nothing: text from outside never becomes a script."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sekisho.findings.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        both=both, link=link, cited=cited, number=typeset.number, day=typeset.day, worded=words.worded
    )  # fmt: skip
    environment.globals.update(
        Text=Text, words=words, severities=tuple(words.SEVERITY), style=_source("style.css"), script=_source("page.js"),
        script_hash=_sha256(_source("page.js")),
    )  # fmt: skip
    return environment


def _source(name: str) -> Markup:
    """A file of our own that stands in the page as it is."""
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8").strip())


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
