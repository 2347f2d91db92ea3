"""What the rules about the other side of a transfer have in common: the request as a transfer, a person's release, one finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sekisho.engine.answers import Evidence, Fact, Found, Severity
from sekisho.engine.requests import TransferRequest
from sekisho.typologies.correspondence import Name
from sekisho.typologies.other_side import Moved, names_of
from sekisho.typologies.valuation import total

if TYPE_CHECKING:
    from sekisho.engine.requests import View


def moved(request: TransferRequest) -> Moved:
    """A request as the transfer it asks to be; the last one is kept, for several rules ask about it in turn."""
    global _last
    if _last is None or _last[0] is not request:
        _last = (request, _moved(request))
    return _last[1]


_last: tuple[TransferRequest, Moved] | None = None


def _moved(request: TransferRequest) -> Moved:
    return Moved(
        request.transfer_id,
        request.requested_at,
        request.account_id,
        request.direction,
        request.asset,
        request.value_jpy,
        request.address,
        request.counterparty,
        request.counterparty_vasp,
        request.counterparty_country,
        request.travel_rule_payload,
    )


def released(request: TransferRequest, view: View) -> bool:
    """Whether somebody has looked at a transfer that waited, and released it."""
    return any(event.kind == "released" for event in view.events_of_request(request.transfer_id))


def released_by(one: Moved, releases: Mapping[str, datetime]) -> bool:
    """Whether somebody had looked at a transfer that waited, and released it, by the time it left."""
    at = releases.get(one.transfer_id)
    return at is not None and at <= one.at


def facts_of(one: Moved) -> dict[str, Fact]:
    """What every reason about the other side names."""
    return {
        "transfer": one.transfer_id,
        "account": one.account_id,
        "direction": one.direction,
        "operator": one.vasp_id or "-",
        "country": one.country or "-",
        "address": one.address,
    }


class Breach:
    """Transfers that left although the gate would have held them, with what proves each."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], list[tuple[Moved, tuple[Name, ...], Sequence[str]]]] = defaultdict(list)

    def add(self, subject: str, sentence: str, one: Moved, proof: Iterable[Name] = (), items: Sequence[str] = ()) -> None:
        """One transfer under a subject and sentence; ``items`` is what was missing or wrong."""
        self._of[subject, sentence].append((one, tuple(proof), items))

    def found(self, subject_kind: str, severities: Mapping[str, Severity]) -> list[Found]:
        """One finding for each subject and sentence."""
        told = []
        for (subject, sentence), rows in sorted(self._of.items()):
            transfers = [one for one, _proof, _items in rows]
            records = {one.record for one in transfers} | {name for _one, proof, _items in rows for name in proof}
            assets = sorted({one.asset for one in transfers})
            told.append(
                Found(
                    subject_kind=subject_kind,
                    subject_id=subject,
                    asset=assets[0] if len(assets) == 1 else None,
                    window_from=min(one.at for one in transfers),
                    window_until=max(one.at for one in transfers) + timedelta.resolution,
                    score=Decimal(1),
                    severity=severities[sentence],
                    amount_jpy=total(one.value_jpy for one in transfers),
                    sentence=f"{sentence}_left",
                    evidence=tuple(sorted(Evidence(*name) for name in records)),
                    facts={
                        "subject": subject,
                        "count": len(transfers),
                        "operators": names_of(transfers) or ["-"],
                        "items": sorted({item for _one, _proof, items in rows for item in items}) or ["-"],
                    },
                )
            )
        return told
