"""Values the firm sets for itself, each from a day on; setting one takes two people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.naming import VALUES_SAID
from sekisho.console.people.actor import Actor
from sekisho.console.registers.models import VALUES, FirmValue


def propose_value(actor: Actor, name: str, value: Decimal, since: date, source: str) -> Proposal:
    """Propose a value from a day on. A day that has passed is not changed: what was decided under it stands."""
    actor.need("set the firm's values")
    faults = {} if name in dict(VALUES) else {"name": _("choose one of the values")}
    if not value.is_finite() or value < 0 or value >= 100_000 or int(value.as_tuple().exponent) < -2:
        faults["value"] = _("give an amount from 0 to 99,999.99")
    if since < timezone.localdate(actor.at):
        faults["since"] = _("lies in the past")
    if not source.strip():
        faults["source"] = _("say where it was decided")
    if FirmValue.objects.filter(name=name, since=since).exists():
        faults["since"] = _("has a value already")
    if faults:
        raise Unfit(faults)
    return propose(
        actor, "set firm's value", ("value", name), reason_code="decided", reason=source.strip(),
        payload={"value": f"{value:f}", "since": since.isoformat()},
    )  # fmt: skip


def _set(proposal: Proposal, actor: Actor) -> None:
    day = date.fromisoformat(proposal.payload["since"])
    if FirmValue.objects.filter(name=proposal.about_id, since=day).exists():
        raise Unfit({"since": _("has a value already")})
    FirmValue(name=proposal.about_id, value=Decimal(proposal.payload["value"]), since=day, source=proposal.reason).save()


def _at(proposal: Proposal) -> str:
    return reverse("firm's values")


VALUES_SAID["value", "value"] = lambda name: str(dict(VALUES).get(name, name))
REASONS: Any = (("decided", gettext_lazy("decided by the firm")),)
takes_two(
    Takes(
        kind="set firm's value",
        title=gettext_lazy("A value of the firm"),
        propose="set the firm's values",
        approve="approve the firm's values",
        reasons=REASONS,
        effect=_set,
        at=_at,
    )
)
