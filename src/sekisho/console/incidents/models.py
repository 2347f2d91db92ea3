"""An incident: what happened, whom it touches, what was done and said about it, which clocks run, and what was learned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from sekisho.console.alerts.models import SEVERITIES, Alert
from sekisho.console.cases.models import Case
from sekisho.console.journal.acting import Added, Kept, NotTwoPeople
from sekisho.console.people.models import Person

KINDS = [
    ("outflow", _("outflow of crypto-assets")),
    ("system_failure", _("system failure")),
    ("ddos", _("DDoS attack")),
    ("ransomware", _("ransomware")),
    ("attack_warning", _("attack announced or seen, no fault yet")),
    ("leak", _("leak of personal data")),
    ("misconduct", _("misconduct")),
    ("other", _("other")),
]
STATES = [
    ("triage", _("triage")),
    ("containing", _("being contained")),
    ("contained", _("contained")),
    ("recovered", _("recovered")),
    ("closed", _("closed")),
]
SOURCES = [
    ("gate", _("the gate")),
    ("custody", _("the custody certificate")),
    ("outflow", _("log forensics (sekisho outflow)")),
    ("alert", _("an alert")),
    ("case", _("a case")),
    ("hand", _("a person")),
]
AUDIENCES = [
    ("board", _("management")),
    ("authority", _("authority")),
    ("police", _("police")),
    ("sro", _("self-regulatory organisation")),
    ("sharing", _("information sharing")),
    ("clients", _("clients")),
    ("public", _("public")),
    ("providers", _("providers and partners")),
    ("staff", _("staff")),
]
ENTRY_KINDS = [
    ("fact", _("what happened")),
    ("detection", _("detection")),
    ("decision", _("decision")),
    ("measure", _("measure")),
    ("told", _("somebody told")),
    ("report", _("report")),
    ("recovery", _("recovery")),
    ("cause", _("cause")),
    ("correction", _("correction of an earlier entry")),
]
MEASURES = [
    ("stop_withdrawals", _("stop withdrawals of crypto-assets")),
    ("stop_deposits", _("stop deposits")),
    ("stop_trading", _("stop trading")),
    ("isolate_keys", _("take the keys off the network")),
    ("move_to_cold", _("move what is left to wallets under other keys")),
    ("rotate_credentials", _("renew credentials and keys")),
    ("block_sources", _("block addresses or sources")),
    ("preserve_logs", _("preserve servers and access logs as evidence")),
    ("ask_to_freeze", _("ask other exchanges to freeze")),
    ("client_desk", _("open a desk for clients")),
    ("other", _("other")),
]
TWO_PEOPLE_MEASURES = frozenset({"stop_withdrawals", "stop_deposits", "stop_trading", "isolate_keys", "move_to_cold"})
"""Measures that stop clients' business or move their assets."""
CHECKS = [
    ("cause_removed", _("the cause is removed")),
    ("keys_renewed", _("keys and credentials are renewed")),
    ("balances_agree", _("balances agree with the books")),
    ("systems_whole", _("systems are whole and watched")),
    ("clients_whole", _("clients are made whole, or told how")),
    ("tested", _("tested before reopening")),
    ("other", _("other")),
]
FIRM = "firm"
"""The chapter of an incident that concerns the firm as a whole."""


class Incident(Kept):
    """An incident. Times are when it happened by what is known, not when it was entered; ``parties`` are those it concerns.

    ``details`` is what log forensics told (amounts, route, trail, clients); ``assets`` lists asset, quantity and yen.
    """

    TWO_PEOPLE = {"closed_at": ("close incident", "reopen incident")}  # noqa: RUF012 - as rows say it

    incident_id = models.CharField(_("incident"), max_length=32, primary_key=True)
    title = models.CharField(_("title"), max_length=300)
    incident_kind = models.CharField(_("kind"), max_length=16, choices=KINDS)
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    rank = models.SmallIntegerField(_("rank"))
    chapter = models.CharField(_("chapter"), max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=STATES, default="triage")
    source = models.CharField(_("found by"), max_length=8, choices=SOURCES)
    source_ref = models.CharField(_("where it was found"), max_length=200, blank=True)
    detected_at = models.DateTimeField(_("detected"))
    known_at = models.DateTimeField(_("recognised"))
    known_by = models.CharField(_("recognised by"), max_length=200)
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    summary = models.TextField(_("what happened"))
    systems = models.JSONField(_("systems affected"), default=list, blank=True)
    assets = models.JSONField(_("assets affected"), default=list, blank=True)
    amount_jpy = models.DecimalField(_("amount (JPY)"), max_digits=38, decimal_places=8, null=True, blank=True)
    clients = models.IntegerField(_("clients affected"), null=True, blank=True)
    clients_words = models.TextField(_("how clients are affected"), blank=True)
    short = models.BooleanField(_("clients' assets fall short"), default=False)
    parties = models.JSONField(_("parties"), default=list, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    lead = models.ForeignKey(Person, verbose_name=_("led by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cause = models.TextField(_("cause"), blank=True)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.CharField(_("opened by"), max_length=64)
    contained_at = models.DateTimeField(_("contained"), null=True, blank=True)
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)
    cause_found_at = models.DateTimeField(_("cause found"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    no_lesson = models.TextField(_("why there is no lesson"), blank=True)
    case = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        indexes = (models.Index(fields=["state", "-rank"], name="incidents_open"),)

    def __str__(self) -> str:
        return str(self.incident_id)


class Entry(Added):
    """One line of the log: what happened when, who wrote it down when; for what was told, to whom and how."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    entry_kind = models.CharField(_("kind"), max_length=12, choices=ENTRY_KINDS)
    happened_at = models.DateTimeField(_("happened"))
    written_at = models.DateTimeField(_("written down"))
    by = models.CharField(_("by"), max_length=64)
    words = models.TextField(_("words"))
    audience = models.CharField(_("told to"), max_length=12, choices=AUDIENCES, blank=True)
    channel = models.CharField(_("how"), max_length=200, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("entry of the log")
        verbose_name_plural = _("entries of the log")

    def __str__(self) -> str:
        return f"{self.incident_id} {self.pk}"


class Measure(Kept):
    """A measure of containment: planned, approved where it takes two people, carried out, lifted."""

    TWO_PEOPLE = {  # noqa: RUF012 - as rows say it
        "approved_at": ("containment measure",),
        "lifted_at": ("lift measure",),
    }

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="measures")
    code = models.CharField(_("measure"), max_length=24, choices=MEASURES)
    words = models.TextField(_("what exactly"))
    two_people = models.BooleanField(_("takes two people"))
    planned_at = models.DateTimeField(_("planned"))
    planned_by = models.CharField(_("planned by"), max_length=64)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=64, blank=True)
    done_at = models.DateTimeField(_("carried out"), null=True, blank=True)
    done_by = models.CharField(_("carried out by"), max_length=200, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("dropped"), null=True, blank=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.code}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; what takes two people is not carried out before the second has approved."""
        if self.code in TWO_PEOPLE_MEASURES and (not self.two_people or (self.done_at is not None and self.approved_at is None)):
            raise NotTwoPeople(_("%(measure)s: a second person approves it first") % {"measure": self.get_code_display()})
        super().save(*args, **kwargs)

    @property
    def stands(self) -> str:
        """How far it is."""
        if self.lifted_at is not None:
            return "lifted"
        if self.dropped_at is not None:
            return "dropped"
        if self.done_at is not None:
            return "done"
        if self.two_people:
            return "waiting" if self.approved_at is None else "approved"
        return "planned"


class Clock(Kept):
    """A report that is due: to whom, until when (null: the text names no day), from which text; until it is sent or waived."""

    TWO_PEOPLE = {"waived_at": ("not report",)}  # noqa: RUF012 - as rows say it

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="clocks")
    code = models.CharField(_("report"), max_length=32, blank=True)
    name_en = models.CharField(_("in English"), max_length=300)
    name_ja = models.CharField(_("in Japanese"), max_length=300)
    audience = models.CharField(_("to"), max_length=12, choices=AUDIENCES)
    urgency = models.CharField(_("urgency"), max_length=12)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    starts_at = models.DateTimeField(_("runs from"), null=True, blank=True)
    source = models.CharField(_("text"), max_length=200, blank=True)
    quote = models.TextField(_("words of the text"), blank=True)
    confidence = models.CharField(_("how sure"), max_length=16)
    note_en = models.TextField(blank=True)
    note_ja = models.TextField(blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_by = models.CharField(_("sent by"), max_length=64, blank=True)
    sent_words = models.TextField(_("what was sent, and to whom"), blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    waived_at = models.DateTimeField(_("not reported"), null=True, blank=True)
    waived_words = models.TextField(_("why not"), blank=True)

    class Meta:
        verbose_name = _("report clock")
        verbose_name_plural = _("report clocks")
        constraints = (
            models.UniqueConstraint(fields=["incident", "code"], condition=~models.Q(code=""), name="one_clock_of_each_report"),
        )

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.code or self.name_en}"

    def stands(self, at: datetime) -> str:
        """sent, waived, waiting (for an event such as the recovery), late, now (at once and not sent), or running."""
        if self.sent_at is not None:
            return "sent"
        if self.waived_at is not None:
            return "waived"
        if self.starts_at is None:
            return "waiting"
        if self.due_at is not None and self.due_at < at:
            return "late"
        return "now" if self.urgency in ("at_once", "promptly") else "running"


class Check(Kept):
    """A check before business reopens: what, by whom, with what result."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="checks")
    code = models.CharField(_("check"), max_length=24, choices=CHECKS)
    words = models.TextField(_("what exactly"), blank=True)
    passed = models.BooleanField(_("passed"), null=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(_("by"), max_length=64, blank=True)
    result = models.TextField(_("result"), blank=True)

    class Meta:
        verbose_name = _("recovery check")
        verbose_name_plural = _("recovery checks")

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.code}"


class Lesson(Kept):
    """What was learned: a task with owner and day, or something to be attested from then on (``item`` names it)."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="lessons")
    lesson_kind = models.CharField(
        _("becomes"), max_length=12, choices=[("task", _("a task")), ("attestation", _("an attestation"))]
    )
    words = models.TextField(_("words"))
    owner = models.ForeignKey(Person, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(_("until"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(_("done by"), max_length=64, blank=True)
    done_words = models.TextField(_("how"), blank=True)
    item = models.CharField(_("attested as"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.pk}"


class Indicator(Added):
    """An address, domain or URL of the attack that others should know of; never one of a client or of the firm."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="indicators")
    indicator_kind = models.CharField(
        _("kind"), max_length=8, choices=[("address", _("address on a chain")), ("domain", _("domain")), ("url", _("URL"))]
    )
    value = models.CharField(_("value"), max_length=500)
    asset = models.CharField(_("asset"), max_length=32, blank=True)
    role = models.CharField(_("role"), max_length=32, blank=True)
    added_at = models.DateTimeField(_("added"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")

    def __str__(self) -> str:
        return str(self.value)


class IncidentFile(Added):
    """A file that belongs to an incident: its content lies in the store under its hash."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(_("name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    media = models.CharField(_("kind"), max_length=100)
    words = models.TextField(_("what it shows"), blank=True)
    added_at = models.DateTimeField(_("added"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("file of an incident")
        verbose_name_plural = _("files of incidents")

    def __str__(self) -> str:
        return str(self.name)
