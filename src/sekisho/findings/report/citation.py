"""How a provision is cited: ``63-11(2)`` is Art. 63-11(2) in English and 第63条の11第2項 in Japanese."""

from __future__ import annotations

import re

from sekisho.rulebook.texts import Text

ARTICLE = re.compile(r"^(?P<article>\d+(?:-\d+)*)(?P<rest>(?:\([0-9ivxl]+(?:-\d+)*\))*)$")
PART = re.compile(r"\(([0-9]+|[ivxl]+)((?:-\d+)*)\)")
SUPPLEMENT = re.compile(r"^附則\s*(?P<rest>.+)$")
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


def cited(provision: str) -> Text:
    """The reference in both languages; a reference of another form (guidelines, annexes) stands as it is written."""
    supplement = SUPPLEMENT.match(provision)
    if supplement:
        inner = cited(supplement["rest"])
        return Text(f"Suppl. Prov. {inner.en}", f"附則{inner.ja}")
    match = ARTICLE.match(provision)
    if not match:
        return Text(provision, provision)
    number, *branches = match["article"].split("-")
    japanese = f"第{number}条" + "".join(f"の{branch}" for branch in branches)
    for numeral, branch in PART.findall(match["rest"]):
        japanese += f"第{numeral}項" if numeral.isdigit() else f"第{_arabic(numeral)}号"
        japanese += branch.replace("-", "の")
    return Text(f"Art. {provision}", japanese)


def _arabic(numeral: str) -> int:
    """A lower-case Roman numeral as a number: xiv is 14."""
    values = [ROMAN[letter] for letter in numeral]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))
