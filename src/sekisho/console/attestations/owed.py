"""What attestations put on the calendar: the day each expires, by which the next has to be reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from sekisho.console.attestations.models import Attestation
from sekisho.console.desk.words_of_law import period_title
from sekisho.console.filings.owed import Owed
from sekisho.rulebook.texts import Text


def owed(_today: date) -> Iterator[Owed]:
    """Every attestation that came into force; met on the day the one after it was reviewed. Items never attested have no day."""
    rows = Attestation.objects.filter(state__in=("in_force", "superseded"), expires_on__isnull=False, item__retired_at=None)
    after: dict[int, date] = {}
    for row in rows.select_related("item").order_by("-reviewed_at", "-pk"):
        item, met_on = row.item, after.get(row.item_id)
        after[item.pk] = timezone.localdate(row.reviewed_at)
        yield Owed(
            key=str(row.pk),
            rule=item.rule,
            name="attestation",
            title=Text(f"Attestation: {item.text_en}", f"証明：{item.text_ja}"),
            chapter=item.chapter,
            arose_on=row.base_on,
            due_on=row.expires_on,
            because=Text(
                f"Attested as of {row.base_on:%Y-%m-%d}, to be attested {_often(item.interval, 'en')}.",
                f"{row.base_on:%Y-%m-%d}現在の証明。証明の頻度は{_often(item.interval, 'ja')}。",
            ),
            at=reverse("attestation", args=[item.pk]),
            parties=() if item.subject_kind == "exchange" else (item.subject_id,),
            met_on=met_on,
            facts={"item": item.item_id, "owner": item.owner_id or "", "interval": item.interval},
        )


def _often(interval: str, language: str) -> str:
    with override(language):
        return period_title(interval)
