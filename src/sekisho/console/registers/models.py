"""What is kept: facts, who knows them, where they were published; restrictions, clearances, staff trades; rows of registers.

What somebody knew and what was published is added and never changed: a mistake is corrected by another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Act, Added, Kept, NotTwoPeople, acting_now

CATEGORIES = [
    ("issuer", _("issuer's business")),
    ("exchange", _("handling by an exchange")),
    ("large_transaction", _("large transaction")),
    ("basket", _("other facts of weight (basket clause)")),
]
DIRECTIONS = [("up", _("price up")), ("down", _("price down"))]
CAPACITIES = [
    ("issuer", _("related to the issuer")),
    ("exchange", _("related to an exchange")),
    ("large_transaction", _("related to a large transaction")),
    ("tippee", _("told by somebody")),
]
CHANNELS = [
    ("exchange_website", _("website of the exchange")),
    ("sro_website", _("website of the self-regulatory organisation")),
    ("issuer_website", _("website of the issuer")),
    ("press", _("press")),
    ("social_media", _("social media")),
]
SIDES = [("buy", _("buy")), ("sell", _("sell"))]
SCOPES = [("both", _("house and staff")), ("house", _("house")), ("staff", _("staff"))]
CLEARANCE_STATES = [
    ("asked", _("waits for a decision")),
    ("cleared", _("cleared")),
    ("refused", _("refused")),
    ("withdrawn", _("withdrawn")),
]
VALUES = [
    ("clearance_hours", _("hours for which a clearance holds")),
    ("cooling_hours", _("hours after publication before staff may trade")),
    ("holding_days", _("days before staff may trade the other way")),
    ("minutes_per_alert", _("minutes of an analyst for one alert")),
]
VERDICTS = [
    ("cleared", _("within a clearance")),
    ("none", _("no clearance")),
    ("late", _("outside the time of a clearance")),
    ("beyond", _("more than was cleared")),
    ("restricted", _("restricted at the time")),
]
FREEING = ("publish fact", "let fact lapse")
FROM_BOOKS = "take in registers"
"""The effect in which new facts come from books whose publications have freed them already."""


class MaterialFact(Kept):
    """One fact. It is open until a publication that counts frees it (``free_at``) or it lapses; either takes two people."""

    TWO_PEOPLE = {"free_at": FREEING, "lapsed_at": FREEING}  # noqa: RUF012 - as rows say it

    fact_id = models.CharField(_("fact"), max_length=64, primary_key=True)
    asset = models.CharField(_("asset"), max_length=32, db_index=True)
    category = models.CharField(_("kind in the law"), max_length=32, choices=CATEGORIES)
    arose_at = models.DateTimeField(_("arose"))
    direction = models.CharField(_("moves the price"), max_length=4, choices=DIRECTIONS, blank=True)
    summary = models.TextField(_("the fact in a sentence"))
    issuer = models.CharField(_("issuer"), max_length=64, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.CharField(_("recorded by"), max_length=64)
    free_at = models.DateTimeField(_("free from"), null=True, blank=True)
    lapsed_at = models.DateTimeField(_("lapsed"), null=True, blank=True)

    class Meta:
        verbose_name = _("material fact")
        verbose_name_plural = _("material facts")

    def __str__(self) -> str:
        return str(self.fact_id)

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """Two people free a fact; only a new one comes free from books, as their publications say. None comes lapsed."""
        if stored is None and act.effect == FROM_BOOKS and self.lapsed_at is None:
            return
        super().need_two_people(act, stored)

    def is_open(self, at: datetime) -> bool:
        """Whether it binds at that moment."""
        ends = [end for end in (self.free_at, self.lapsed_at) if end is not None]
        return self.arose_at <= at and not any(end <= at for end in ends)

    def state(self, at: datetime) -> str:
        """``open``, ``published`` or ``lapsed``."""
        if self.lapsed_at is not None and self.lapsed_at <= at:
            return "lapsed"
        return "published" if self.free_at is not None and self.free_at <= at else "open"


class Corrected(Added):
    """A row of what was known or published, and the row it corrects, if any."""

    recorded_at = models.DateTimeField(_("recorded"))
    recorded_by = models.CharField(_("recorded by"), max_length=64)
    corrects = models.OneToOneField(
        "self", verbose_name=_("corrects"), null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    void = models.BooleanField(_("the row corrected was wrong altogether"), default=False)
    why = models.TextField(_("why corrected"), blank=True)

    class Meta:
        abstract = True

    @classmethod
    def standing(cls) -> models.QuerySet[Any]:
        """The rows nobody corrected, without those that only take one back."""
        rows: models.QuerySet[Any] = cls.objects.all()
        return rows.filter(corrected_by=None, void=False)


class FactKnowledge(Corrected):
    """Who knows a fact, since when, from whom and how; and whether it was told in the course of duty."""

    fact = models.ForeignKey(MaterialFact, on_delete=models.PROTECT, related_name="knowledge")
    party_id = models.CharField(_("who knows"), max_length=64, db_index=True)
    learned_at = models.DateTimeField(_("since"))
    capacity = models.CharField(_("in which capacity"), max_length=32, choices=CAPACITIES)
    learned_from_party_id = models.CharField(_("told by"), max_length=64, blank=True)
    how = models.TextField(_("how and what for"), blank=True)

    class Meta:
        verbose_name = _("knowledge of a fact")
        verbose_name_plural = _("knowledge of facts")

    def __str__(self) -> str:
        return f"{self.fact_id}|{self.party_id}"


class Publication(Corrected):
    """Where and when a fact was made public; whether that counts is asked of the rulebook, not kept."""

    fact = models.ForeignKey(MaterialFact, on_delete=models.PROTECT, related_name="publications")
    channel = models.CharField(_("where"), max_length=32, choices=CHANNELS)
    published_at = models.DateTimeField(_("published"))
    address = models.CharField(_("address or place"), max_length=500)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")

    def __str__(self) -> str:
        return f"{self.fact_id}|{self.channel}"


class Reminder(Kept):
    """An insider reminded of his duties: do not trade, do not tell. ``seen_at`` is when he said that he read it."""

    fact = models.ForeignKey(MaterialFact, on_delete=models.PROTECT, related_name="reminders")
    party_id = models.CharField(_("who"), max_length=64, db_index=True)
    at = models.DateTimeField(_("reminded"))
    by = models.CharField(_("by"), max_length=64)
    how = models.CharField(_("how"), max_length=200)
    seen_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("registers", "reminder")
        verbose_name_plural = pgettext_lazy("registers", "reminders")

    def __str__(self) -> str:
        return f"{self.fact_id} {self.party_id}"

    @classmethod
    def kind(cls) -> str:
        """What the journal calls it: alerts have reminders of their own."""
        return "insiderreminder"


class Restriction(Kept):
    """An asset that house or staff may not trade, by decision; those that follow from open facts are not kept but computed."""

    TWO_PEOPLE = {"since": ("restrict asset",), "until": ("lift restriction",)}  # noqa: RUF012 - as rows say it

    asset = models.CharField(_("asset"), max_length=32, db_index=True)
    scope = models.CharField(_("for"), max_length=8, choices=SCOPES, default="both")
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    why = models.TextField(_("why"))

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")

    def __str__(self) -> str:
        return f"{self.asset} {self.since}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it. Raises ``NotTwoPeople`` where one person alone would restrict or lift."""
        if self.pk is None and acting_now().effect != "restrict asset":
            raise NotTwoPeople(_("an asset is restricted when a second person approves"))
        super().save(*args, **kwargs)


class Watched(Kept):
    """An asset the control room watches; nobody else learns that it does."""

    asset = models.CharField(_("asset"), max_length=32, db_index=True)
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    why = models.TextField(_("why"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("asset on the watch list")
        verbose_name_plural = _("watch list")

    def __str__(self) -> str:
        return str(self.asset)


class FirmValue(Kept):
    """A value the firm set for itself, from a day on, with where it was decided; setting one takes two people."""

    name = models.CharField(_("value"), max_length=32, choices=VALUES)
    value = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    since = models.DateField(_("from"))
    source = models.TextField(_("decided in"))

    class Meta:
        verbose_name = _("value of the firm")
        verbose_name_plural = _("values of the firm")
        constraints = (models.UniqueConstraint(fields=["name", "since"], name="one_value_a_day"),)

    def __str__(self) -> str:
        return f"{self.name} {self.since}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it. Raises ``NotTwoPeople`` where one person alone would set it."""
        if acting_now().effect != "set firm's value":
            raise NotTwoPeople(_("a value of the firm is set when a second person approves"))
        super().save(*args, **kwargs)

    @classmethod
    def on(cls, name: str, day: date) -> Decimal | None:
        """The value in force on a day; None: the firm has set none."""
        found: Decimal | None = (
            cls.objects.filter(name=name, since__lte=day).order_by("-since").values_list("value", flat=True).first()
        )
        return found


class Clearance(Kept):
    """A trade somebody of the staff asks to make. Rules compute an answer, another person decides, and the clearance runs out."""

    person_id = models.CharField(_("who asks"), max_length=64, db_index=True)
    party_id = models.CharField(_("party"), max_length=64, db_index=True)
    account_id = models.CharField(pgettext_lazy("registers", "account"), max_length=64)
    asset = models.CharField(_("asset"), max_length=32)
    side = models.CharField(_("side"), max_length=4, choices=SIDES)
    quantity = models.DecimalField(_("quantity"), max_digits=38, decimal_places=18)
    words = models.TextField(_("why"), blank=True)
    asked_at = models.DateTimeField(_("asked"))
    answer = models.CharField(_("answer of the rules"), max_length=8)
    grounds = models.JSONField(_("grounds"), default=list)
    state = models.CharField(_("state"), max_length=16, choices=CLEARANCE_STATES, default="asked", db_index=True)
    decided_by = models.CharField(_("decided by"), max_length=64, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_words = models.TextField(_("said"), blank=True)
    expires_at = models.DateTimeField(_("runs out"), null=True, blank=True)

    class Meta:
        verbose_name = _("clearance")
        verbose_name_plural = _("clearances")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=["cleared", "refused"]) | (~Q(decided_by=F("person_id")) & ~Q(decided_by="")),
                name="nobody_clears_himself",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.asset}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it. Raises ``NotTwoPeople`` when the one who asked would decide, by whatever account or way."""
        author = acting_now().author.person
        if self.state in ("cleared", "refused") and (author == self.person_id or author != self.decided_by):
            raise NotTwoPeople(_("nobody clears himself: another person has to decide"))
        super().save(*args, **kwargs)


class StaffTrade(Kept):
    """One side of a trade on an account of the staff, from the books, and how it stands to what was cleared."""

    key = models.CharField(_("trade"), max_length=160, primary_key=True)
    trade_id = models.CharField(_("trade"), max_length=64)
    account_id = models.CharField(pgettext_lazy("registers", "account"), max_length=64, db_index=True)
    party_id = models.CharField(_("party"), max_length=64, db_index=True)
    asset = models.CharField(_("asset"), max_length=32)
    side = models.CharField(_("side"), max_length=4, choices=SIDES)
    quantity = models.DecimalField(_("quantity"), max_digits=38, decimal_places=18)
    at = models.DateTimeField(_("traded"), db_index=True)
    verdict = models.CharField(_("verdict"), max_length=16, choices=VERDICTS, db_index=True)
    clearance = models.ForeignKey(Clearance, null=True, blank=True, on_delete=models.PROTECT, related_name="trades")

    class Meta:
        verbose_name = _("staff trade")
        verbose_name_plural = _("staff trades")

    def __str__(self) -> str:
        return str(self.key)


class RegisterRow(Kept):
    """One row of a register, as its record table defines it; every version of it stays in the journal."""

    table = models.CharField(_("register"), max_length=64)
    row_key = models.CharField(_("row"), max_length=300)
    values = models.JSONField(_("values"), default=dict)
    owner = models.CharField(_("who answers for it"), max_length=200, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.CharField(_("changed by"), max_length=64)

    class Meta:
        verbose_name = _("row of a register")
        verbose_name_plural = _("rows of registers")
        constraints = (models.UniqueConstraint(fields=["table", "row_key"], name="one_row_of_a_key"),)

    def __str__(self) -> str:
        return f"{self.table} {self.row_key}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it. Raises ``NotTwoPeople`` in a register whose changes take two people."""
        from sekisho.console.registers.kinds import KINDS

        if KINDS[self.table].two_people and acting_now().effect != "change register":
            raise NotTwoPeople(_("the register %(table)s changes when a second person approves") % {"table": self.table})
        super().save(*args, **kwargs)


class GapLook(Kept):
    """One look for gaps in a register: what each rule that reads it found, or why it could not answer."""

    table = models.CharField(_("register"), max_length=64, db_index=True)
    at = models.DateTimeField(_("looked"))
    by = models.CharField(_("by"), max_length=64)
    books = models.CharField(_("with books"), max_length=300, blank=True)
    regime = models.CharField(_("regime"), max_length=32)
    as_of = models.DateField(_("judged on"))
    rules = models.JSONField(_("rules"), default=list)
    gaps = models.JSONField(_("gaps"), default=list)

    class Meta:
        verbose_name = _("look for gaps")
        verbose_name_plural = _("looks for gaps")

    def __str__(self) -> str:
        return f"{self.table} {self.at}"


def open_facts(at: datetime, asset: str | None = None) -> list[MaterialFact]:
    """The facts that bind at a moment, of one asset or of all."""
    rows: Iterable[MaterialFact] = MaterialFact.objects.filter(arose_at__lte=at, **({"asset": asset} if asset else {}))
    return [fact for fact in rows if fact.is_open(at)]
