"""A decision as people and programs read it, put together from its entry and the rules of its day alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from sekisho.gate.entries import Decided, Planned, Spoken
from sekisho.gate.messages import Applied, Decision, Release, Said, encode, kind_of, request_id
from sekisho.gate.own_words import CLIENT


def decision_of(number: int, decided: Decided, planned: Planned) -> Decision:
    """The decision of an entry; the same entry gives the same bytes, whatever version of the rules is installed."""
    request = decided.request
    kind = kind_of(request)
    spoken: dict[int, list[Spoken]] = {}
    for one in decided.said:
        spoken.setdefault(one.card, []).append(one)
    applied: list[Applied] = []
    for card in planned.kinds[kind]:
        if card in spoken:
            applied.extend(_said(planned.cards[card], one) for one in spoken[card])
        else:
            applied.append(planned.cards[card])
    return Decision(
        decision_id=decision_id(number),
        request_id=request_id(request),
        kind=kind,
        outcome=decided.outcome,
        decided_at=decided.decided_at,
        regime=planned.regime,
        as_of=planned.as_of,
        rule_set=planned.rule_set,
        lists=decided.lists,
        releases_at=decided.releases_at,
        releases=decided.releases,
        client_text=decided.client_text or CLIENT[decided.outcome],
        rules_applied=len(planned.kinds[kind]),
        applied=(*applied, *decided.own),
        after=None if decided.after is None else decision_id(decided.after),
        case_id=case_id(request_id(request)) if decided.case else None,
    )


class Answered(NamedTuple):
    """A decision that is on disk, with the rules of its day; written out only as far as somebody asks for it."""

    number: int
    decided: Decided
    planned: Planned

    @property
    def decision(self) -> Decision:
        """The whole working."""
        return decision_of(self.number, self.decided, self.planned)

    @property
    def body(self) -> bytes:
        """What answers the request, as JSON: the bytes of ``encode(answer(decision))``, without making the whole first."""
        decided, planned = self.decided, self.planned
        request = decided.request
        kind, about = kind_of(request), request_id(request)
        said = [(one.card, _raw(planned, one)) for one in decided.said]
        if listed := planned.listed[kind]:
            spoke = {one.card for one in decided.said}
            said += [(card, msgspec.Raw(encode(planned.cards[card]))) for card in listed if card not in spoke]
            said.sort(key=_card)
        return encode(
            _Sent(
                decision_id=decision_id(self.number),
                request_id=about,
                kind=kind,
                outcome=decided.outcome,
                decided_at=decided.decided_at,
                regime=planned.regime,
                as_of=planned.as_of,
                rule_set=planned.rule_set,
                lists=decided.lists,
                releases_at=decided.releases_at,
                releases=decided.releases,
                client_text=decided.client_text or CLIENT[decided.outcome],
                rules_applied=len(planned.kinds[kind]),
                applied=(*(raw for _, raw in said), *decided.own),
                after=None if decided.after is None else decision_id(decided.after),
                case_id=case_id(about) if decided.case else None,
            )
        )


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A Decision on its way out: the same fields, those of the rules written already."""

    decision_id: str
    request_id: str
    kind: str
    outcome: str
    decided_at: datetime
    regime: str
    as_of: date
    rule_set: str
    lists: Mapping[str, str]
    releases_at: datetime | None
    releases: tuple[Release, ...]
    client_text: Said
    rules_applied: int
    applied: tuple[msgspec.Raw | Applied, ...]
    after: str | None
    case_id: str | None


assert _Sent.__struct_fields__ == Decision.__struct_fields__


def _raw(planned: Planned, one: Spoken) -> msgspec.Raw:
    """A rule as it is answered: what it is, what it said now, and by which values."""
    before, after = planned.around[one.card]
    told = encode(one)
    # What was said follows card and key, neither of which holds a quotation mark.
    return msgspec.Raw(before + told[told.index(b'"outcome":') : -1] + after)


def _card(told: tuple[int, msgspec.Raw]) -> int:
    return told[0]


def decision_id(number: int) -> str:
    """The name of the decision that an entry of the journal holds."""
    return f"D{number}"


def decision_number(name: str) -> int | None:
    """The entry that holds a decision; None for what is no decision's name."""
    return int(name[1:]) if name[:1] == "D" and name[1:].isascii() and name[1:].isdecimal() and len(name) < 20 else None


def case_id(request: str) -> str:
    """The name of the case record about a request."""
    return f"G-{request}"


def _said(card: Applied, one: Spoken) -> Applied:
    said = {name: getattr(one, name) for name in ("outcome", "sentence", "text", "facts", "releases_at")}
    return msgspec.structs.replace(card, **said)
