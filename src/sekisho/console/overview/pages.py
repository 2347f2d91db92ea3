"""The first page: what needs somebody today, by chapter, and what each part of the console has to say."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from sekisho.console.alerts.models import SEVERITIES
from sekisho.console.alerts.working import seen_by
from sekisho.console.approvals.four_eyes import KINDS
from sekisho.console.approvals.pages import mine
from sekisho.console.desk.chapters import chapter_title
from sekisho.console.desk.pages import Asked, Content, page
from sekisho.console.desk.panels import panels_of

OPEN: Final = ("open", "claimed", "snoozed", "in_case")
"""States of an alert on which somebody has still to decide."""


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
    """Open alerts this person may see, by chapter and severity, and how many of them are late."""
    rows = seen_by(request.actor).filter(state__in=OPEN)
    late = Count("pk", filter=Q(due_at__lt=request.actor.at))
    counted = rows.order_by().values("chapter", "severity").annotate(open=Count("pk"), late=late)
    by_chapter: dict[str, dict[str, Any]] = {}
    for each in counted:
        line = by_chapter.setdefault(each["chapter"], {"chapter": each["chapter"], "open": 0, "late": 0, "severities": {}})
        line["open"] += each["open"]
        line["late"] += each["late"]
        line["severities"][each["severity"]] = each["open"]
    severities = [{"value": value, "title": str(title)} for value, title in SEVERITIES]
    lines = [
        {
            **line,
            "title": chapter_title(name),
            "cells": [{"severity": s["value"], "count": line["severities"].get(s["value"], 0)} for s in severities],
        }
        for name, line in sorted(by_chapter.items())
    ]
    return {
        "severities": severities,
        "chapters": lines,
        "open": sum(line["open"] for line in lines),
        "late": sum(line["late"] for line in lines),
        "at": reverse("alerts"),
    }
