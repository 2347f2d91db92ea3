"""Telling the gate what people decided: written down first, then told under one key until the gate has answered, never twice."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import Author, acting
from sekisho.console.journal.naming import ACTS_BEGINNING
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account
from sekisho.console.transfers.models import GateAct
from sekisho.console.transfers.wording import EVENTS
from sekisho.gate.client import GateClient, GateProblem, GateUnanswered, Retry, Signer
from sekisho.gate.http.callers import CallersError

ACTS_BEGINNING["decide: "] = lambda event: _("decided: %(what)s") % {"what": EVENTS.get(event, event)}
RETRY: Final = Retry(attempts=3, wait=0.2, wait_max=0.5)
SECONDS: Final = 5.0
"""How long a person waits for one answer of the gate before it counts as none."""
RULE_SET: Final = "rule_set"
_LATER: Final = frozenset({"request-in-progress"})
Connect = Callable[[Signer | None], GateClient]


class Unreachable(Exception):  # noqa: N818 - says what happened, as GateDown does
    """The gate could not be told now; the text says why. Nothing is lost: it is told later under the same key."""


def key_file(party_id: str) -> Path | None:
    """Where a person's key for the gate is to be, by the settings; None where the console has no keys."""
    gate = settings.CHOSEN.gate
    if gate is None or gate.keys is None or not party_id or "/" in party_id or party_id.startswith("."):
        return None
    return Path(settings.FOLDER / gate.keys / f"{party_id}.pem")


def why_not(actor: Actor) -> str:
    """Why this person cannot tell the gate anything; empty when he can."""
    gate = settings.CHOSEN.gate
    if gate is None or gate.url is None:
        return _("The console is not connected to a gate: set [gate] url in its settings.")
    file = key_file(actor.person.party_id)
    if file is None or not file.is_file():
        return _("You have no key for the gate: ask for 'sekisho caller add %(party)s --out KEYS/%(party)s.pem'.") % {
            "party": actor.person.party_id or "PARTY_ID"
        }
    return ""


def connect(signer: Signer | None) -> GateClient:
    """A client of the gate the settings name."""
    gate = settings.CHOSEN.gate
    assert gate is not None
    assert gate.url is not None
    verify: Any = True if gate.ca is None else ssl.create_default_context(cafile=settings.FOLDER / gate.ca)
    return GateClient(gate.url, signer, retry=RETRY, timeout=SECONDS, verify=verify)


def decided(
    actor: Actor,
    about: tuple[str, str],
    event: str,
    text: str = "",
    *,
    proposal: int | None = None,
    place: int = 0,
    expects: str = "",
    of: Account | None = None,
) -> GateAct:
    """Write down what is to be told to the gate, in the act going on; it is told once that act is durable.

    ``of`` is the account of somebody else in whose name it is told: who proposed what this actor approves. Raises ``Unfit``.
    """
    account = of or actor.account
    act = GateAct(
        key=str(uuid.uuid4()),
        about_kind=about[0],
        about_id=about[1],
        event=event,
        text=text,
        person_id=account.person_id,
        party_id=account.person.party_id,
        account=account.username,
        proposal=proposal,
        place=place,
        expects=expects,
        decided_at=actor.at,
    )
    try:
        with acting(actor.author, f"decide: {event}", reason=text), transaction.atomic():
            act.save()
            transaction.on_commit(lambda: tell_about(about))
    except IntegrityError:
        raise Unfit(_("This is decided already and waits to be told to the gate.")) from None
    return act


def tell_about(about: tuple[str, str], connecting: Connect = connect) -> str:
    """Tell the gate what waits about one request, in the order it was decided; why it could not be told, or empty."""
    waiting = GateAct.objects.filter(about_kind=about[0], about_id=about[1], state="waiting").order_by("decided_at", "place")
    return _tell_each(list(waiting), connecting)


def tell_all(connecting: Connect = connect) -> str:
    """Tell the gate everything that waits."""
    abouts = GateAct.objects.filter(state="waiting").order_by("decided_at").values_list("about_kind", "about_id")
    for about in dict.fromkeys(abouts):
        why = tell_about(about, connecting)
        if why:
            return why
    return ""


def _tell_each(acts: list[GateAct], connecting: Connect) -> str:
    failed: set[int] = set()
    for act in acts:
        if act.proposal is not None and act.proposal in failed:
            _keep(act, "refused", _("Not told: the gate refused what goes before it."))
            continue
        if not _begin(act):
            continue
        try:
            answer = _tell(act, connecting)
        except Unreachable as why:
            _later(act, str(why))
            return str(why)
        except GateProblem as problem:
            if problem.kind in _LATER:
                _later(act, str(problem))
                return str(problem)
            _keep(act, "refused", str(problem))
            if act.proposal is not None:
                failed.add(act.proposal)
            continue
        _keep(act, "told", "", answer)
    return ""


def _tell(act: GateAct, connecting: Connect) -> dict[str, Any]:
    file = key_file(act.party_id)
    if settings.CHOSEN.gate is None or settings.CHOSEN.gate.url is None or file is None:
        raise Unreachable(_("The console is not connected to a gate: set [gate] url in its settings."))
    try:
        signer = Signer.from_file(file)
    except CallersError as error:
        raise Unreachable(str(error)) from None
    try:
        with connecting(signer) as gate:
            if act.about_kind == RULE_SET:
                return _rule_step(act, gate)
            decision = gate.tell(act.about_kind, act.about_id, act.event, text=act.text or None, key=act.key)
    except GateUnanswered as error:
        raise Unreachable(str(error)) from None
    told = {name: getattr(decision, name) for name in ("decision_id", "outcome", "decided_at", "releases_at")}
    return dict(msgspec.to_builtins(told))


def _rule_step(act: GateAct, gate: GateClient) -> dict[str, Any]:
    """Steps of rule sets have no key at the gate: whether it was taken before shows in what is in force."""
    now = gate.rule_set().hash or ""
    done = now == act.about_id if act.event == "activate" else now != act.expects
    if done and act.tries > 1:
        return {"step": act.event, "rule_set": now}
    name = act.about_id if act.event == "activate" else None
    taken = gate.rule(act.event, rule_set=name, why=act.text)
    return {"step": taken.step, "rule_set": taken.rule_set}


def _author(act: GateAct) -> Author:
    return Author(account=act.account, person=act.person_id)


def _begin(act: GateAct) -> bool:
    """Note the try before it is made; False where somebody else is telling it at this moment."""
    with acting(_author(act), "tell the gate"):
        row = GateAct.objects.get(pk=act.pk)
        if row.state != "waiting" or row.tries != act.tries:
            return False
        row.tries, row.tried_at = row.tries + 1, timezone.now()
        row.save()
    act.tries = row.tries
    return True


def _keep(act: GateAct, state: str, said: str, answer: dict[str, Any] | None = None) -> None:
    with acting(_author(act), "the gate answered"):
        row = GateAct.objects.get(pk=act.pk)
        if row.state == "waiting":
            row.state, row.said, row.answer = state, said, answer or {}
            row.save()


def _later(act: GateAct, said: str) -> None:
    with acting(_author(act), "the gate was not reached"):
        row = GateAct.objects.get(pk=act.pk)
        if row.state == "waiting":
            row.said = said
            row.save()
