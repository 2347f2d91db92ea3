"""What the engine, the records, the gate and the forms refuse, in the reader's language: commands and logs have it in English.

Each is a sentence of a fixed form; what differs in it (names, days, figures) stays as it is. What is of no known form is shown as
it came, so that nothing of a message is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.utils.translation import gettext, gettext_noop, pgettext

from sekisho.console.desk.sentences import sentence
from sekisho.console.desk.words_of_forms import form_title

PENALTY: Final = (
    gettext_noop("issue %(issue)s: prices are known until %(known)s only; the window ends on %(last)s"),
    gettext_noop("issue %(issue)s: 'prices_after' has no 'low' between %(first)s and %(last)s"),
    gettext_noop("issue %(issue)s: 'prices_after' has no 'high' between %(first)s and %(last)s"),
    gettext_noop("issue %(issue)s: '%(figure)s' is not given and the formula needs it"),
    gettext_noop("'%(figure)s' is not given and the formula needs it"),
    gettext_noop("'trades' are not given, nor for_others, nor a position or own issuance: there is nothing to compute from"),
    gettext_noop("'publication' is not given; the formula counts from the time of publication"),
    gettext_noop("trades for others are given, 'for_others' (their fee) is not"),
    gettext_noop("'fees_by_month' needs trades with account 'other' to tell the month; or give 'monthly_fee_jpy'"),
    gettext_noop("'fees_by_month' has no fee for %(month)s, the last month of trades for others"),
    gettext_noop(
        "a trade was made on %(day)s, the day of publication, and '%(figure)s' is dated by day; "
        "only trades before publication count: give '%(again)s' with its time"
    ),
    gettext_noop("a trade of %(day)s, the day of the tip, is dated by day: give 'executed_at' with its time"),
    gettext_noop("the penal provision of Act No. 64 of 2026 on %(violation)s in crypto-assets has not been read"),
    gettext_noop("'computed_jpy' is not given; it is what the formula of the violation comes to"),
    gettext_noop("'prior_orders' are given, the day of the violation they are counted back from is not"),
    gettext_noop("trades before %(day)s can no longer be proceeded against; take them out of the case"),
    gettext_noop("the recipient's 'trades' are not given; without one before publication there is no order"),
    gettext_noop("%(rule)s does not hold on that day"),
    gettext_noop("the case has no day at all; give 'violation_from' and 'violation_until'"),
    gettext_noop("%(finding)s: no penalty belongs to findings of %(rule)s; give --violation"),
    gettext_noop("records: no table 'trade'; a penalty is computed from trades; give --records with them"),
    gettext_noop("%(finding)s: the finding's subject has no trades in its window; write the case by hand"),
    gettext_noop("Several accounts are taken as one offender; where they are different persons, make a case for each."),
)
"""What a penalty cannot be computed for (``engine.penalty_case``, ``cases.penalty``, ``rules/enforcement``)."""
RULES: Final = (
    gettext_noop("rule '%(rule)s' is not known; 'sekisho rules list' shows all"),
    gettext_noop("--rules %(glob)s: no rule matches; 'sekisho rules list' shows all"),
    gettext_noop("--assume %(text)s: rule %(rule)s has no parameter '%(name)s'; it has %(known)s"),
    gettext_noop("--assume %(text)s: write it as chapter/rule.parameter=value, such as transfers/cooling_off.days=7"),
    gettext_noop("--assume %(text)s: the value must be a finite number"),
    gettext_noop("%(rule)s: --assume %(given)s cannot be used: %(why)s"),
    gettext_noop("regime '%(regime)s' is not known; choose one of %(known)s"),
    gettext_noop("no regime is known for %(day)s; the first starts on %(first)s"),
    gettext_noop("the records carry no time at all; give --as-of DATE"),
    gettext_noop("the records carry no time at all; give records with transfers"),
    gettext_noop("%(rule)s cannot be calibrated on these records: %(why)s"),
    gettext_noop("%(rule)s does not run under %(values)s: %(why)s"),
    gettext_noop("instrument %(instrument)s: a quantity is negative; 'sekisho records validate' names the row"),
    gettext_noop(
        "instrument %(instrument)s: column '%(column)s' holds a word it should not; 'sekisho records validate' names the row"
    ),
    gettext_noop(
        "instrument %(instrument)s: column '%(column)s' of order_event or trade does not fit into 63-bit whole numbers "
        "at the precision recorded; 'sekisho records validate' names rows out of proportion"
    ),
    gettext_noop("no rule reads this register"),
    gettext_noop("the books hold no accounts, trades or instruments"),
    gettext_noop("ended with status %(status)s"),
)
"""What the rulebook and the rules refuse."""
GATE: Final = (
    gettext_noop("%(journal)s: there is no such journal; start the gate, or set [gate] journal"),
    gettext_noop("the gate's journal cannot be opened: %(why)s"),
    gettext_noop("the gate's journal cannot be read: %(why)s"),
    gettext_noop(
        "entry %(number)s of the gate's journal does not follow from the one read before it: it was changed, or another "
        "journal stands in its place"
    ),
    gettext_noop("entry %(number)s of the gate's journal, which lists the rules of a decision, is missing"),
    gettext_noop("status %(status)s from something that is no gate"),
    gettext_noop("the gate did not answer (%(why)s); treat it as held, and ask again with the same key %(key)s"),
    gettext_noop("the gate did not answer (%(why)s); treat it as held, and ask again with the same key"),
    gettext_noop("%(file)s: is no key file of a caller; 'sekisho caller add' makes one"),
    gettext_noop("%(file)s: %(why)s; give the key file of a caller"),
    gettext_noop("%(file)s: %(why)s; 'sekisho serve keys' makes a list to begin with"),
    gettext_noop("%(file)s: %(why)s; see docs/gate-http.md, Callers"),
)
"""What the gate, its journal and its keys refuse."""
FORMS: Final = (
    gettext_noop("Object missing required field `%(field)s`"),
    gettext_noop("Object contains unknown field `%(field)s`"),
    gettext_noop("Expected `%(wanted)s`, got `%(given)s`"),
    gettext_noop("Expected `str` of length >= %(length)s"),
    gettext_noop("Expected `str` of length <= %(length)s"),
    gettext_noop("Expected `%(wanted)s` >= %(least)s"),
    gettext_noop("Expected `%(wanted)s` <= %(most)s"),
    gettext_noop("Expected `%(wanted)s` > %(least)s"),
    gettext_noop("Expected `array` of length >= %(length)s"),
    gettext_noop("Invalid enum value %(value)s"),
    gettext_noop("Invalid ISO8601 date"),
    gettext_noop("Invalid RFC3339 encoded date"),
    gettext_noop("Invalid RFC3339 encoded datetime"),
    gettext_noop("Invalid decimal string"),
    gettext_noop("Expected `datetime` with a timezone component"),
    gettext_noop("the body is not JSON: %(why)s"),
)
"""What is wrong with what was sent, as the reader of forms and of JSON says it."""
GATE_TITLES: Final = (
    gettext_noop("Nobody is known to be asking"),
    gettext_noop("The caller's role may not do this"),
    gettext_noop("Four eyes are needed"),
    gettext_noop("There is no such thing here"),
    gettext_noop("This contradicts what was asked before"),
    gettext_noop("The same key is being answered"),
    gettext_noop("A field cannot be used"),
    gettext_noop("Too many requests"),
    gettext_noop("The gate failed"),
    gettext_noop("The gate cannot decide now"),
)
"""What the gate answers instead of deciding (``gate.http.problems``), before a colon and what it is about."""
PROBLEMS: Final = (
    gettext_noop("rule set '%(name)s' is not known; 'sekisho gate rules show' lists all"),
    gettext_noop("rule set %(name)s is committed already as %(hash)s"),
    gettext_noop("rule set %(name)s is a draft; commit it before it is activated"),
    gettext_noop("rule set %(name)s was drafted or committed by %(by)s; a second person activates it"),
    gettext_noop("rule set %(name)s is in force already"),
    gettext_noop("there is no earlier rule set to go back to"),
    gettext_noop("request '%(request)s' was %(closed)s already; nothing can be told of it, ask anew under a new id"),
    gettext_noop("%(party)s asked for request '%(request)s' and may not decide about it; another person must"),
    gettext_noop("request '%(request)s' is not held (it is at %(outcome)s); there is nothing to release"),
    gettext_noop("request '%(request)s' was never asked for"),
    gettext_noop("is not a folder"),
    gettext_noop("holds no record table"),
    gettext_noop("table %(table)s is there twice: %(names)s"),
    gettext_noop("is a folder without Parquet parts"),
    gettext_noop("lies beside date= folders"),
    gettext_noop("is not a Parquet part"),
    gettext_noop("is not a date=YYYY-MM-DD folder"),
    gettext_noop("the header cannot be read: %(why)s"),
    gettext_noop("cannot be opened: %(why)s"),
    gettext_noop("has no header row"),
    gettext_noop("column %(number)s has no name"),
    gettext_noop("is UTF-16 or UTF-32"),
    gettext_noop("line %(line)s holds a NUL byte"),
    gettext_noop("line %(line)s is not UTF-8"),
    gettext_noop("a line at or after line %(line)s is longer than %(bytes)s bytes"),
    gettext_noop("line %(line)s: %(found)s cells where the header has %(wanted)s"),
    gettext_noop("line %(line)s: the row is too long; a quote may not be closed"),
    gettext_noop("line %(line)s: a quote is not closed"),
    gettext_noop("line %(line)s: %(why)s"),
    gettext_noop("does not fit into the memory limit"),
    gettext_noop("its line ends or quotes do not fit together"),
    gettext_noop("cannot be read (truncated or damaged): %(why)s"),
    gettext_noop("is not a readable Parquet file (truncated or damaged): its footer contradicts itself"),
    gettext_noop(
        "is not a readable Parquet file (truncated or damaged): its footer claims %(rows)s rows, "
        "more than its %(size)s bytes can hold"
    ),
    gettext_noop("is not a readable Parquet file (truncated or damaged): %(why)s"),
    gettext_noop("is %(here)s here and %(there)s in other parts"),
    gettext_noop("is a name the reader keeps for itself"),
    gettext_noop("is both a column and the date= folder"),
    gettext_noop("holds times without a time zone"),
    gettext_noop("has type %(type)s where %(kind)s is expected"),
    gettext_noop("is there twice, as '%(other)s' before"),
    gettext_noop("is missing"),
    gettext_noop("is written '%(written)s'"),
    gettext_noop("is empty"),
    gettext_noop("is an empty text"),
    gettext_noop("is not a finite number"),
    gettext_noop("is too large"),
    gettext_noop("is not allowed"),
    gettext_noop("does not have the form %(pattern)s"),
    gettext_noop("is negative"),
    gettext_noop("is not above zero"),
    gettext_noop("is not a plausible time"),
    gettext_noop("is there twice"),
    gettext_noop("is not the table that was inspected (sha256 %(now)s, in run.json %(then)s)"),
    gettext_noop("cannot be read: %(why)s"),
    gettext_noop("is not there"),
)
"""What is wrong with records (``records``): a place comes before it, and often a remedy after it."""
REMEDIES: Final = (
    gettext_noop("send Authorization: Bearer with a valid signed token"),
    gettext_noop("ask with a role that the operation names"),
    gettext_noop("let another person act than the one who asked or approved first"),
    gettext_noop("check the address and the id"),
    gettext_noop("ask under a new id and key, or send what was sent first"),
    gettext_noop("wait for the first answer and ask again"),
    gettext_noop("correct the field"),
    gettext_noop("wait as many seconds as the header Retry-After says"),
    gettext_noop("nothing was decided; treat it as held and tell the operator the request's id"),
    gettext_noop("nothing was decided; treat it as held and ask again with the same key"),
    gettext_noop("give the folder that holds the record tables"),
    gettext_noop("name files after tables, such as trade.csv or trade.parquet; see 'sekisho records describe'"),
    gettext_noop("keep one of them"),
    gettext_noop("put the parts there or remove the folder"),
    gettext_noop("move every part into a date=YYYY-MM-DD folder"),
    gettext_noop("keep only .parquet files there"),
    gettext_noop("rename it, or move the parts up"),
    gettext_noop("write one header row"),
    gettext_noop("check the file and its permissions"),
    gettext_noop("write the column names in the first row"),
    gettext_noop("name every column in the header"),
    gettext_noop("save it as UTF-8"),
    gettext_noop("save the file as UTF-8"),
    gettext_noop("save the file as UTF-8 text"),
    gettext_noop("write one record per line; cut the long text"),
    gettext_noop("correct the line; quote cells that contain commas"),
    gettext_noop("raise --memory-limit"),
    gettext_noop("use one kind of line end; close every quote"),
    gettext_noop("write or copy the file again"),
    gettext_noop("write all parts with one schema"),
    gettext_noop("rename the column"),
    gettext_noop("write timestamps in UTC (Arrow: timestamp[us, tz=UTC])"),
    gettext_noop("rename or remove one"),
    gettext_noop("'sekisho records describe %(table)s' lists the columns"),
    gettext_noop("write column names in lower case"),
    gettext_noop("fill it; only columns marked nullable may be empty"),
    gettext_noop("write a number or leave it null"),
    gettext_noop("write a number or leave the cell empty"),
    gettext_noop("write it as %(kind)s"),
    gettext_noop("write null, or fill it"),
    gettext_noop("write one of %(words)s"),
    gettext_noop("correct it"),
    gettext_noop("correct it; the side or direction column carries the sign"),
    gettext_noop("check the unit: times are microseconds"),
    gettext_noop("give the records folder the findings were made from, or inspect again"),
    gettext_noop("inspect again"),
)
"""What to do about it."""

_PLACE: Final = re.compile(r"(?P<file>.+?)(?:, row (?P<row>\d+))?(?:, column '(?P<column>[^']+)')?")
_VALUE: Final = re.compile(r"'(?P<value>.*)' (?P<said>.+?)(?: \(and (?P<more>\d+) more rows\))?")
_AT: Final = re.compile(r"(?P<said>.+) - at `\$(?:\.(?P<field>\w+))?.*`")
_CLAUSE: Final = re.compile(r"(?P<said>.+)(?P<clause> \(FIEA .+\))")


def fault(text: str, called: Callable[[str], str] = form_title) -> str:
    """What was refused, in the reader's language where it is of a known form; any other as it is.

    ``called`` says what a field of a form is called: programs want its name.
    """
    if (said := _said(text, SENTENCES, called)) is not None:
        return said
    if found := _CLAUSE.fullmatch(text):
        return fault(found["said"]) + found["clause"]
    if (found := _AT.fullmatch(text)) and (said := _said(found["said"], _FORMS, called)) is not None:
        return f"{called(found['field'])}: {said}" if found["field"] else said
    if (told := _of_records(text)) is not None:
        return told
    title, semicolon, remedy = text.partition("; ")
    if semicolon and (said := _said(title, _GATE_TITLES)) is not None:
        return gettext("%(told)s; %(remedy)s") % {"told": said, "remedy": _said(remedy, _REMEDIES) or remedy}
    return sentence(text)


def _of_records(text: str) -> str | None:
    """A place, what is wrong there, and what to do about it."""
    for colon in re.finditer(": ", text):
        place, rest = text[: colon.start()], text[colon.end() :]
        ends = [*(each.start() for each in re.finditer("; ", rest)), len(rest)]
        # Where a remedy is known, the problem before it is; else the first that is one.
        ends.sort(key=lambda end, rest=rest: _said(rest[end + 2 :], _REMEDIES) is None)  # type: ignore[misc] # the loop's own value
        for end in ends:
            if (problem := problem_said(rest[:end])) is not None:
                remedy = rest[end + 2 :]
                told = gettext("%(place)s: %(problem)s") % {"place": _place_said(place), "problem": problem}
                if not remedy:
                    return told
                return gettext("%(told)s; %(remedy)s") % {"told": told, "remedy": _said(remedy, _REMEDIES) or remedy}
    return None


def problem_said(text: str) -> str | None:
    """What is wrong with a record, in the reader's language; None where it is of no known form."""
    if (said := _said(text, _PROBLEMS)) is not None:
        return said
    found = _VALUE.fullmatch(text)
    if found is None or (said := _said(found["said"], _PROBLEMS)) is None:
        return None
    told = gettext("'%(value)s' %(problem)s") % {"value": found["value"], "problem": said}
    return told if not found["more"] else gettext("%(told)s (and %(n)s more rows)") % {"told": told, "n": found["more"]}


def _place_said(place: str) -> str:
    if (title := _said(place, _GATE_TITLES)) is not None:
        return title
    found = _PLACE.fullmatch(place)
    if found is None or not (found["row"] or found["column"]):
        return place
    told = [found["file"]]
    if found["row"]:
        told.append(gettext("row %(n)s") % {"n": found["row"]})
    if found["column"]:
        told.append(gettext("column '%(name)s'") % {"name": found["column"]})
    return pgettext("place", ", ").join(told)


def _forms(texts: Iterable[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each form as what it looks for: every name in it stands for some text."""
    return tuple((re.compile(re.sub(r"%\\\((\w+)\\\)s|%\((\w+)\)s", _named, re.escape(text)), re.DOTALL), text) for text in texts)


def _named(found: re.Match[str]) -> str:
    return f"(?P<{found[1] or found[2]}>.+?)"


def _said(text: str, forms: Sequence[tuple[re.Pattern[str], str]], called: Callable[[str], str] = form_title) -> str | None:
    for pattern, english in forms:
        if found := pattern.fullmatch(text):
            values = {name: called(value) if name == "field" else value for name, value in found.groupdict().items()}
            return gettext(english) % values if values else gettext(english)
    return None


_FORMS: Final = _forms(FORMS)
SENTENCES: Final = (*_forms(PENALTY), *_forms(RULES), *_forms(GATE), *_FORMS)
_GATE_TITLES: Final = _forms(GATE_TITLES)
_PROBLEMS: Final = _forms(PROBLEMS)
_REMEDIES: Final = _forms(REMEDIES)
