"""The first page: what needs somebody today, by chapter, and what each part of the console has to say."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from sekisho.console.alerts import the_queue
from sekisho.console.alerts.models import SEVERITIES
from sekisho.console.approvals.four_eyes import KINDS
from sekisho.console.approvals.pages import mine
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.panels import panels_of
from sekisho.console.people.chapters import chapter_title


@page("", name="overview", act="read overview", template="overview/overview.html", menu=gettext_lazy("Overview"), order=10)
def overview(request: Asked) -> Content:
    """What needs somebody today."""
    return {
        "waiting": _waiting(request),
        "alerts": _alerts(request) if request.actor.may("read alerts") else None,
        "panels": panels_of(request, "overview"),
    }


def _waiting(request: Asked) -> int:
    """Proposals this person may decide: of those that are there for him, of kinds and chapters that are his, and not his own."""
    actor, number = request.actor, 0
    rows = mine(request).filter(state="open").exclude(proposed_by=actor.person.person_id)
    for kind, takes in KINDS.items():
        chapters = actor.chapters(takes.approve)
        if actor.may(takes.approve):
            of_kind = rows.filter(proposal_kind=kind)
            number += (of_kind if chapters is None else of_kind.filter(chapter__in=[*chapters, ""])).count()
    return number


def _alerts(request: Asked) -> Content:
    """Alerts that wait, as this person's queue shows them, by chapter and severity, and how many of them are late."""
    waiting = the_queue.by_severity(request)
    late = the_queue.late_in(request)
    severities = [{"value": value, "title": str(title)} for value, title in SEVERITIES]
    lines = [
        {
            "chapter": name,
            "title": chapter_title(name),
            "cells": [{"severity": s["value"], "count": _figure(waiting.get((name, s["value"]), 0))} for s in severities],
            "open": _figure(*(count for (chapter, _severity), count in waiting.items() if chapter == name)),
            "late": _figure(late.get(name, 0)),
        }
        for name in sorted({chapter for chapter, _severity in waiting})
    ]
    return {
        "severities": severities,
        "chapters": lines,
        "open": _figure(*waiting.values()),
        "late": _figure(*late.values()),
        "at": reverse("alerts"),
    }


def _figure(*counts: int) -> dict[str, Any]:
    """A number, and whether it is more: beyond 999 nobody counts on."""
    most = the_queue.COUNTED_TO
    return {"n": sum(min(count, most) for count in counts), "more": any(count > most for count in counts)}
