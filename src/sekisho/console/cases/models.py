"""A case: findings of any kind, joined, and what people found out and decided about them."""

from __future__ import annotations

import re

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from sekisho.console.alerts.models import SEVERITIES, Alert
from sekisho.console.journal.acting import Added, Kept

STATES = [
    ("open", pgettext_lazy("case", "open")),
    ("investigating", pgettext_lazy("case", "under investigation")),
    ("reported", pgettext_lazy("case", "reported")),
    ("closed", pgettext_lazy("case", "closed")),
]
OUTCOMES = [
    ("confirmed", _("confirmed, measures taken in house")),
    ("reported", _("confirmed and reported to an authority or the SRO")),
    ("unproven", _("worth the look, not proven")),
    ("unfounded", _("unfounded: false positive")),
]
DISPOSITION_OF = {"confirmed": "confirmed", "reported": "confirmed", "unproven": "valuable", "unfounded": "false_positive"}
"""What becomes of the alerts of a case that closes with an outcome."""
EVIDENCE_KINDS = [
    ("document", _("document")),
    ("communication", _("communication")),
    ("screenshot", _("screenshot")),
    ("statement", _("statement of a person")),
    ("export", _("export of a system")),
    ("run", _("run.json of the inspection")),
]


_BOTH = re.compile(r"(?P<ja>[^/]+) / (?P<en>[^/:]+): (?P<who>.+)")


class Case(Kept):
    """A case. It closes and opens again only by two people."""

    TWO_PEOPLE = {"closed_at": ("close case", "reopen case"), "outcome": ("close case", "reopen case")}  # noqa: RUF012 - as rows say it

    case_id = models.CharField(_("case"), max_length=32, primary_key=True)
    title = models.CharField(_("title"), max_length=300)
    chapter = models.CharField(_("chapter"), max_length=64)
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITIES)
    rank = models.SmallIntegerField(_("rank"))
    state = models.CharField(_("state"), max_length=16, choices=STATES, default="open")
    parties = models.JSONField(_("parties"), default=list)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.CharField(_("opened by"), max_length=64)
    assignee = models.CharField(_("assigned to"), max_length=64, blank=True)
    due_at = models.DateTimeField(_("due"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=32, blank=True, choices=OUTCOMES)
    narrative_en = models.TextField(_("narrative in English"), blank=True)
    narrative_ja = models.TextField(_("narrative in Japanese"), blank=True)
    narrative_version = models.PositiveIntegerField(_("version of the narrative"), default=0)
    narrative_by = models.CharField(_("narrative saved by"), max_length=64, blank=True)
    narrative_at = models.DateTimeField(_("narrative saved"), null=True, blank=True)
    narrative_is_draft = models.BooleanField(_("nobody has edited the draft"), default=False)
    narrative_left_draft = models.CharField(_("language in which nobody has edited the draft"), max_length=2, blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="closed_case_has_its_moment",
            ),
        )
        indexes = (
            models.Index(F("opened_at").desc(), F("case_id").desc(), name="cases_newest"),
            models.Index(fields=["due_at", "case_id"], name="cases_by_due"),
            models.Index(F("rank").desc(), F("opened_at").desc(), F("case_id").desc(), name="cases_gravest"),
            models.Index(fields=["state", "due_at"], name="cases_by_state"),
            models.Index(fields=["assignee", "due_at"], name="cases_by_assignee"),
        )

    def __str__(self) -> str:
        return str(self.case_id)

    @property
    def said(self) -> str:
        """The title in the language of the page, where it has both: ``Japanese / English: whom it is about``."""
        both = _BOTH.fullmatch(self.title)
        if both is None or both["ja"].isascii() or not both["en"].isascii():
            return str(self.title)
        return f"{both['ja' if (get_language() or '').startswith('ja') else 'en']}: {both['who']}"

    @property
    def unedited(self) -> list[str]:
        """The languages in which the narrative is still the software's draft."""
        return ["en", "ja"] if self.narrative_is_draft else [each for each in [self.narrative_left_draft] if each]

    @property
    def written(self) -> dict[str, str]:
        """The narrative by language, as far as a person has written or edited it."""
        told = {"en": self.narrative_en, "ja": self.narrative_ja}
        return {language: text for language, text in told.items() if text and language not in self.unedited}


class CaseAlert(Kept):
    """An alert in a case; an alert is in one case at most."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="joined")
    alert = models.OneToOneField(Alert, on_delete=models.PROTECT, related_name="joined")
    joined_at = models.DateTimeField(_("joined"))

    class Meta:
        verbose_name = _("alert in a case")
        verbose_name_plural = _("alerts in cases")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.alert_id}"


class CaseParty(Kept):
    """A party or account a case is about, as a row of its own: who else has it, and who must keep out, is asked at every page."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="about")
    party_id = models.CharField(_("party or account"), max_length=128)

    class Meta:
        verbose_name = _("party of a case")
        verbose_name_plural = _("parties of cases")
        constraints = (models.UniqueConstraint(fields=["party_id", "case"], name="party_once_a_case"),)

    def __str__(self) -> str:
        return f"{self.case_id}: {self.party_id}"


class CaseLink(Kept):
    """Two cases that belong together, and why somebody thinks so."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="linked_from")
    why = models.TextField(_("why"))
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)

    class Meta:
        verbose_name = _("link between cases")
        verbose_name_plural = _("links between cases")
        constraints = (
            models.UniqueConstraint(fields=["case", "other"], name="link_once"),
            models.CheckConstraint(condition=~Q(case=F("other")), name="link_to_another"),
        )

    def __str__(self) -> str:
        return f"{self.case_id} – {self.other_id}"


class Note(Added):
    """A note on a case; notes are added, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    words = models.TextField(_("words"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"


class Aside(Kept):
    """Words of a narrative that met somebody else's: kept beside them until their author has put them in or let them go."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="asides")
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    based_on = models.PositiveIntegerField(_("version they started from"))
    met = models.PositiveIntegerField(_("version they met"))
    narrative_en = models.TextField(_("narrative in English"), blank=True)
    narrative_ja = models.TextField(_("narrative in Japanese"), blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("narrative kept beside")
        verbose_name_plural = _("narratives kept beside")

    def __str__(self) -> str:
        return f"{self.case_id} {self.at}"


class Evidence(Added):
    """A piece of evidence: a file by its SHA-256, or a record of the books by table and id with the hash of what it says."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    evidence_kind = models.CharField(_("kind"), max_length=16, choices=[*EVIDENCE_KINDS, ("record", _("record of the books"))])
    what = models.CharField(_("what it is"), max_length=300)
    obtained = models.CharField(_("where it was obtained"), max_length=300, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    name = models.CharField(_("name of the file"), max_length=200, blank=True)
    content_type = models.CharField(_("type of content"), max_length=100, blank=True)
    size = models.BigIntegerField(_("bytes"), default=0)
    table = models.CharField(_("record table"), max_length=64, blank=True)
    record_id = models.CharField(_("record"), max_length=256, blank=True)
    content = models.JSONField(_("record as it was"), null=True, blank=True)
    added_at = models.DateTimeField(_("added"))
    added_by = models.CharField(_("added by"), max_length=64)

    class Meta:
        verbose_name = _("piece of evidence")
        verbose_name_plural = _("pieces of evidence")

    def __str__(self) -> str:
        return f"{self.case_id} {self.what}"


HANDLED = [
    ("received", _("received")),
    ("registered", _("registered from the books")),
    ("taken out", _("taken out")),
    ("packed", _("packed in a bundle")),
]


class Handled(Added):
    """One link of a piece's chain of custody: who did what with it, when and why."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="handled")
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=64)
    did = models.CharField(_("what was done"), max_length=16, choices=HANDLED)
    why = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("link of a chain of custody")
        verbose_name_plural = _("chains of custody")

    def __str__(self) -> str:
        return f"{self.evidence_id} {self.did} {self.at}"


class Bundle(Added):
    """A bundle of a case that was made to be handed over: its hash, its seal, who made it and why."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="bundles")
    sha256 = models.CharField("SHA-256", max_length=64)
    seal = models.CharField(_("seal"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    missing = models.TextField(_("what is not in it"), blank=True)
    made_at = models.DateTimeField(_("made"))
    made_by = models.CharField(_("made by"), max_length=64)
    why = models.TextField(_("why"))

    class Meta:
        verbose_name = _("bundle of a case")
        verbose_name_plural = _("bundles of cases")

    def __str__(self) -> str:
        return f"{self.case_id} {self.sha256[:12]}"
