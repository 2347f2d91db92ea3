"""The first page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Asked, Content, page


@page("", name="overview", act="read overview", template="overview/overview.html", menu=gettext_lazy("Overview"), order=10)
def overview(request: Asked) -> Content:
    """What needs somebody today."""
    return {"waiting": Proposal.objects.filter(state="open").exclude(proposed_by=request.actor.person.person_id).count()}
