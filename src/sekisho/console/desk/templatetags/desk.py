"""What templates say with: cells of lists, times in Japan time, how late something is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from django import template
from django.template import defaultfilters
from django.template.base import render_value_in_context
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sekisho.console.desk.sentences import sentence
from sekisho.console.desk.words_of_faults import fault
from sekisho.console.desk.words_of_law import (
    NOT_RUN,
    PENALTY_OBJECTS,
    SEVERITY_WORDS,
    STANDINGS,
    UNIT_WORDS,
    UNITS,
    VIOLATIONS,
    period_title,
)
from sekisho.console.desk.words_of_records import WORDS
from sekisho.console.desk.words_of_working import working
from sekisho.console.journal.naming import act_title, field_title, kind_title, reason_title
from sekisho.console.people.chapters import chapter_title
from sekisho.console.people.naming import named, value_said
from sekisho.console.people.role_words import ROLE_WORDS

register = template.Library()
_ENGLISH: Final = re.compile(r"[a-z]{2,} [a-z]{2,}")
_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@register.filter
def get(mapping: Any, key: str) -> Any:
    """The value under a key that a template has in a variable."""
    return mapping.get(key) if hasattr(mapping, "get") else getattr(mapping, key, None)


@register.filter
def time(value: datetime | str | None, to: str = "minutes") -> str:
    """A moment in Japan time, to the minute or (``seconds``) to the second; the exact UTC moment stands in its title."""
    if not value:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    shown, exact = timezone.localtime(at), at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        exact.isoformat(),
        exact.strftime("%Y-%m-%d %H:%M:%S.%f"),
        shown.strftime("%Y-%m-%d %H:%M:%S" if to == "seconds" else "%Y-%m-%d %H:%M"),
    )


@register.filter
def late(value: datetime | date | str | None, now: datetime | None = None) -> str:
    """How far a term is: ``3 d late`` or ``2 d left``; hours within two days."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    now = now or timezone.now()
    if not isinstance(value, datetime):
        days = (value - timezone.localdate(now)).days
        if days == 0:
            return format_html('<span class="due soon">{}</span>', _("today"))
        return _term(
            days < 0,
            ngettext("%(n)s d late", "%(n)s d late", -days) % {"n": -days} if days < 0 else _("%(n)s d left") % {"n": days},
            days <= 2,
        )
    hours = (value - now).total_seconds() / 3600
    away = abs(hours)
    amount = _("%(n)s h") % {"n": int(away)} if away < 48 else _("%(n)s d") % {"n": int(away // 24)}
    said = _("%(amount)s late") % {"amount": amount} if hours < 0 else _("%(amount)s left") % {"amount": amount}
    return _term(hours < 0, said, hours < 48)


def _term(is_late: bool, said: str, soon: bool) -> str:
    return format_html('<span class="due {}">{}</span>', "late" if is_late else "soon" if soon else "", said)


@register.filter
def yen(value: Decimal | str | int | None) -> str:
    """An amount of yen with its sign and thousands; what is not whole keeps its places."""
    if value is None or value == "":
        return ""
    exact = Decimal(str(value)).normalize()
    places = max(0, -int(exact.as_tuple().exponent))
    return f"¥{exact:,.{places}f}"


@register.filter
def whole_yen(value: Decimal | str | int | None) -> str:
    """An amount of yen to the whole yen, for what is read and not booked."""
    return "" if value is None or value == "" else f"¥{Decimal(str(value)):,.0f}"


@register.filter
def percent(value: Decimal | str | float | None) -> str:
    """A share as percent."""
    return "–" if value is None or value == "" else f"{Decimal(str(value)) * 100:.2f} %"


@register.filter
def plain(value: float | Decimal) -> str:
    """A number as SVG wants it, whatever the language of the page."""
    return f"{value:.2f}"


@register.filter
def day(value: str | date | None) -> date | None:
    """A day that stands as text."""
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


@register.filter
def pick(row: dict[str, Any], lang: str) -> Any:
    """Of a text in two languages the one asked for."""
    return row.get(lang) or row.get("en") if isinstance(row, dict) else row


@register.filter
def role(name: str) -> str:
    """A role in the reader's language."""
    return str(ROLE_WORDS.get(name, name))


@register.filter
def act(name: str) -> str:
    """An act in the reader's language."""
    return act_title(name)


@register.filter
def kind(name: str) -> str:
    """A kind of record in the reader's language."""
    return kind_title(name)


@register.filter
def field_of(name: str, kind_name: str) -> str:
    """A field of a kind of record in the reader's language."""
    return field_title(kind_name, name)


@register.simple_tag(takes_context=True)
def value_of(context: template.Context, kind_name: str, name: str, value: Any, of: str = "") -> Any:
    """What a field of a kind of record (the one of key ``of``) holds, in the reader's language, people by their name."""
    said = value_said(context["request"], kind_name, name, value, str(of))
    return sentence(said) if isinstance(said, str) else listed(said)


@register.filter
def reason_of(reason: str, act_name: str) -> str:
    """The reason of an act, as a person reads it."""
    return reason_title(act_name, reason)


@register.filter
def severity(name: str) -> str:
    """How grave something is, in the reader's language."""
    return str(SEVERITY_WORDS.get(name, name))


@register.filter
def breakable(ids: Any) -> str:
    """Several ids joined by a bar, which may stand on lines of their own."""
    return format_html_join(mark_safe("|<wbr>"), "{}", ([each] for each in str(ids).split("|")))


@register.filter
def of_books(name: str | None) -> str:
    """A word of the books, in the reader's language."""
    return str(WORDS.get(name or "", name or ""))


@register.filter
def not_run(state: str) -> str:
    """Why a rule gave no answer, in the reader's language."""
    return str(NOT_RUN.get(state, state))


@register.simple_tag
def original(text: str | None) -> str:
    """A text of the rulebook that is written once, in English or in the words of the law; a page in Japanese says that it is so."""
    if not text:
        return ""
    if not _ENGLISH.search(text):
        return format_html('<span lang="ja">{}</span>', text) if _JAPANESE.search(text) else text
    if get_language() != "ja":
        return format_html('<span lang="en">{}</span>', text)
    return format_html('<span class="help">{}</span> <span lang="en">{}</span>', _("original text (English):"), text)


@register.filter
def unit(name: str | None) -> str:
    """What a value is counted in, in the reader's language."""
    return str(UNITS.get(name or "", name or ""))


@register.filter
def standing(value: Any) -> Any:
    """A value of a rule that says whether a power is held, in the reader's language; every other value as it is."""
    return str(STANDINGS[value]) if isinstance(value, str) and value in STANDINGS else value


@register.filter
def violation(name: str) -> str:
    """A violation, or what it was done in, in the reader's language."""
    return str({**VIOLATIONS, **PENALTY_OBJECTS}.get(name, name))


@register.filter
def unit_of_firm(word: str) -> str:
    """The word by which a rule names a unit of the firm, in the reader's language; a firm's own name for one as it is."""
    return str(UNIT_WORDS.get(word, word))


register.filter("working", working)


@register.filter(name="sentence")
def in_words(text: str | None) -> str:
    """A sentence of the engine, or what it refused, in the reader's language, where it is of a known form."""
    return fault(text or "")


@register.filter
def period(text: str | None) -> str:
    """How often something is due: ``P12M`` as every 12 months; what is no single period as it is."""
    return period_title(text or "")


@register.filter
def listed(value: Any) -> Any:
    """A value that may be a list or a mapping, as a person writes it down."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {listed(each)}" for name, each in value.items())
    return ", ".join(str(listed(each)) for each in value) if isinstance(value, list | tuple) else value


@register.simple_tag(takes_context=True)
def cell(context: template.Context, row: dict[str, Any], column: dict[str, Any]) -> str:
    """One cell of a list; ``<key>_words`` in the row says a chip's value in the reader's language.

    A page of a list has hundreds: a template for each took a third of the time of the page.
    """
    key = column["key"]
    value = row.get(key)
    shown = "" if value is None else _in_cell(context, value, row.get(f"{key}_words"), column["kind"])
    at = row.get(column["at"]) if column["at"] else None
    return format_html('<a href="{}">{}</a>', at, shown) if at else shown


def _in_cell(context: template.Context, value: Any, words: Any, kind: str) -> str:
    """What stands in a cell of a kind."""
    match kind:
        case "time":
            return time(value)
        case "yen":
            return whole_yen(value)
        case "day":
            at_home = isinstance(value, datetime) and timezone.is_aware(value)
            return str(defaultfilters.date(timezone.localtime(value) if at_home else value, "Y-m-d"))
        case "due":
            return late(value)
        case "score":
            return str(defaultfilters.floatformat(value, 3))
        case "chapter":
            return conditional_escape(chapter(value))
    said = str(render_value_in_context(words or value, context))
    if kind == "chip":
        return format_html('<span class="chip {}">{}</span>', render_value_in_context(value, context), mark_safe(said))
    if kind == "code":
        long = mark_safe(' class="long"') if defaultfilters.length(value) > 40 else ""
        return format_html("<code{}>{}</code>", long, mark_safe(said) if words else breakable(value))
    return mark_safe(said)


@register.simple_tag(takes_context=True)
def person(context: template.Context, code: str | None) -> str:
    """A person's name with the code; who is no person, such as the settings of a first start, in the reader's language."""
    told = named(context["request"], code)
    return sentence(told) if told == code else told


@register.simple_tag(takes_context=True)
def querystring_sort(context: template.Context, key: str) -> str:
    """The address of the list sorted by a column; once more turns it round."""
    asked = context["request"].GET.copy()
    asked["sort"] = f"-{key}" if asked.get("sort") == key else key
    asked.pop("page", None)
    return str(asked.urlencode())


@register.filter
def chapter(name: str) -> str:
    """A chapter's title in the reader's language."""
    return chapter_title(name)
