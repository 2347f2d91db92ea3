"""Incidents to try: an attack that is being contained, with its clocks running, and an outflow, where findings tell of one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from sekisho.console.alerts.models import Alert
from sekisho.console.approvals.four_eyes import decide, propose
from sekisho.console.incidents.models import Check, Clock, Entry, Incident, Lesson, Measure
from sekisho.console.incidents.opening import Noted, Opening, open_incident
from sekisho.console.journal.acting import acting
from sekisho.console.people.actor import Actor
from sekisho.console.people.models import Account

if TYPE_CHECKING:
    from datetime import datetime

    from sekisho.console.trial import Trial


def begin(trial: Trial) -> None:
    """Two incidents: one in progress, one nearly done. Everything in them is made up, but what findings of the books say."""
    at = max(trial.at, timezone.now())  # roles count from the moment they were given, which is just now
    _ransomware(at)
    _outflow(at)


def _actor(account: str, at: datetime) -> Actor:
    return Actor.of(Account.objects.get(username=account), at)


def _ransomware(at: datetime) -> None:
    """An attack on the office network, found this morning: contained in part, its first report not sent."""
    operations = _actor("suzuki", at)
    known_at = at - timedelta(hours=5, minutes=20)
    incident = open_incident(
        operations,
        Opening(
            title="事務系ネットワークのランサムウェア感染 / Ransomware on the office network",
            incident_kind="ransomware",
            severity="critical",
            known_at=known_at,
            known_by="P-OPS",
            detected_at=known_at - timedelta(minutes=35),
            began_at=known_at - timedelta(hours=7),
            summary="Files on two file servers are encrypted and a note asks for payment. Wallet systems are on another network; "
            "whether client data were read is not known. (Made up, for trying.)",
            systems=("FILE-SRV-1", "FILE-SRV-2", "VPN-GW"),
            log=(
                Noted(
                    entry_kind="fact",
                    happened_at=known_at - timedelta(hours=7),
                    words="VPN session of a contractor from an unusual address.",
                ),
                Noted(
                    entry_kind="detection",
                    happened_at=known_at - timedelta(minutes=35),
                    words="Monitoring: many files renamed on FILE-SRV-1.",
                ),
            ),
        ),
    )
    _told(incident, operations, known_at + timedelta(minutes=12))
    _stopped(incident, at)


def _told(incident: Incident, operations: Actor, at: datetime) -> None:
    with acting(operations.author, "report sent", at=operations.at):
        clock = Clock.objects.get(incident=incident, code="management")
        clock.sent_at, clock.sent_by, clock.sent_words = at, "P-OPS", "CEO and CCO told by telephone."
        clock.save()
        Entry(
            incident=incident,
            entry_kind="report",
            happened_at=at,
            written_at=operations.at,
            by="P-OPS",
            words="CEO and CCO told by telephone.",
            audience="board",
            channel="telephone",
        ).save()
        incident.lead_id = "P-RISK"
        incident.state = "containing"
        incident.save()


def _stopped(incident: Incident, at: datetime) -> None:
    """One measure carried out after two people said so, and one that waits for the second."""
    operations, risk = _actor("suzuki", at), _actor("kato", at)
    first = _planned(
        incident, operations, "isolate_keys", "Signing terminals taken off the office network.", at - timedelta(hours=5)
    )
    decide(risk, first, True, "agreed by telephone")
    with acting(operations.author, "carry out a measure", at=at):
        measure = Measure.objects.get(incident=incident, code="isolate_keys")
        measure.done_at, measure.done_by = at - timedelta(minutes=1), "P-OPS"
        measure.save()
    _planned(incident, operations, "stop_withdrawals", "Withdrawals of all crypto-assets until the signing path is checked.", at)
    with acting(operations.author, "plan a measure", at=at):
        Measure(
            incident=incident,
            code="preserve_logs",
            words="Images of both file servers and the VPN logs of the last 90 days.",
            two_people=False,
            planned_at=at - timedelta(hours=4),
            planned_by="P-OPS",
            done_at=at - timedelta(hours=3),
            done_by="P-OPS",
        ).save()
        Check(incident=incident, code="systems_whole", words="File servers rebuilt from the backup of the night before.").save()
        Lesson(
            incident=incident,
            lesson_kind="attestation",
            words="接続先を限定した委託先VPNの点検 / Contractors' VPN is limited to named hosts and looked at each quarter",
            owner_id="P-OPS",
            due_on=at.date() + timedelta(days=30),
        ).save()


def _planned(incident: Incident, actor: Actor, code: str, words: str, at: datetime) -> int:
    with acting(actor.author, "plan a measure", at=actor.at):
        measure = Measure(
            incident=incident, code=code, words=words, two_people=True, planned_at=at, planned_by=actor.person.person_id
        )
        measure.save()
        proposal = propose(
            actor,
            "containment measure",
            ("measure", str(measure.pk)),
            reason_code="stop_harm",
            reason=words,
            chapter=incident.chapter,
            parties=incident.parties,
            payload={"incident": incident.pk, "measure": str(measure.get_code_display()), "words": words},
        )
    return proposal.pk


def _outflow(at: datetime) -> None:
    """The gravest outflow that the inspection found, opened from its alert a week ago; nothing where there is none."""
    alert = Alert.objects.filter(rule="client_assets/unauthorised_outflow").order_by("-rank", "-score", "pk").first()
    if alert is None:
        return
    compliance = _actor("tanaka", at)
    if not compliance.parties.isdisjoint(alert.parties):
        return
    open_incident(
        compliance,
        Opening(
            title=f"承認のない流出：{alert.subject_id[:80]} / Unauthorised outflow: {alert.subject_id[:80]}",
            incident_kind="outflow",
            severity=alert.severity,
            known_at=at - timedelta(days=8),
            known_by="P-CO1",
            detected_at=at - timedelta(days=8, hours=1),
            summary=f"{alert.summary_ja} / {alert.summary_en}",
            chapter=alert.chapter,
            source="alert",
            source_ref=alert.pk,
            amount_jpy=alert.amount_jpy,
            parties=tuple(alert.parties),
            alert=alert.pk,
        ),
    )
