"""The market as the books show it: instruments, one instrument's price and volume with the alerts on it, its book at a moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import Alert
from sekisho.console.cases.books import Books, asked, books
from sekisho.console.cases.findings import replay_of
from sekisho.console.cases.models import Case, CaseAlert
from sekisho.console.cases.seen import alerts_of, cases_of, seen_of
from sekisho.console.cases.work import JAPAN
from sekisho.console.desk.pages import Asked, Content, Unfit, page
from sekisho.console.desk.panels import Panel, panel
from sekisho.console.market.figures import bars, by_day, instruments, whole_exchange, window

DAYS: Final = (1, 7, 30)
ALERTS_MAX: Final = 300
AROUND: Final = timedelta(minutes=2)
"""How much of the book is replayed before and after a moment."""


@page("market/", name="market", act="read market", template="market/market.html", menu=gettext_lazy("Market"), order=80)
def market(request: Asked) -> Content:
    """The instruments of the books, and measures of the exchange as a whole."""
    days = _days(request)
    rows = asked(lambda there: instruments(there, days)) or []
    counted = _alerts_by_instrument(request, days, max((row["last_at"] for row in rows), default=None))
    return {
        "books": books() is not None,
        "days": days,
        "choices": list(DAYS),
        "instruments": [
            {**row, "at": reverse("instrument", args=[slug(row["instrument"])]), "alerts": counted.get(row["instrument"], 0)}
            for row in rows
        ],
        "exchange": asked(lambda there: whole_exchange(there, days)),
    }


@page("market/<str:slug>/", name="instrument", act="read market", template="market/instrument.html")
def instrument(request: Asked, slug: str) -> Content:
    """One instrument: price and volume, the alerts on them, and the way to the book at a moment."""
    there, row = _listed(slug)
    start, end = window(row["first_at"], row["last_at"], (request.GET.get("from", ""), request.GET.get("until", "")))
    drawn = asked(lambda opened: bars(opened, row["instrument"], start, end))
    alerts = _alerts(request, row["instrument"], start, end)
    return {
        "section": "market",
        "instrument": row,
        "slug": slug,
        "from": start.astimezone(JAPAN).date(),
        "until": (end - timedelta(seconds=1)).astimezone(JAPAN).date(),
        "bars": drawn,
        "by_day": by_day(drawn) if drawn is not None else [],
        "alerts": alerts,
        "has_orders": "order_event" in there.tables,
        "words": {
            "price": _("Price ({quote} for 1 {base})").format(**_pair(row["instrument"])),
            "volume": _("Volume ({base})").format(**_pair(row["instrument"])),
            "time": _("Japan time"),
            "high": _("highest"),
            "low": _("lowest"),
        },
    }


@page("market/<str:slug>/replay/", name="instrument replay", act="read market", template="market/replay.html")
def instrument_replay(request: Asked, slug: str) -> Content:
    """The order book around a moment (``?at=``, Japan time where it names no zone). Accounts are not named."""
    _there, row = _listed(slug)
    at = _moment(request.GET.get("at", "")) or row["last_at"]
    finding = {
        "finding_id": "",
        "instrument": row["instrument"],
        "subject_id": "",
        "window_from": at - AROUND,
        "window_until": at + AROUND,
        "summary_en": "",
        "summary_ja": "",
    }
    told = replay_of(finding)
    start = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "section": "market",
        "instrument": row,
        "slug": slug,
        "at": at,
        "asked": at.astimezone(JAPAN).strftime("%Y-%m-%dT%H:%M:%S"),
        "told": None if told is None else {**told, "hours": 9, "start": start},
    }


def slug(name: str) -> str:
    """The name of an instrument in an address: BTC/JPY is BTC-JPY there."""
    return name.replace("/", "-")


def _listed(wanted: str) -> tuple[Books, dict[str, Any]]:
    there = books()
    if there is None:
        raise Unfit(_("No books are set: name their folder as 'books' in the settings of the console."))
    rows = asked(lambda opened: instruments(opened, DAYS[1])) or []
    found = next((row for row in rows if slug(row["instrument"]) == wanted), None)
    if found is None:
        raise Http404(_("The books have no trade of this instrument."))
    return there, found


def _alerts(request: Asked, name: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The alerts on an instrument whose windows meet a period, as far as this person may read them, each with its case."""
    if not request.actor.may("read alerts"):
        return []
    rows = Alert.objects.filter(instrument=name, window_from__lt=end, window_until__gt=start).order_by(
        "-rank", "-score", "alert_id"
    )
    seen = seen_of(request.actor, rows[:ALERTS_MAX])
    mine = cases_of(request.actor) if request.actor.may("read cases") else Case.objects.none()
    joined = dict(CaseAlert.objects.filter(alert__in=seen, case__in=mine).values_list("alert_id", "case_id"))
    return [
        {
            "alert_id": each.alert_id,
            "rule": each.rule,
            "severity": each.severity,
            "severity_words": str(each.get_severity_display()),
            "en": each.summary_en,
            "ja": each.summary_ja,
            "window_from": each.window_from,
            "window_until": each.window_until,
            "seconds": int(each.window_from.timestamp()),
            "replay": reverse("instrument replay", args=[slug(name)])
            + f"?at={each.window_from.astimezone(JAPAN):%Y-%m-%dT%H:%M:%S}",
            "case": joined.get(each.alert_id),
        }
        for each in sorted(seen, key=lambda alert: (alert.window_from, alert.alert_id))
    ]


def _alerts_by_instrument(request: Asked, days: int, until: datetime | None) -> dict[str, int]:
    if until is None or not request.actor.may("read alerts"):
        return {}
    rows = Alert.objects.filter(window_until__gt=until - timedelta(days=days), window_from__lte=until).exclude(instrument="")
    allowed = request.actor.chapters("read alerts")
    if allowed is not None:
        rows = rows.filter(chapter__in=allowed)
    kept = rows.values_list("instrument", "subject_id", "parties")
    own = request.actor.parties
    return Counter(name for name, subject, parties in kept.iterator() if own.isdisjoint({*subject.split("|"), *parties}))


def _days(request: Asked) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(each) for each in DAYS} else DAYS[1]


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=JAPAN)


def _pair(name: str) -> dict[str, str]:
    base, _slash, quote = name.partition("/")
    return {"base": base, "quote": quote or "?"}


def _of_case(request: Asked, case_id: str) -> Content | None:
    """The instruments of a case: the way to their market."""
    case = cases_of(request.actor).filter(pk=case_id).first()
    names = sorted({alert.instrument for alert in seen_of(request.actor, alerts_of(case)) if alert.instrument}) if case else []
    if not names or books() is None:
        return None
    return {"instruments": [{"name": each, "at": reverse("instrument", args=[slug(each)])} for each in names]}


panel(
    Panel(
        on=("case",), name="market", title=gettext_lazy("Market"), template="market/panel.html", act="read market", content=_of_case
    )
)
