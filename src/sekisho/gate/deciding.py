"""One decision: what the rules say, what people have done about it, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from sekisho.engine.requests import TransferRequest
from sekisho.gate.entries import Acted, Decided, Spoken
from sekisho.gate.messages import (
    OUTCOMES,
    Applied,
    GateConflict,
    GateError,
    GateRequest,
    GateSamePerson,
    Release,
    RequestEventIn,
    Said,
    asked_at,
    kind_of,
    request_id,
)
from sekisho.gate.own_words import CLIENT, OWN, OWN_RULE, TITLE, own_text, releases_text, with_time
from sekisho.gate.plan import Heard, Plan
from sekisho.gate.rule_set import RuleSet
from sekisho.gate.state import GateView, State

AHEAD_MAX: Final = timedelta(seconds=5)
"""By how much a request's own time may lie after the gate's clock."""
_RANK: Final = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
_BY_A_PERSON: Final = frozenset({"approved", "released", "refused"})
_CLOSING: Final = {"refused": "refused_by_person", "cancelled": "cancelled"}


class Deciding(NamedTuple):
    """What is decided, as of when, and what was decided about it before."""

    request: GateRequest
    at: datetime
    asked_by: str | None = None
    key: str | None = None
    event: Acted | None = None
    prior: tuple[int, Decided] | None = None


class Asking(NamedTuple):
    """A request with the key it came under and who asked."""

    request: GateRequest
    key: str | None
    asked_by: str | None

    def deciding(self, at: datetime, prior: tuple[int, Decided] | None) -> Deciding:
        """The decision to be made; raises GateError for a request from the future."""
        if asked_at(self.request) > at + AHEAD_MAX:
            raise GateError(
                f"request {request_id(self.request)!r} was asked at {asked_at(self.request):%Y-%m-%dT%H:%M:%SZ}, after the gate's "
                f"clock ({at:%Y-%m-%dT%H:%M:%SZ}); set the clocks right and ask again"
            )
        first = self.asked_by if prior is None else prior[1].asked_by
        return Deciding(self.request, at, first, self.key, None, prior)


class Telling(NamedTuple):
    """An event about a request that was asked for before."""

    request_id: str
    event: RequestEventIn
    key: str | None

    def deciding(self, at: datetime, number: int, prior: Decided, state: State) -> Deciding:
        """The decision to be made anew; raises GateConflict for an act that may not be done, or not by this person."""
        event, about = self.event, self.request_id
        if prior.closed is not None:
            raise GateConflict(f"request {about!r} was {prior.closed} already; nothing can be told of it, ask anew under a new id")
        if event.kind in _BY_A_PERSON and event.party_id in _askers(prior, state):
            raise GateSamePerson(f"{event.party_id} asked for request {about!r} and may not decide about it; another person must")
        if event.kind == "released" and prior.outcome != "hold":
            raise GateConflict(f"request {about!r} is not held (it is at {prior.outcome}); there is nothing to release")
        acted = Acted(
            event_id=f"{about}/{number}",
            occurred_at=at,
            kind=event.kind,
            party_id=event.party_id,
            version=event.version,
            text=event.text,
        )
        return Deciding(prior.request, at, prior.asked_by, self.key, acted, (number, prior))


def judge(deciding: Deciding, plan: Plan, plan_number: int, state: State, view: GateView, rule_set: RuleSet | None) -> Decided:
    """What the gate says: the gravest of what the rules say and nobody who may has lifted."""
    assert rule_set is not None
    request, prior = deciding.request, None if deciding.prior is None else deciding.prior[1]
    said, steps = heard(deciding, plan, state, view, rule_set.release_needs)
    people = _NOBODY if prior is None else _People(prior, deciding.event, said, rule_set.release_needs)
    left = [one for one in said if one.key not in people.lifted]
    own = tuple(people.told())
    outcomes = [one.outcome for one in left]
    outcomes += [one.outcome for one in own]
    outcome = max(outcomes, key=_RANK.__getitem__, default="allow")
    releases = _releases(plan, left, rule_set.release_needs) if outcome in ("warn", "hold") else ()
    releases_at = _releases_at(left) if outcome == "hold" else None
    return Decided(
        plan=plan_number,
        decided_at=deciding.at,
        outcome=outcome,
        lists=state.list_versions(deciding.at),
        transfer=request if isinstance(request, TransferRequest) else None,
        order=None if isinstance(request, TransferRequest) else request,
        said=said,
        own=own,
        releases_at=releases_at,
        releases=tuple(releases),
        client_text=_client_text(plan, outcome, left, releases_at),
        asked_by=deciding.asked_by,
        key=deciding.key,
        event=deciding.event,
        after=None if deciding.prior is None else deciding.prior[0],
        acts=people.acts,
        steps=steps,
        lifted=tuple(sorted(people.lifted)),
        case=outcome in ("hold", "refuse"),
        case_opened=outcome in ("hold", "refuse") or (prior is not None and prior.case_opened),
    )


def heard(deciding: Deciding, plan: Plan, state: State, view: GateView, release_needs: int) -> Heard:
    """What the rules say, asked as of now, as if the request were not known yet."""
    request = _as_of(deciding.request, deciding.at)
    view.begin(deciding.at, release_needs)
    known = isinstance(request, TransferRequest) and state.memory.known_transfer(request.transfer_id) is not None
    if deciding.event is None and not known:
        return plan.heard(kind_of(request), request, view, deciding.at)
    with ExitStack() as stack:
        if deciding.event is not None:
            stack.callback(state.learn_event(request_id(request), deciding.event))
        if known:
            stack.enter_context(state.memory.without(request_id(request)))
        return plan.heard(kind_of(request), request, view, deciding.at)


def _as_of(request: GateRequest, at: datetime) -> GateRequest:
    """The request as it asks to go ahead now: the gate trusts its own clock alone."""
    if asked_at(request) == at:
        return request
    name = "requested_at" if isinstance(request, TransferRequest) else "received_at"
    return msgspec.structs.replace(request, **{name: at})


class _People:
    """What people have done about a request so far, and which reasons that lifts.

    An acknowledgement lifts the warnings that had been said before it; approvals and a release by enough different people lift
    the holds that had been said before and have no end of their own. What is said later stands.
    """

    def __init__(self, prior: Decided | None, event: Acted | None, said: tuple[Spoken, ...], needs: int) -> None:
        self.acts = (*(prior.acts if prior else ()), *((event,) if event else ()))
        self.lifted = set(prior.lifted if prior else ())
        self._said = said
        if event is None or prior is None:
            return
        if event.kind == "warning_acknowledged":
            self.lifted |= {one.key for one in prior.said if one.outcome == "warn"}
        if event.kind == "released" and len(self.releasing()) >= needs:
            self.lifted |= {one.key for one in prior.said if one.outcome == "hold" and one.releases_at is None}

    def releasing(self) -> set[str]:
        """The different people who approved or released."""
        return {act.party_id for act in self.acts if act.kind in ("approved", "released")}

    def told(self) -> Iterator[Applied]:
        """What people did, as a decision lists it."""
        for act in self.acts:
            sentence = _CLOSING.get(act.kind, "acknowledged" if act.kind == "warning_acknowledged" else act.kind)
            if sentence in OWN:
                yield Applied(
                    rule=OWN_RULE,
                    title=TITLE,
                    status="in_force",
                    outcome=OWN[sentence][0],
                    sentence=sentence,
                    text=own_text(sentence, act.party_id, act.text),
                    facts=msgspec.to_builtins({"by": act.party_id, "at": act.occurred_at, "event": act.event_id}),
                )


_NOBODY: Final = _People(None, None, (), 1)
"""Nobody has done anything yet."""


def _askers(prior: Decided, state: State) -> set[str]:
    """Who asked for a request: who sent it, and the party behind the account."""
    askers = {prior.asked_by} if prior.asked_by else set()
    with suppress(KeyError):
        askers.add(state.memory.account(prior.request.account_id).party_id)
    return askers


def _releases_at(left: Iterable[Spoken]) -> datetime | None:
    """The earliest end: the last of all holds, or None where one of them has no end."""
    ends = [one.releases_at for one in left if one.outcome == "hold"]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _releases(plan: Plan, left: list[Spoken], needs: int) -> Iterator[Release]:
    """What would let the request go ahead, one line for each thing that must happen."""

    def rules(some: Iterable[Spoken]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plan.planned.cards[one.card].rule for one in some))

    warned = [one for one in left if one.outcome == "warn"]
    timed = [one for one in left if one.outcome == "hold" and one.releases_at is not None]
    open_ended = [one for one in left if one.outcome == "hold" and one.releases_at is None]
    if timed:
        at = max(one.releases_at for one in timed if one.releases_at is not None)
        yield Release(kind="time", at=at, text=releases_text("time", at=f"{at:%Y-%m-%d %H:%M:%S} UTC"), rules=rules(timed))
    if open_ended:
        yield Release(kind="released", text=releases_text("released", needs=needs), rules=rules(open_ended))
    if warned:
        yield Release(kind="warning_acknowledged", text=releases_text("warning_acknowledged"), rules=rules(warned))


def _client_text(plan: Plan, outcome: str, left: list[Spoken], releases_at: datetime | None) -> Said:
    """What the client may read: a rule's own words where it warns, otherwise the same neutral text whatever the reason."""
    said = CLIENT[outcome]
    if outcome == "warn":
        texts = [text for one in left if one.outcome == "warn" and (text := plan.client_text(one)) is not None]
        if texts:
            return Said("\n".join(text.en for text in texts), "\n".join(text.ja for text in texts))
    return with_time(said, releases_at) if releases_at is not None else said
