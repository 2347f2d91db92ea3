"""Sentences of a fixed form that the engine and the office itself say, in the reader's language; names and days stay."""

from __future__ import annotations

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_RULE: Final = r"(?P<rule>[a-z_0-9]+/[a-z_0-9]+)"
FORMS: Final[tuple[tuple[re.Pattern[str], Promise], ...]] = tuple(
    (re.compile(form), said)
    for form, said in (
        (rf"{_RULE} does not hold under (?P<regime>\S+)", gettext_lazy("%(rule)s does not hold under %(regime)s")),
        (rf"{_RULE} is written down but has no control yet", gettext_lazy("%(rule)s is written down but has no control yet")),
        (r"not inspected: no (?P<tables>[a-z_0-9, ]+)", gettext_lazy("not inspected: no %(tables)s")),
        (
            rf"{_RULE}: no value for (?P<names>.+) in regime (?P<regime>\S+) on (?P<day>[-0-9]+); "
            r"give (?P<given>.+) or another regime",
            gettext_lazy("%(rule)s: no value for %(names)s in regime %(regime)s on %(day)s; give %(given)s or another regime"),
        ),
        (
            rf"{_RULE}: no (?P<tables>[a-z_0-9, ]+); what needs it was not tested",
            gettext_lazy("%(rule)s: no %(tables)s; what needs it was not tested"),
        ),
        (
            r"(?P<regime>\S+) was not in force on (?P<day>[-0-9]+): "
            r"the books are judged under its law of (?P<law_day>[-0-9]+), as a what-if",
            gettext_lazy("%(regime)s was not in force on %(day)s: the books are judged under its law of %(law_day)s, as a what-if"),
        ),
        (
            r"(?P<regime>\S+) is recommended, never law: this is a what-if",
            gettext_lazy("%(regime)s is recommended, never law: this is a what-if"),
        ),
        (
            r"(?P<regime>\S+) is proposed, never law: this is a what-if",
            gettext_lazy("%(regime)s is proposed, never law: this is a what-if"),
        ),
        (
            r"(?P<regime>\S+) is enacted, never law: this is a what-if",
            gettext_lazy("%(regime)s is enacted, never law: this is a what-if"),
        ),
        (r"the office's settings name no books", gettext_lazy("the office's settings name no books")),
        (
            r"no customer_balance from (?P<first>[-0-9]+) to (?P<last>[-0-9]+)",
            gettext_lazy("no customer_balance from %(first)s to %(last)s"),
        ),
        (
            r"(?P<what>.+): prices are known until (?P<known>[-0-9]+) only; the window ends on (?P<last>[-0-9]+)(?P<rest> \(.*\))?",
            gettext_lazy("%(what)s: prices are known until %(known)s only; the window ends on %(last)s%(rest)s"),
        ),
        (
            r"Prices on (?P<day>[-0-9]+) are those after (?P<since>\S+); "
            r"the order that sets the price of that day has not been read\.",
            gettext_lazy(
                "Prices on %(day)s are those after %(since)s; the order that sets the price of that day has not been read."
            ),
        ),
        (
            r"No price before the start is on the tape; start_price is open\.",
            gettext_lazy("No price before the start is on the tape; start_price is open."),
        ),
        (
            r"follows line (?P<before>[0-9]+): lines are missing, doubled or out of order",
            gettext_lazy("follows line %(before)s: lines are missing, doubled or out of order"),
        ),
        (
            r"its hash is not that of what it says after the line before: changed, or moved",
            gettext_lazy("its hash is not that of what it says after the line before: changed, or moved"),
        ),
        (r"says something else than when it was written", gettext_lazy("says something else than when it was written")),
        (r"opened it in the office", gettext_lazy("opened it in the office")),
        (r"shown in the office", gettext_lazy("shown in the office")),
        (r"settings of the first start", gettext_lazy("settings of the first start")),
        (r"first start", gettext_lazy("first start")),
        (r"from the books", gettext_lazy("from the books")),
        (r"books of the firm", gettext_lazy("books of the firm")),
        (r"was erased and yet says something", gettext_lazy("was erased and yet says something")),
        (
            r"is not the line whose hash was written down outside the journal",
            gettext_lazy("is not the line whose hash was written down outside the journal"),
        ),
        (
            r"no longer says what it said of (?P<what>.+), and no later line tells that it was removed",
            gettext_lazy("no longer says what it said of %(what)s, and no later line tells that it was removed"),
        ),
        (
            r"was written down outside the journal, and the journal ends at line (?P<last>[0-9]+): cut short, or an old copy",
            gettext_lazy("was written down outside the journal, and the journal ends at line %(last)s: cut short, or an old copy"),
        ),
        (
            r"made (?P<what>.+), which is no longer there, and no line says that it was removed",
            gettext_lazy("made %(what)s, which is no longer there, and no line says that it was removed"),
        ),
        (
            r"(?P<what>.+) is not what the journal last said: changed behind it",
            gettext_lazy("%(what)s is not what the journal last said: changed behind it"),
        ),
        (
            r"(?P<what>.+) holds something of which the journal says nothing",
            gettext_lazy("%(what)s holds something of which the journal says nothing"),
        ),
        (
            r"(?P<what>.+): the journal does not say that it was made",
            gettext_lazy("%(what)s: the journal does not say that it was made"),
        ),
        (
            r"the rows of (?P<what>.+) are not those taken in: changed, added or removed behind the journal",
            gettext_lazy("the rows of %(what)s are not those taken in: changed, added or removed behind the journal"),
        ),
    )
)
"""Forms of sentences, each with what a page says; the names in a form are the names in the words."""


def sentence(text: str) -> str:
    """A sentence of a known form in the reader's language, after the number of a line if it has one; any other as it is."""
    number, colon, rest = text.partition(": ")
    if colon and number.isdecimal():
        return f"{number}: {sentence(rest)}"
    for form, said in FORMS:
        if found := form.fullmatch(text):
            return str(said) % {name: value or "" for name, value in found.groupdict().items()}
    return text
