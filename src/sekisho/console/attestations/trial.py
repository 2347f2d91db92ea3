"""Attestations to try: every item of the rulebook, and some in every state, one of them expired. All statements are made up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from sekisho.console.approvals.four_eyes import decide, propose
from sekisho.console.attestations.models import Attestation, Evidence, Item, UnitMeaning
from sekisho.console.attestations.taking import take_up
from sekisho.console.deadlines.looking import look
from sekisho.console.desk.files import keep_file
from sekisho.console.journal.acting import SYSTEM, acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account, Person

if TYPE_CHECKING:
    from sekisho.console.trial import Trial

UNITS = {
    "custody department": ["operations"],
    "management": ["board"],
    "board of directors": ["board"],
    "risk management": ["risk"],
    "second line of defence": ["risk", "compliance"],
    "risk or compliance department": ["risk", "compliance"],
    "legal department": ["compliance"],
    "sales and trading": ["operations"],
    "sales": ["operations"],
    "treasury": ["operations"],
    "signers": ["operations"],
    "procurement": ["operations"],
}
"""What the trial's firm means by the rules' words."""


def begin(trial: Trial) -> None:
    """The items of the rules; in force, soon to expire, expired with its renewal drafted, not met, in review, returned, drafted."""
    at = max(trial.at, timezone.now())  # roles count from the moment they were given, which is just now
    on = timezone.localdate(at)
    take_up(SYSTEM, at, on)
    with acting(SYSTEM, "set up attestations", at=at):
        for word, units in UNITS.items():
            UnitMeaning(word=word, units=units).save()
    _attested(at, "client_assets/leak_response:immediate_detection", on - timedelta(days=30), "met")
    _attested(at, "client_assets/leak_response:escalation", on - timedelta(days=90), "met")
    _attested(at, "client_assets/leak_response:contingency_plan", on - timedelta(days=350), "met")
    _attested(at, "client_assets/leak_response#1", on - timedelta(days=395), "met")
    _attested(at, "client_assets/leak_response:customer_desk", on - timedelta(days=20), "partly_met")
    _attested(at, "client_assets/security_measures:keys_apart", on - timedelta(days=60), "met")
    _under_way(at, "client_assets/leak_response#1", on - timedelta(days=2), "drafted")
    _under_way(at, "client_assets/leak_response:reporting", on - timedelta(days=1), "in_review")
    _under_way(at, "client_assets/leak_response:secondary_damage", on - timedelta(days=3), "returned")
    _under_way(at, "client_assets/leak_response:cause_analysis_and_logs", on, "drafted")
    look(at)  # the calendar takes up what expires, and the clocks of the incidents that came before


def _actor(account: str, at: datetime) -> Actor:
    return Actor.of(Account.objects.get(username=account), at)


def _attested(at: datetime, item_id: str, base_on: date, result: str) -> None:
    """Attested by risk management on that day and reviewed by internal audit the same evening."""
    proposal = _handed_in(at, item_id, base_on, result)
    decide(_actor("abe", at), proposal, True, "Evidence read. / 証跡を確認した。")


def _under_way(at: datetime, item_id: str, base_on: date, state: str) -> None:
    if state == "drafted":
        _draft(at, item_id, base_on, "met")
        return
    proposal = _handed_in(at, item_id, base_on, "met")
    if state == "returned":
        decide(_actor("abe", at), proposal, False, "The record of the drill has no times. / 訓練記録に時刻の記載がない。")


def _draft(at: datetime, item_id: str, base_on: date, result: str) -> Attestation:
    owner = Person.objects.get(pk="P-RISK")
    item = Item.objects.get(item_id=item_id)
    with acting(_actor("kato", at).author, "draft an attestation", at=at):
        item.owner, item.next_state = owner, "drafted"
        item.save()
        row = Attestation(
            item=item,
            owner=owner,
            statement="Looked at against the internal rules. (Made up, for trying.) / 社内規則に照らして点検した（試用の例）。",
            result=result,
            base_on=base_on,
            drafted_at=at,
        )
        row.save()
        kept = keep_file(f"review-{base_on.isoformat()}.txt", [f"{item_id} looked at on {base_on.isoformat()}\n".encode()])
        Evidence(
            attestation=row,
            evidence_kind="file",
            name=kept.name,
            sha256=kept.sha256,
            size=kept.size,
            media=kept.media,
            words="record of the look",
            added_at=at,
            by=owner.pk,
        ).save()
    return row


def _handed_in(at: datetime, item_id: str, base_on: date, result: str) -> int:
    row = _draft(at, item_id, base_on, result)
    owner = _actor("kato", at)
    with acting(owner.author, "hand in an attestation", at=at):
        row.state, row.submitted_at = "in_review", at
        row.save()
        row.item.next_state = "in_review"
        row.item.save()
        proposal = propose(
            owner,
            "attestation",
            ("attestation", str(row.pk)),
            reason_code="first",
            reason=row.statement,
            chapter=row.item.chapter,
            payload={"item": item_id, "result": result, "speaks of": base_on.isoformat()},
        )
    return proposal.pk
