"""What leaves: how every item stands, for ``rules coverage``; and assessments as records, for an inspection to read."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from django.utils import timezone

from sekisho.console.attestations.models import Attestation, Item, standing
from sekisho.records.tables.assessment import TABLE


def standing_of_all(on: date) -> dict[str, Any]:
    """How each item stands on a day, as ``sekisho rules coverage --attested`` reads it."""
    rows = standing(Item.objects.all(), on).order_by("item_id")
    return {
        "as_of": on.isoformat(),
        "items": [
            {
                "item": row.item_id,
                "rule": row.rule or None,
                "chapter": row.chapter,
                "text": {"en": row.text_en, "ja": row.text_ja},
                "state": row.standing,
                "under_way": row.next_state or None,
                "result": row.result or None,
                "in_force_until": row.in_force_until.isoformat() if row.in_force_until else None,
                "owner": row.owner_id,
                "interval": row.interval,
            }
            for row in rows
        ],
    }


def assessments() -> list[dict[str, Any]]:
    """Every reviewed attestation as a row of the table ``assessment``; times become Japan dates."""
    rows = Attestation.objects.exclude(reviewed_at=None).select_related("item", "owner").prefetch_related("evidence").order_by("pk")
    return [
        {
            "assessment_id": f"ATT-{row.pk}",
            "item": row.item.word or row.item.item_id,
            "subject_kind": row.item.subject_kind,
            "subject_id": row.item.subject_id,
            "base_on": row.base_on.isoformat(),
            "done_on": timezone.localdate(row.reviewed_at).isoformat(),
            "valid_until": row.expires_on.isoformat(),
            "filed_on": "",
            "line": "" if row.item.line is None else row.item.line,
            "unit": row.owner.unit or row.owner_id,
            "result": row.result,
            "proof": "; ".join(f"{each.name} {each.sha256}".strip() for each in row.evidence.order_by("pk")),
            "owner": row.owner_id,
        }
        for row in rows
    ]


def assessments_csv() -> str:
    """The same as CSV with the table's own columns."""
    names = [column.name for column in TABLE.columns]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(assessments())
    return text.getvalue()
