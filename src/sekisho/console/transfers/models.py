"""What the gate said, as its journal tells it, and what people of the office told the gate.

The first kind is a picture of another chained journal, the gate's: it can be thrown away and drawn again, so the office's journal
does not repeat it. The second kind is the office's own, and every change of it is kept.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sekisho.console.journal.acting import Kept

KINDS = [("transfer", _("transfer")), ("order", _("order"))]
OUTCOMES = [("allow", _("allowed")), ("warn", _("warned")), ("hold", _("held")), ("refuse", pgettext_lazy("transfers", "refused"))]
STATES = [
    ("held", _("held")),
    ("warned", _("with the client")),
    ("released", _("went ahead")),
    ("refused", pgettext_lazy("transfers", "refused")),
    ("cancelled", _("cancelled")),
]
WAITING = ("held", "warned")
"""What still waits for somebody."""


class Followed(models.Model):
    """How far the gate's journal was read: the last entry and its check, from which the next must follow."""

    journal = models.CharField(max_length=500, primary_key=True)
    number = models.BigIntegerField(default=0)
    check_hash = models.CharField(max_length=64, blank=True)


class AccountOf(models.Model):
    """Whose an account is, as the gate was told; only to keep people out of what concerns themselves."""

    account_id = models.CharField(max_length=128, primary_key=True)
    party_id = models.CharField(max_length=128)


class HeldRequest(models.Model):
    """A transfer or an order that the gate once held, refused or warned about, and how it stands now."""

    kind = models.CharField(_("kind"), max_length=8, choices=KINDS)
    request_id = models.CharField(_("request"), max_length=128)
    decision_id = models.CharField(_("decision"), max_length=32)
    state = models.CharField(_("state"), max_length=12, choices=STATES)
    outcome = models.CharField(_("outcome"), max_length=8, choices=OUTCOMES)
    chapter = models.CharField(_("chapter"), max_length=64)
    asked_at = models.DateTimeField(pgettext_lazy("transfers", "asked"))
    decided_at = models.DateTimeField(_("decided"))
    releases_at = models.DateTimeField(_("earliest release"), null=True)
    account_id = models.CharField(pgettext_lazy("transfers", "account"), max_length=128)
    parties = models.JSONField(_("parties"), default=list)
    asset = models.CharField(_("asset or pair"), max_length=64)
    direction = models.CharField(_("direction"), max_length=8)
    quantity = models.DecimalField(_("quantity"), max_digits=38, decimal_places=18)
    value_jpy = models.DecimalField(_("value (JPY)"), max_digits=38, decimal_places=8, null=True)
    reasons = models.JSONField(_("reasons"), default=list)
    told = models.JSONField(_("what people did"), default=list)
    client_en = models.TextField(_("told the client, in English"))
    client_ja = models.TextField(_("told the client, in Japanese"))
    warned_at = models.DateTimeField(_("warning shown"), null=True)
    acknowledged_at = models.DateTimeField(_("warning acknowledged"), null=True)

    class Meta:
        verbose_name = _("request at the gate")
        verbose_name_plural = _("requests at the gate")
        constraints = [models.UniqueConstraint(fields=["kind", "request_id"], name="one_row_a_request")]  # noqa: RUF012 - Django's
        indexes = [  # noqa: RUF012 - Django's
            models.Index(fields=["state", "asked_at"], name="requests_by_state"),
            models.Index(fields=["-asked_at"], name="requests_by_time"),
            models.Index(fields=["account_id"], name="requests_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"


class Traffic(models.Model):
    """How many decisions the gate made in ten minutes, by kind and outcome."""

    began_at = models.DateTimeField()
    kind = models.CharField(max_length=8)
    outcome = models.CharField(max_length=8)
    decisions = models.BigIntegerField(default=0)

    class Meta:
        constraints = [  # noqa: RUF012 - Django's
            models.UniqueConstraint(fields=["began_at", "kind", "outcome"], name="one_count_for_ten_minutes")
        ]


class RuleStep(models.Model):
    """One step in the life of the gate's rule sets."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("at"))
    step = models.CharField(_("step"), max_length=12)
    by = models.CharField(_("by"), max_length=128)
    rule_set = models.CharField(_("rule set"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    content = models.JSONField(_("content"), null=True)
    why = models.TextField(_("why"), blank=True)


class ShadowCount(models.Model):
    """How often the rule set in shadow would have said something else than the one in force, with the last such decision."""

    rule_set = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)
    said = models.CharField(max_length=8)
    would_have = models.CharField(max_length=8)
    decisions = models.BigIntegerField(default=0)
    last_request = models.CharField(max_length=128)

    class Meta:
        constraints = [  # noqa: RUF012 - Django's
            models.UniqueConstraint(fields=["rule_set", "kind", "said", "would_have"], name="one_count_a_difference")
        ]


ACT_STATES = [("waiting", _("not told yet")), ("told", _("told")), ("refused", _("the gate refused"))]


class GateAct(Kept):
    """One thing a person tells the gate. Its id is the key under which it is told, however often: the gate does it once."""

    UNKEPT = frozenset({"tries", "tried_at"})

    key = models.CharField(_("key"), max_length=36, primary_key=True)
    about_kind = models.CharField(_("kind"), max_length=8)
    about_id = models.CharField(_("about"), max_length=128)
    event = models.CharField(_("what is told"), max_length=24)
    text = models.TextField(_("words"), blank=True)
    person_id = models.CharField(_("person"), max_length=64)
    party_id = models.CharField(_("party"), max_length=128)
    account = models.CharField(pgettext_lazy("transfers", "account"), max_length=150)
    proposal = models.BigIntegerField(_("proposal"), null=True, blank=True)
    place = models.SmallIntegerField(_("place"), default=0)
    expects = models.CharField(_("expects in force"), max_length=64, blank=True)
    decided_at = models.DateTimeField(_("decided"))
    state = models.CharField(_("state"), max_length=8, choices=ACT_STATES, default="waiting")
    said = models.TextField(_("what the gate said"), blank=True)
    answer = models.JSONField(_("answer"), default=dict, blank=True)
    tries = models.IntegerField(_("tries"), default=0)
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True)

    class Meta:
        verbose_name = _("act at the gate")
        verbose_name_plural = _("acts at the gate")
        constraints = [  # noqa: RUF012 - Django's
            models.UniqueConstraint(
                fields=["about_kind", "about_id", "event", "person_id"],
                condition=models.Q(state="waiting"),
                name="nothing_waits_twice",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.about_kind} {self.about_id}"


QUESTIONS = [
    ("purpose", _("what the transfer is for")),
    ("funds", _("where the funds come from")),
    ("payee", _("who the payee is, and how the client knows him")),
    ("address", _("from whom the client has the address")),
]


class ClientQuestion(Kept):
    """A question to the client about his request, in fixed words that name no reason; client service puts it to him."""

    about_kind = models.CharField(_("kind"), max_length=8)
    about_id = models.CharField(_("about"), max_length=128)
    question = models.CharField(_("question"), max_length=12, choices=QUESTIONS)
    asked_by = models.CharField(_("asked by"), max_length=64)
    asked_at = models.DateTimeField(pgettext_lazy("transfers", "asked"))

    class Meta:
        verbose_name = _("question to a client")
        verbose_name_plural = _("questions to clients")
        constraints = [  # noqa: RUF012 - Django's
            models.UniqueConstraint(fields=["about_kind", "about_id", "question"], name="a_question_is_asked_once")
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.about_kind} {self.about_id}"
