"""An alert: one finding, as somebody's work; and what is kept beside alerts (intakes, terms, memory, views, reminders)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from django.db import connection, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.alerts import text_search
from sekisho.console.desk.words_of_law import SEVERITY_WORDS
from sekisho.console.journal.acting import Act, Kept, KeptQuerySet, NotTwoPeople, acting_now
from sekisho.rulebook import load_rulebook

STATES = [
    ("open", pgettext_lazy("alerts", "open")),
    ("claimed", _("claimed")),
    ("snoozed", _("put aside")),
    ("in_case", _("in a case")),
    ("closed", _("closed")),
]
LIVE: Final = frozenset({"open", "claimed", "snoozed"})
"""The states in which an alert still waits for somebody's answer."""
SEVERITIES = list(SEVERITY_WORDS.items())
DISPOSITIONS = [
    ("confirmed", _("confirmed")),
    ("valuable", _("worth the look, not confirmed")),
    ("false_positive", _("false positive")),
]
RANK = {"low": 1, "medium": 2, "high": 3, "critical": 4}
RANK_STEP: Final = 2 * 10**18
_SCORE_STEP: Final = 10**14
_YEN_MOST: Final = _SCORE_STEP - 1
_KEY_LONGEST: Final = 128
_ASIDE: Final = ("state", "snoozed_until", "number")
"""What tells whether an alert is put aside, and what its words are found by, stands in the indexes themselves: counting, deep pages
and searches then read no rows."""
_NUMBERS: Final = 0x5E_615_41


def priority_of(rank: int, score: float, amount_jpy: Decimal | None) -> int:
    """One number that sorts alerts: severity first, inside it the score (four places), inside that the amount in whole yen."""
    tenthousandths = min(max(round(score * 10_000), 0), 10_000)
    yen = min(max(int(amount_jpy or 0), 0), _YEN_MOST)
    return rank * RANK_STEP + tenthousandths * _SCORE_STEP + yen


def key_of(subject_id: str) -> str:
    """A subject as it is looked up: itself, or where many accounts make it long, its beginning and its hash."""
    if len(subject_id) <= _KEY_LONGEST:
        return subject_id
    return f"{subject_id[: _KEY_LONGEST - 33]}\N{HORIZONTAL ELLIPSIS}{hashlib.sha256(subject_id.encode()).hexdigest()[:32]}"


class AlertQuerySet(KeptQuerySet):
    """Alerts in number: whatever way they come in, the queue finds them by priority, party and word."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Many new alerts, each written down field by field."""
        rows = list(objs)
        with transaction.atomic():
            numbered(rows)
            made: list[Any] = super().bulk_create(rows, *args, **kwargs)
            findable(rows)
        return made

    def take_in(self, rows: list[Any], what: str, digest: str) -> int:
        """Many new alerts from an inspection as one line of the journal."""
        with transaction.atomic():
            numbered(rows)
            taken = super().take_in(rows, what, digest)
            findable(rows)
        return taken


def one_intake_at_a_time() -> None:
    """Until this transaction ends nobody else takes in or numbers alerts (SQLite has one writer anyway)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERS])


def numbered(rows: Sequence[Alert]) -> None:
    """Give new alerts their numbers and what follows from their fields."""
    one_intake_at_a_time()
    number = last_number()
    for row in rows:
        if row.number is None:
            number += 1
            row.number = number
        row.follow()


def last_number() -> int:
    """The number of the alert that came last; 0 before the first."""
    return Alert._base_manager.order_by("-number").values_list("number", flat=True).first() or 0


def findable(rows: Sequence[Alert]) -> None:
    """Write down, for new alerts, the parties they concern and the words they are found by."""
    AlertParty.objects.bulk_create(
        [AlertParty(alert=row, party_id=party) for row in rows for party in sorted(set(row.parties))], batch_size=500
    )
    text_search.add((row.number, row.words()) for row in rows if row.number is not None)


class Intake(Kept):
    """A findings.parquet that was taken in: which, of which inspection, when, by whom."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    source = models.CharField(_("from"), max_length=500)
    regime = models.CharField(_("regime"), max_length=32)
    as_of = models.DateField(_("judged on"))
    sekisho = models.CharField(_("version"), max_length=32, blank=True)
    findings = models.IntegerField(_("findings"))
    taken = models.IntegerField(_("new alerts"))
    known = models.IntegerField(_("known already"))
    remembered = models.IntegerField(_("closed as remembered"))
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("intake")
        verbose_name_plural = _("intakes")

    def __str__(self) -> str:
        return f"{self.source} {self.sha256[:12]}"


class Memory(Kept):
    """A pair of rule and subject that two people know to be a false positive, for a time; graver alerts stay open."""

    rule = models.CharField(_("rule"), max_length=128)
    chapter = models.CharField(_("chapter"), max_length=64)
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.TextField(_("subject"))
    subject_key = models.CharField(_("subject, as looked up"), max_length=128, default="", editable=False)
    rank_most = models.SmallIntegerField(_("up to severity"))
    parties = models.JSONField(_("parties"), default=list)
    alert_id = models.CharField(_("alert"), max_length=80)
    reason_code = models.CharField(_("reason"), max_length=64)
    words = models.TextField(_("in words"), blank=True)
    proposed_by = models.CharField(_("proposed by"), max_length=64)
    approved_by = models.CharField(_("approved by"), max_length=64)
    at = models.DateTimeField(_("since"))
    expires_at = models.DateTimeField(_("until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=64, blank=True)
    revoked_why = models.TextField(_("why revoked"), blank=True)

    class Meta:
        verbose_name = _("remembered false positive")
        verbose_name_plural = _("remembered false positives")
        constraints = (
            models.CheckConstraint(condition=~Q(approved_by=models.F("proposed_by")), name="memory_two_people"),
            models.UniqueConstraint(fields=["rule", "subject_key"], condition=Q(revoked_at=None), name="one_memory"),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it; a new one only when a second person approves."""
        if self.pk is None and acting_now().effect not in ("remember false positive", "dispose alert"):
            raise NotTwoPeople(_("a false positive is remembered only when a second person approves"))
        self.subject_key = key_of(self.subject_id)
        super().save(*args, **kwargs)


class Alert(Kept):
    """One finding (a row of findings.parquet, unchanged) and what became of it."""

    TWO_PEOPLE = {"disposition": ("dispose alert", "dispose alerts", "close case", "reopen alert")}  # noqa: RUF012 - as rows say it
    UNKEPT = frozenset({"number", "priority", "is_live", "subject_key"})

    alert_id = models.CharField(_("alert"), max_length=80, primary_key=True)
    rule = models.CharField(_("rule"), max_length=128)
    chapter = models.CharField(_("chapter"), max_length=64)
    regime = models.CharField(_("regime"), max_length=32)
    as_of = models.DateField(_("judged on"))
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    rank = models.SmallIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    subject_kind = models.CharField(_("kind of subject"), max_length=32)
    subject_id = models.TextField(_("subject"))
    subject_key = models.CharField(_("subject, as looked up"), max_length=128, default="", editable=False)
    instrument = models.CharField(_("instrument"), max_length=64, blank=True)
    asset = models.CharField(_("asset"), max_length=32, blank=True)
    window_from = models.DateTimeField(_("from"))
    window_until = models.DateTimeField(_("until"))
    amount_jpy = models.DecimalField(_("amount (JPY)"), max_digits=38, decimal_places=8, null=True, blank=True)
    evidence = models.JSONField(_("evidence"), default=list)
    parameters = models.JSONField(_("values used"), default=dict)
    summary_en = models.TextField(_("in English"))
    summary_ja = models.TextField(_("in Japanese"))
    parties = models.JSONField(_("parties"), default=list)
    raised_at = models.DateTimeField(_("raised"))
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=8, choices=STATES, default="open")
    assignee = models.CharField(_("assigned to"), max_length=64, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    snoozed_until = models.DateTimeField(_("put aside until"), null=True, blank=True)
    disposition = models.CharField(_("disposition"), max_length=16, choices=DISPOSITIONS, blank=True)
    disposition_reason = models.CharField(_("reason"), max_length=64, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    number = models.BigIntegerField(_("number"), null=True, unique=True, editable=False)
    priority = models.BigIntegerField(_("priority"), default=0, editable=False)
    is_live = models.SmallIntegerField(_("to be worked on"), default=1, editable=False)  # SQLite looks a number up, not a truth
    proposed = models.CharField(pgettext_lazy("alerts", "proposed"), max_length=16, choices=DISPOSITIONS, blank=True)
    proposal = models.BigIntegerField(_("last proposal"), null=True, blank=True)
    earlier = models.CharField(_("same subject and rule as"), max_length=80, blank=True)
    intake = models.ForeignKey(
        Intake, verbose_name=_("taken in with"), null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    memory = models.ForeignKey(
        Memory, verbose_name=_("remembered false positive"), null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )

    objects: ClassVar[Any] = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = (
            models.Index(fields=["is_live", "-priority", "alert_id", *_ASIDE], name="alert_queue"),
            models.Index(fields=["-priority", "alert_id", "number"], name="alert_all"),
            models.Index(fields=["state", "-priority", "alert_id", "number"], name="alert_state"),
            models.Index(fields=["is_live", "chapter", "-priority", "alert_id", *_ASIDE], name="alert_chapter"),
            models.Index(fields=["is_live", "rule", "-priority", "alert_id", *_ASIDE], name="alert_rule"),
            models.Index(
                fields=["assignee", "is_live", "-priority", "alert_id", *_ASIDE, "due_at", "proposed"], name="alert_assignee"
            ),
            models.Index(fields=["is_live", "due_at", "-priority", "alert_id", *_ASIDE], name="alert_due"),
            models.Index(fields=["is_live", "raised_at", "-priority", "alert_id", "chapter"], name="alert_raised"),
            models.Index(fields=["subject_key", "rule", "number"], name="alert_subject"),
            models.Index(fields=["instrument", "is_live", "-priority", "alert_id", *_ASIDE], name="alert_instrument"),
            models.Index(fields=["chapter", "state", "due_at", "alert_id"], name="alert_counts"),
            models.Index(fields=["rule", "disposition", "memory", "chapter", "alert_id"], name="alert_quality"),
            models.Index(fields=["snoozed_until"], condition=Q(snoozed_until__isnull=False), name="alert_snoozed"),
            models.Index(fields=["proposal"], condition=Q(proposal__isnull=False), name="alert_proposal"),
            models.Index(fields=["memory"], condition=Q(memory__isnull=False), name="alert_memory"),
        )

    def __str__(self) -> str:
        return str(self.alert_id)

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """Two people dispose of an alert; a new one comes closed where two said so before, by a remembered pair."""
        if stored is None and self.memory is not None and self._is_remembered_by(self.memory):
            return
        super().need_two_people(act, stored)

    def _is_remembered_by(self, memory: Memory) -> bool:
        return (
            (self.state, self.disposition) == ("closed", "false_positive")
            and (self.rule, key_of(self.subject_id)) == (memory.rule, memory.subject_key)
            and self.rank <= memory.rank_most
            and memory.revoked_at is None
            and memory.at <= self.raised_at < memory.expires_at
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the alert; what the queue finds it by follows."""
        if self.number is None:
            with transaction.atomic():
                numbered([self])
                super().save(*args, **kwargs)
                findable([self])
            return
        self.follow()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the alert, and with it what it was found by."""
        number, words = self.number, self.words()
        gone = super().delete(*args, **kwargs)
        if number is not None:
            text_search.forget(number, words)
        return gone

    def follow(self) -> None:
        """Bring up to date what follows from other fields."""
        self.priority = priority_of(self.rank, self.score, self.amount_jpy)
        self.is_live = int(self.state in LIVE)
        self.subject_key = key_of(self.subject_id)

    def state_at(self, now: datetime) -> str:
        """The state at a moment: what was put aside counts as open again once its time is over."""
        if self.state == "snoozed" and self.snoozed_until is not None and self.snoozed_until <= now:
            return "open"
        return str(self.state)

    def words(self) -> str:
        """Everything the alert is found by."""
        rule = load_rulebook().rules.get(self.rule)
        title = "" if rule is None else f"{rule.title.en} {rule.title.ja}"
        ids = (self.alert_id, self.rule.replace("/", " "), self.subject_id.replace("|", " "), self.instrument, self.asset)
        return " ".join([*ids, title, self.summary_en, self.summary_ja])


class AlertParty(models.Model):
    """A party an alert concerns, as a row to look up; it says again what ``Alert.parties`` says, and is made with the alert."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="concerns", db_index=False)
    party_id = models.CharField(_("party"), max_length=128)

    class Meta:
        verbose_name = _("party of an alert")
        verbose_name_plural = _("parties of alerts")
        constraints = (models.UniqueConstraint(fields=["alert", "party_id"], name="party_once_an_alert"),)
        indexes = (models.Index(fields=["party_id", "alert"], name="alert_of_party"),)

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.party_id}"


class ServiceLevel(Kept):
    """How many Japanese business days an alert may take, by severity, for a chapter or (blank) all, from a day on."""

    chapter = models.CharField(_("chapter"), max_length=64, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    business_days = models.PositiveSmallIntegerField(_("business days"))
    from_on = models.DateField(_("from"))
    proposed_by = models.CharField(_("proposed by"), max_length=64)
    approved_by = models.CharField(_("approved by"), max_length=64)

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        constraints = (models.CheckConstraint(condition=~Q(approved_by=models.F("proposed_by")), name="service_level_two_people"),)

    def __str__(self) -> str:
        return f"{self.chapter or '*'} {self.severity} {self.from_on}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it: only when a second person approves, and never again after."""
        if self.pk is not None or acting_now().effect != "change service level":
            raise NotTwoPeople(_("a service level changes only when a second person approves"))
        super().save(*args, **kwargs)


class SavedView(Kept):
    """A queue as somebody filtered it, to come back to: his own, or shared with all."""

    owner = models.CharField(_("owner"), max_length=64)
    title = models.CharField(_("title"), max_length=100)
    query = models.TextField(_("filters"))
    shared = models.BooleanField(_("shared"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = (models.UniqueConstraint(fields=["owner", "title"], name="one_view_of_a_title"),)

    def __str__(self) -> str:
        return str(self.title)


REMINDERS = [("soon", _("due soon")), ("late", _("late")), ("nobodys", _("late and nobody's")), ("woken", _("no longer put aside"))]


class Reminder(Kept):
    """Something a person is reminded of in the office; nothing is sent by e-mail."""

    person_id = models.CharField(_("person"), max_length=64)
    reminds = models.CharField(_("what"), max_length=8, choices=REMINDERS)
    about = models.CharField(_("about"), max_length=128)
    alerts = models.PositiveIntegerField(_("alerts"), default=1)
    on = models.DateField(_("day"))
    made_at = models.DateTimeField(_("at"))
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = (models.UniqueConstraint(fields=["person_id", "reminds", "about", "on"], name="one_reminder_a_day"),)
        indexes = (models.Index(fields=["person_id", "seen_at"], name="reminders_of"),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.reminds} {self.about}"
