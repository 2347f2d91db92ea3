"""What may be done with many alerts at once. Parts above declare acts of their own here (``bulk_act``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sekisho.console.alerts import working
from sekisho.console.alerts.dispositions import OTHER, REASONS, propose_dispositions
from sekisho.console.alerts.models import DISPOSITIONS
from sekisho.console.desk.pages import Asked, Unfit
from sekisho.console.journal.acting import acting
from sekisho.console.people.naming import named

Choices = Sequence[tuple[str, str | Promise]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """One thing an act asks for: its name, title, kind, and for a choice the values."""

    name: str
    title: str | Promise
    kind: Literal["text", "day", "choice"] = "text"
    values: Choices | Callable[[Asked], Choices] = ()
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAct:
    """An act on many alerts: its name, title, what one must be allowed, what it asks for, and what it does.

    ``do`` gets the request, the ids of the alerts (which the actor may read, at most ``TOGETHER_MOST``) and what was filled in, by
    name. It answers what was done, in words, and where to go on (``""``: back to the queue); all or none, or raises ``Unfit``.
    """

    name: str
    title: str | Promise
    act: str
    do: Callable[[Asked, Sequence[str], Mapping[str, str]], tuple[str, str]]
    asks: tuple[Asks, ...] = ()
    order: int = 100


ACTS: Final[dict[str, BulkAct]] = {}


def bulk_act(declared: BulkAct) -> BulkAct:
    """Declare an act on many alerts (in a part's ``pages.py``)."""
    assert declared.name not in ACTS, f"two acts on many alerts are called {declared.name}"
    ACTS[declared.name] = declared
    return declared


def offered(request: Asked) -> list[dict[str, Any]]:
    """The acts this person may do, in order, as a page's content."""
    acts = sorted((each for each in ACTS.values() if request.actor.may(each.act)), key=lambda each: (each.order, each.name))
    return [
        {
            "name": each.name,
            "title": each.title,
            "asks": [
                {
                    "name": asked.name,
                    "title": asked.title,
                    "kind": asked.kind,
                    "required": asked.required,
                    "values": [
                        {"value": value, "title": title}
                        for value, title in (asked.values(request) if callable(asked.values) else asked.values)
                    ],
                }
                for asked in each.asks
            ],
        }
        for each in acts
    ]


def done_to(count: int) -> str:
    """How many alerts something was done to."""
    return ngettext("Done to %(count)s alert.", "Done to %(count)s alerts.", count) % {"count": count}


def _claim(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    with acting(request.actor.author, "claim alerts", at=request.actor.at):
        for alert_id in alerts:
            working.claim(request.actor, alert_id)
    return done_to(len(alerts)), ""


def _assign(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    reason = given.get("reason", "")
    with acting(request.actor.author, "assign alerts", reason=reason, at=request.actor.at):
        for alert_id in alerts:
            working.assign(request.actor, alert_id, given.get("person", ""), reason)
    return done_to(len(alerts)), ""


def _release(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    reason = given.get("reason", "")
    with acting(request.actor.author, "release alerts", reason=reason, at=request.actor.at):
        for alert_id in alerts:
            working.release(request.actor, alert_id, reason)
    return done_to(len(alerts)), ""


def _snooze(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    until, code, reason = day(given.get("until", ""), "until"), given.get("reason_code", ""), given.get("reason", "")
    with acting(request.actor.author, "put alerts aside", reason=f"{code}: {reason}".strip(" :"), at=request.actor.at):
        for alert_id in alerts:
            working.snooze(request.actor, alert_id, until, code, reason)
    return done_to(len(alerts)), ""


def _dispose(request: Asked, alerts: Sequence[str], given: Mapping[str, str]) -> tuple[str, str]:
    disposition, _colon, code = given.get("as", "").partition(":")
    made = propose_dispositions(request.actor, alerts, disposition, code, given.get("reason", ""))
    said = ngettext("Proposed; it waits for a second person.", "%(n)s proposals wait for a second person.", len(made))
    return said % {"n": len(made)}, ""


def day(text: str, name: str) -> date:
    """A day as a form gives it. Raises ``Unfit``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit({name: _("give a day as YYYY-MM-DD")}) from None


def people(request: Asked) -> Choices:
    """The persons who may work on alerts, to choose from."""
    return [(person.person_id, named(request, person.person_id)) for person in working.workers(request.actor.at)]


def ways(request: Asked) -> Choices:
    """Each disposition with each of its reasons, to choose from."""
    return [(f"{value}:{code}", f"{title} – {words}") for value, title in DISPOSITIONS for code, words in (*REASONS[value], OTHER)]


_WHY = Asks(name="reason", title=gettext_lazy("In words"))
bulk_act(BulkAct(name="claim", title=gettext_lazy("Claim"), act="work on alerts", do=_claim, order=10))
bulk_act(
    BulkAct(
        name="assign",
        title=gettext_lazy("Assign"),
        act="work on alerts",
        do=_assign,
        asks=(
            Asks(name="person", title=gettext_lazy("To"), kind="choice", values=people, required=True),
            Asks(name="reason", title=gettext_lazy("Why (needed where somebody has it)")),
        ),
        order=20,
    )
)
bulk_act(BulkAct(name="release", title=gettext_lazy("Give back"), act="work on alerts", do=_release, asks=(_WHY,), order=30))
bulk_act(
    BulkAct(
        name="snooze",
        title=gettext_lazy("Put aside"),
        act="work on alerts",
        do=_snooze,
        asks=(
            Asks(name="until", title=gettext_lazy("Until"), kind="day", required=True),
            Asks(name="reason_code", title=gettext_lazy("Reason"), kind="choice", values=working.SNOOZE_REASONS, required=True),
            _WHY,
        ),
        order=40,
    )
)
bulk_act(
    BulkAct(
        name="dispose",
        title=gettext_lazy("Propose a disposition"),
        act="propose a disposition",
        do=_dispose,
        asks=(Asks(name="as", title=gettext_lazy("As"), kind="choice", values=ways, required=True), _WHY),
        order=50,
    )
)
