"""The page of a reserve: one file, English and Japanese, that asks nobody for anything."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from sekisho.reserve.pictures import exceedance, tornado

LANGUAGES = ("en", "ja")


def page(told: dict[str, Any]) -> str:
    """HTML of an answer of ``sekisho reserve``."""
    pictures = {}
    if told["status"] == "estimate":
        for language in LANGUAGES:
            names = {each["name"]: each[f"meaning_{language}"] for each in told["assumptions"]}
            short = {name: _cut(meaning, 52 if language == "en" else 26) for name, meaning in names.items()}
            pictures[language] = {"exceedance": exceedance(told, language), "tornado": tornado(told, language, short)}
    return _template().render(told=told, pictures=pictures, languages=LANGUAGES)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


@cache
def _template() -> jinja2.Template:
    here = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=here, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["yen"] = lambda amount: f"{amount:,}"
    environment.filters["percent"] = lambda share, places=2: f"{share * 100:.{places}f} %"
    environment.filters["number"] = lambda value: f"{value:,.10g}"
    return environment.get_template("reserve.html.j2")
