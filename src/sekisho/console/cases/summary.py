"""The summary of a case as a PDF: what it is, what fired, who, the narrative, the evidence, what was decided."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from sekisho.console.alerts.models import Alert
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.models import Case, Evidence, Note
from sekisho.console.desk.exports import told

FONT: Final = "HeiseiKakuGo-W5"
_ROWS_MAX: Final = 300


def summary(case: Case, alerts: Sequence[Alert], at: datetime, language: str) -> bytes:
    """The PDF in one language; the same case at the same moment gives the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=42, rightMargin=42, topMargin=42, bottomMargin=42, title=case.case_id, invariant=1
    )
    with translation.override(language):
        document.build(_parts(case, alerts, at, language, document.width))
    return file.getvalue()


def _parts(case: Case, alerts: Sequence[Alert], at: datetime, language: str, width: float) -> list[Any]:
    facts = [
        (_("Chapter"), case.chapter),
        (_("Severity"), case.get_severity_display()),
        (_("State"), case.get_state_display()),
        (_("Outcome"), case.get_outcome_display() or "–"),
        (_("Opened"), f"{told(case.opened_at)} {case.opened_by}"),
        (_("Assigned to"), case.assignee or "–"),
        (_("Due"), told(case.due_at)),
        (_("Closed"), told(case.closed_at) or "–"),
        (_("Parties and accounts"), ", ".join(case.parties) or "–"),
    ]
    narrative = case.narrative_ja if language == "ja" else case.narrative_en
    version = _("Narrative, version %(n)s") % {"n": case.narrative_version}
    parts = [
        _text(f"{case.case_id} {case.said}", "title"),
        _text(_("Made %(at)s (Japan time) with Sekisho") % {"at": told(at)}),
        _table([_("What"), _("Value")], facts, (0.25, 0.75), width),
        _text(_("Alerts"), "heading"),
        _table(
            [_("Alert"), _("Rule"), _("Severity"), _("What it says")],
            [(a.alert_id, a.rule, a.severity, a.summary_ja if language == "ja" else a.summary_en) for a in alerts[:_ROWS_MAX]],
            (0.2, 0.2, 0.1, 0.5),
            width,
        ),
        _text(version, "heading"),
    ]
    if language in case.unedited or (not narrative and case.unedited):
        parts.append(_text(_("This is the draft of the software. Nobody has edited it.")))
    parts += [_text(line) if line.strip() else Spacer(1, 5) for line in (narrative or "–").split("\n")]
    pieces = Evidence.objects.filter(case=case).defer("content").order_by("pk")[:_ROWS_MAX]
    notes = Note.objects.filter(case=case).order_by("pk")[:_ROWS_MAX]
    decided = Proposal.objects.filter(about_kind="case", about_id=case.case_id).order_by("pk")
    parts += [
        _text(_("Evidence register"), "heading"),
        _table([_("No."), _("What"), _("Obtained from"), "SHA-256"], [(p.pk, p.what, p.obtained, p.sha256) for p in pieces],
               (0.08, 0.3, 0.22, 0.4), width),
        _text(_("Notes"), "heading"),
        _table([_("At"), _("By"), _("Words")], [(n.at, n.by, n.words) for n in notes], (0.2, 0.2, 0.6), width),
        _text(_("What took two people"), "heading"),
        _table([_("What"), _("Proposed"), _("Decided"), _("State")],
               [(p.proposal_kind, f"{p.proposed_by} {told(p.proposed_at)}: {p.reason}",
                 f"{p.decided_by} {told(p.decided_at)} {p.decided_words}", p.get_state_display()) for p in decided],
               (0.15, 0.4, 0.3, 0.15), width),
    ]  # fmt: skip
    if len(alerts) > _ROWS_MAX:
        parts.append(_text(_("Lists are cut at %(n)s rows; the bundle has them whole.") % {"n": _ROWS_MAX}))
    return parts


def _text(words: str, kind: str = "plain") -> Paragraph:
    size, space = {"title": (15, 6), "heading": (11, 10)}.get(kind, (8, 0))
    style = ParagraphStyle(kind, fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", spaceBefore=space, spaceAfter=2)
    return Paragraph(escape(words), style)


def _table(titles: Sequence[str], rows: Sequence[Sequence[Any]], shares: Sequence[float], width: float) -> LongTable:
    cells = [[_text(told(value)) for value in row] for row in (titles, *(rows or [["–"] * len(titles)]))]
    table = LongTable(cells, repeatRows=1, colWidths=[share * width for share in shares])
    grid = ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey)
    table.setStyle(TableStyle([grid, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]))
    return table
