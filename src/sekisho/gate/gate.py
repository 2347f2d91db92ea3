"""The gate itself: decides one request after another, and answers only what its journal holds on disk."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Final

import msgspec

from sekisho.gate.case_record import GateCase, open_case
from sekisho.gate.clock import Clock, GateClock
from sekisho.gate.deciding import Asking, Deciding, Telling, judge
from sekisho.gate.entries import (
    DECIDED,
    LEARNED,
    LISTED,
    PLANNED,
    RULED,
    CaseRecord,
    Decided,
    Entry,
    Learned,
    Planned,
    body_hash,
    decode,
    next_entry,
)
from sekisho.gate.jobs import BATCH_MAX, Job, Learning, Relist, Step, keys_of, next_batch
from sekisho.gate.journal import Asked, Journal, Turn
from sekisho.gate.journals import open_journal
from sekisho.gate.life import Ruled, RuleLife
from sekisho.gate.list_source import ListSource
from sekisho.gate.messages import (
    Decision,
    GateConflict,
    GateDown,
    GateError,
    GateRequest,
    GateUnknown,
    RequestEventIn,
    encode,
    request_id,
)
from sekisho.gate.plan import Plan, compile_plan
from sekisho.gate.rendering import Answered, decision_number
from sekisho.gate.rows import read_rows
from sekisho.gate.rule_set import RuleSet, checked
from sekisho.gate.shadow import compared
from sekisho.gate.snapshot import newest, snapshots_beside
from sekisho.gate.state import LEARNABLE, GateView
from sekisho.rulebook import Rulebook, RulebookError, load_rulebook
from sekisho.typologies.material_facts import japan_date

PATIENCE: Final = 0.05
"""Seconds for which somebody who would decide himself waits for the turn of another to end."""
LISTS_EVERY: Final = 1.0
"""Seconds between two looks whether a list has a new version."""


class _Waiting(Future[Any]):
    """Waits for a decision with its full working."""

    def set_result(self, result: Any) -> None:
        """What the turn gave."""
        super().set_result(result.decision if isinstance(result, Answered) else result)


class Gate:
    """One gate over one journal. Any number of threads may ask; several processes may share a journal.

    ``snapshots`` is the folder of the journal's snapshots (default: beside a journal that is a file).
    ``clock`` gives the time (UTC); decided_at never goes back. ``rulebook`` defaults to the one installed.
    """

    def __init__(
        self,
        journal: Journal | Path | str,
        *,
        rulebook: Rulebook | None = None,
        clock: Clock | None = None,
        snapshots: Path | None = None,
        lists: Path | None = None,
    ) -> None:
        self._journal = open_journal(journal) if isinstance(journal, Path | str) else journal
        self._rulebook = rulebook or load_rulebook()
        self._clock = clock or GateClock()
        beside = snapshots_beside(str(journal)) if isinstance(journal, Path | str) else None
        self._lists = None if lists is None else ListSource(lists)
        self._known = newest(snapshots or beside, self._journal, self._lists)
        self._view = GateView(self._known.state)
        self._plans: dict[tuple[str, date], tuple[int, Plan]] = {}
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._deciding = Lock()
        self.down: str | None = None
        """Why nothing can be decided now; None while all is well."""
        self.lists_down: str | None = None
        """Why the lists cannot be renewed; those read before stay in force."""
        with self._journal.turn() as turn:
            self._catch_up(turn)
        # What was loaded stays: the collector of garbage need not look through it again and again.
        gc.collect()
        gc.freeze()
        self._worker = Thread(target=self._work, name="gate", daemon=True)
        self._worker.start()
        self._closing = Event()
        if self._lists is not None:
            self.reload_lists()
            Thread(target=self._watch_lists, name="lists", daemon=True).start()

    # --- asking

    def decide(self, requests: Iterable[GateRequest], idempotency_keys: Sequence[str | None] | None = None) -> list[Decision]:
        """Decide requests in order; returns once all are durable. Raises GateError for the first that was not decided."""
        asked = list(requests)
        keys = idempotency_keys or [None] * len(asked)
        futures = [self.submit(request, key) for request, key in zip(asked, keys, strict=True)]
        return [future.result() for future in futures]

    def submit(self, request: GateRequest, key: str | None = None, asked_by: str | None = None) -> Future[Decision]:
        """Ask; the future ends when the decision is durable, or with a GateError.

        The same key, or without one the same request id, with the same body gives the decision already made; with another body
        GateConflict. The same request under a new key is decided again, as of now. ``asked_by`` is who asks, who may then
        neither approve nor release it.
        """
        return self._put(Asking(request, key, asked_by))

    def ask_together(self, asks: Sequence[Job]) -> bool:
        """Requests (each an Asking) of somebody who waits in a way of his own, and who may be the one to decide them.

        Where the journal is a file beside the gate they are decided here and now, in the caller's thread, and told before this
        returns True. Otherwise, or while another turn lasts longer than PATIENCE, they are decided in the gate's own thread and
        told there; this returns False. Each ``told`` gets Answered or a GateError, and must neither wait nor raise.
        """
        if not self._journal.AT_HAND or len(asks) > BATCH_MAX or not self._deciding.acquire(timeout=PATIENCE):
            for job in asks:
                self._jobs.put(job)
            return False
        try:
            answers = self._turn(asks)
        finally:
            self._deciding.release()
        _tell(asks, answers)
        return True

    def tell(self, request_id: str, event: RequestEventIn, key: str | None = None) -> Decision:
        """What a person did about a request; the request is decided again. Raises GateError."""
        decision: Decision = self._put(Telling(request_id, event, key)).result()
        return decision

    def learn(self, table: str, rows: Iterable[Mapping[str, Any]], key: str | None = None) -> int:
        """Rows of a record table (accounts, events, trades, balances, prices …); returns their number once durable.

        Rows told again under the same key are taken in once. Raises GateError.
        """
        if table not in LEARNABLE:
            raise GateUnknown(f"table {table!r} is not one the gate learns; it learns {', '.join(LEARNABLE)}")
        told = Learned(table=table, rows=read_rows(table, rows))
        if told.rows:
            self._put(Learning(told, key)).result()
        return len(told.rows)

    def reload_lists(self) -> bool:
        """Screen against the newest version of every list from here on; whether there was anything new. Raises GateDown."""
        if self._lists is None or not self._lists.changed:
            return False
        listing, lists = self._lists.newest(self._clock.now(self._known.decided_at))
        known = self._known.listing
        if known is not None and (known.versions, known.entries) == (listing.versions, listing.entries):
            return False
        self._put(Relist(listing, lists)).result()
        return True

    def _watch_lists(self) -> None:
        while not self._closing.wait(LISTS_EVERY):
            try:
                self.reload_lists()
                self.lists_down = None
            except GateError as error:
                self.lists_down = str(error)

    def rule(self, step: str, rule_set: RuleSet | str, by: str, why: str = "") -> Ruled:
        """One step in the life of a rule set: draft, shadow, unshadow, commit, activate, roll_back. Raises GateError."""
        taken: Ruled = self._put(Step(step, rule_set, by, why)).result()
        return taken

    def decision(self, decision_id: str) -> Decision:
        """A decision with its full working; raises GateUnknown."""
        with self._reading():
            number = decision_number(decision_id)
            entry = None if number is None else self._journal.entry(number)
            if entry is None or entry.kind != DECIDED:
                raise GateUnknown(f"decision {decision_id!r} is not in the journal")
            return self._rendered(entry).decision

    def history(self, request_id: str) -> list[Decision]:
        """Every decision about a request, oldest first; raises GateUnknown where it was never asked for."""
        with self._reading():
            entries = [entry for entry in self._journal.of_request(request_id) if entry.kind == DECIDED]
            if not entries:
                raise GateUnknown(f"request {request_id!r} was never asked for")
            return [self._rendered(entry).decision for entry in entries]

    def cases(self) -> list[GateCase]:
        """The cases that held or refused requests opened, in that order."""
        with self._reading():
            return [msgspec.json.decode(record.body, type=GateCase) for record in self._journal.cases()]

    def case(self, case_id: str) -> GateCase:
        """One case; raises GateUnknown."""
        with self._reading():
            records = self._journal.cases(case_id)
        if not records:
            raise GateUnknown(f"case {case_id!r} is not in the journal's store")
        return msgspec.json.decode(records[0].body, type=GateCase)

    def use_once(self, name: str, until: float, now: float) -> bool:
        """Note in the journal's store that a token was used; False where any gate process has noted it. Raises GateDown."""
        with self._reading():
            return self._journal.use_once(name, until, now)

    def entries(self) -> Iterator[tuple[int, Decided] | Ruled]:
        """Every decision and every step in the life of a rule set, in order."""
        for entry in self._journal.after(0):
            if entry.kind == DECIDED:
                yield entry.number, decode(entry)
            elif entry.kind == RULED:
                yield decode(entry)

    @property
    def life(self) -> RuleLife:
        """The rule sets as this process knows them."""
        return self._known.life

    @property
    def number(self) -> int:
        """The last entry of the journal this process has taken in."""
        return self._known.number

    def digest(self) -> str:
        """SHA-256 over everything remembered; only while nothing is being decided."""
        return self._known.state.digest()

    def close(self) -> None:
        """Finish what was asked, then stop."""
        self._closing.set()
        if self._worker.is_alive():
            self._jobs.put(None)
            self._worker.join()
        self._journal.close()

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except self._journal.ERRORS as error:
            raise GateDown(f"the journal cannot be read: {error}; ask again") from error

    def _put(self, work: Any) -> Future[Any]:
        future: Future[Any] = _Waiting()
        self._jobs.put(Job(work, future))
        return future

    # --- one turn after another, whatever thread takes it

    def _work(self) -> None:
        waiting: deque[Job | None] = deque()
        while True:
            if not waiting:
                waiting.append(self._jobs.get())
            try:
                while len(waiting) < BATCH_MAX:
                    waiting.append(self._jobs.get_nowait())
            except Empty:
                pass
            batch = next_batch(waiting)
            if not batch:
                return
            with self._deciding:
                answers = self._turn(batch)
            _tell(batch, answers)

    def _turn(self, jobs: Sequence[Job]) -> list[Any]:
        """One turn: everything in it becomes durable together; the answers, each a value or a GateError."""
        answers: list[Any] = []
        written: _Written | None = None
        try:
            if self.down is not None:
                self._journal.reconnect()
            with self._journal.turn() as turn:
                self._catch_up(turn)
                written = _Written(self, turn, [key for job in jobs for key in keys_of(job.work)])
                answers = [self._answer(job.work, written) for job in jobs]
                turn.append(written.entries, written.asked.values(), written.cases)
        except Exception as error:
            if written is not None:
                written.take_back()
            self.down = str(error) if isinstance(error, GateError) else f"{type(error).__name__}: {error}"
            why = f"no answer, for the journal could not take it: {self.down}; ask again with the same key"
            return [GateDown(why) for _ in jobs]
        self.down = None
        written.keep()
        return answers

    def _answer(self, work: Any, written: _Written) -> Any:
        """What a job gives, or the GateError that is its answer."""
        try:
            match work:
                case Asking():
                    return self._asked(work, written)
                case Telling():
                    return self._told(work, written)
                case Learning():
                    return self._taught(work, written)
                case Step():
                    return self._stepped(work, written)
                case Relist():
                    return written.add(LISTED, None, work)
        except (GateError, RulebookError) as error:
            return error
        raise AssertionError(work)

    def _asked(self, asking: Asking, written: _Written) -> Answered:
        about, hashed = request_id(asking.request), body_hash(asking.request)
        by_id, by_key = written.known.get(f"r:{about}"), written.known.get(f"k:{asking.key}")
        for known in (by_key, by_id):
            if known is not None and known.body_hash != hashed:
                name = f"key {asking.key!r}" if known is by_key else f"request {about!r}"
                raise GateConflict(f"{name} was asked before with another body; a changed request needs a new id and key")
        if known := by_id if asking.key is None else by_key:
            return self._rendered(written.entry(known.number))
        now = self._clock.now(self._known.decided_at)
        keys = [f"r:{about}"] if by_id is None else []
        if asking.key is not None:
            keys.append(f"k:{asking.key}")
        prior = None if by_id is None else written.prior(about)
        return self._judged(asking.deciding(now, prior), written, dict.fromkeys(keys, hashed))

    def _told(self, telling: Telling, written: _Written) -> Answered:
        hashed = body_hash(telling.request_id, telling.event)
        known = written.known.get(f"e:{telling.key}")
        if known is not None and known.body_hash != hashed:
            raise GateConflict(f"key {telling.key!r} was used before for another event; a new event needs a new key")
        if known is not None:
            return self._rendered(written.entry(known.number))
        prior = written.prior(telling.request_id)
        if prior is None:
            raise GateUnknown(f"request {telling.request_id!r} was never asked for")
        now = self._clock.now(self._known.decided_at)
        keys = {} if telling.key is None else {f"e:{telling.key}": hashed}
        return self._judged(telling.deciding(now, *prior, self._known.state), written, keys)

    def _taught(self, learning: Learning, written: _Written) -> None:
        known, hashed = written.known.get(f"l:{learning.key}"), body_hash(learning.told)
        if known is not None and known.body_hash != hashed:
            raise GateConflict(f"key {learning.key!r} was used before for other rows; new rows need a new key")
        if known is None:
            written.add(LEARNED, None, learning.told, {} if learning.key is None else {f"l:{learning.key}": hashed})

    def _judged(self, deciding: Deciding, written: _Written, asked: Mapping[str, bytes]) -> Answered:
        number, plan = self._plan(deciding.at, written)
        decided = judge(deciding, plan, number, self._known.state, self._view, self._known.life.active)
        shadow = self._known.life.shadowed
        if shadow is not None:
            decided = self._shadow(decided, deciding, shadow)
        entry = written.add(DECIDED, request_id(deciding.request), decided, asked)
        if decided.case and not (deciding.prior is not None and deciding.prior[1].case_opened):
            written.cases.append(open_case(entry.number, decided, plan.planned, self._known.state))
        return Answered(entry.number, decided, plan.planned)

    def _shadow(self, decided: Decided, deciding: Deciding, rule_set: RuleSet) -> Decided:
        """The same decision under the set in shadow, noted where it differs; a shadow that fails harms nothing."""
        try:
            return compared(decided, deciding, rule_set, self._shadow_plan(rule_set, deciding.at), self._known.state, self._view)
        except (GateError, RulebookError):
            return decided

    def _shadow_plan(self, rule_set: RuleSet, at: datetime) -> Plan:
        key = (rule_set.hash, japan_date(at))
        if key not in self._plans:
            self._plans[key] = (0, compile_plan(rule_set, self._rulebook, key[1]))
        return self._plans[key][1]

    def _plan(self, at: datetime, written: _Written) -> tuple[int, Plan]:
        active = self._known.life.active
        if active is None:
            raise GateDown("no rule set is in force; draft, commit and activate one ('sekisho gate rules --help')")
        key = (self._known.life.in_force[-1], japan_date(at))
        kept = self._plans.get(key)
        if kept is None or kept[0] == 0:
            plan = kept[1] if kept else compile_plan(active, self._rulebook, key[1])
            kept = self._plans[key] = (self._planned_as(plan.planned) or written.add(PLANNED, None, plan.planned).number, plan)
        return kept

    def _planned_as(self, planned: Planned) -> int | None:
        """The entry that lists these very rules and values already."""
        body = encode(planned)
        return next((number for number, one in self._known.planned.items() if encode(one) == body), None)

    def _stepped(self, step: Step, written: _Written) -> Ruled:
        now = self._clock.now(self._known.decided_at)
        content = step.rule_set if isinstance(step.rule_set, RuleSet) else None
        if step.step in ("roll_back", "unshadow"):
            named = self._known.life.shadow if step.step == "unshadow" else next(iter(self._known.life.in_force[-2:-1]), None)
            if named is None:
                raise GateConflict(f"{step.step}: there is nothing to go back from")
        else:
            named = content.hash if content is not None else self._known.life.named(str(step.rule_set))
        if step.step == "commit":
            content = checked(self._known.life.contents[named] if content is None else content, self._rulebook)
            named = content.hash
        elif content is not None:
            checked(content, self._rulebook)
        ruled = Ruled(step=step.step, by=step.by, at=now, rule_set=named, content=content, why=step.why)
        self._known.life.check(ruled)
        if step.step in ("activate", "roll_back"):
            compile_plan(self._known.life.contents[named], self._rulebook, japan_date(now))
        written.add(RULED, None, ruled)
        return ruled

    # --- taking in entries

    def _catch_up(self, turn: Turn) -> None:
        """Take in what others wrote since; a journal that went back is refused."""
        number, check = turn.last()
        if number == self._known.number:
            if check != self._known.check:
                raise GateDown(f"entry {number} of the journal is not the one this gate wrote; it was replaced")
            return
        if number < self._known.number:
            raise GateDown(f"the journal ends at entry {number}, but {self._known.number} was answered: it was cut or restored")
        for entry in turn.after(self._known.number):
            self._known.take(entry)
        if self._known.number != number:
            raise GateDown(f"the journal has gaps: entry {self._known.number + 1} is missing")

    def _forget_plan(self, number: int) -> None:
        del self._known.planned[number]
        self._plans = {key: kept for key, kept in self._plans.items() if kept[0] != number}

    def _rendered(self, entry: Entry) -> Answered:
        decided: Decided = decode(entry)
        planned = self._known.planned.get(decided.plan)
        if planned is None:
            kept = self._journal.entry(decided.plan)
            assert kept is not None
            planned = decode(kept)
        return Answered(entry.number, decided, planned)


class _Written:
    """What one turn adds. Decisions are remembered at once, for the next in the turn to see; the rest when all is durable."""

    def __init__(self, gate: Gate, turn: Turn, keys: Sequence[str]) -> None:
        self._gate, self._turn = gate, turn
        self._before = (gate._known.number, gate._known.check, gate._known.decided_at)
        self._take_back: list[Callable[[], None]] = []
        self._later: list[tuple[Entry, Any]] = []
        self._decided: dict[str, tuple[int, Decided]] = {}
        self.entries: list[Entry] = []
        self.asked: dict[str, Asked] = {}
        self.cases: list[CaseRecord] = []
        self.known: dict[str, Asked] = dict(turn.asked(keys)) if keys else {}

    def add(self, kind: str, about: str | None, told: Any, asked: Mapping[str, bytes] | None = None) -> Entry:
        """The next entry of the journal."""
        gate = self._gate
        body = encode(told.listing if isinstance(told, Relist) else told)
        entry = next_entry(gate._known.number + 1, gate._known.check, kind, about, body)
        self.entries.append(entry)
        if isinstance(told, Decided):
            self._take_back += gate._known.remember(entry, told)
            self._decided[about or ""] = (entry.number, told)
        elif isinstance(told, Planned):
            gate._known.remember(entry, told)
            self._take_back.append(lambda: gate._forget_plan(entry.number))
        else:
            gate._known.number, gate._known.check = entry.number, entry.check
            self._later.append((entry, told))
        for key, hashed in (asked or {}).items():
            self.known[key] = self.asked[key] = Asked(key, entry.number, hashed)
        return entry

    def entry(self, number: int) -> Entry:
        """An entry of the journal or of this turn."""
        first = self._before[0]
        found = self.entries[number - first - 1] if number > first else self._turn.entry(number)
        assert found is not None
        return found

    def prior(self, about: str) -> tuple[int, Decided] | None:
        """The last decision about a request; None where there is none."""
        if about in self._decided:
            return self._decided[about]
        entries = [entry for entry in self._turn.of_request(about) if entry.kind == DECIDED]
        return (entries[-1].number, decode(entries[-1])) if entries else None

    def keep(self) -> None:
        """All is durable: remember what waited for that."""
        known = self._gate._known
        for _entry, told in self._later:
            if isinstance(told, Relist):
                known.listing = told.listing
                known.state.use_lists(told.lists, told.listing.versions)
            else:
                known.take_in(told)

    def take_back(self) -> None:
        """Nothing is durable: be as before."""
        for take_back in reversed(self._take_back):
            take_back()
        self._gate._known.number, self._gate._known.check, self._gate._known.decided_at = self._before


def _tell(jobs: Iterable[Job], answers: Iterable[Any]) -> None:
    """Everybody's answer."""
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, Exception):
            job.told.set_exception(answer)
        else:
            job.told.set_result(answer)
