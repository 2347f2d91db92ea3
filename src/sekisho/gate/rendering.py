"""A decision as people and programs read it, put together from its entry and the rules of its day alone."""

from __future__ import annotations

import msgspec

from sekisho.gate.entries import Decided, Planned, Spoken
from sekisho.gate.messages import Applied, Decision, kind_of, request_id
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
