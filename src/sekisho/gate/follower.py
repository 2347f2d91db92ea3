"""Follows a journal entry by entry: state, rule sets and time as they were after each one, and a broken chain at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from sekisho.gate.entries import FIRST_CHECK, Based, Decided, Entry, Learned, Listing, Planned, decode, next_entry
from sekisho.gate.journal import Journal
from sekisho.gate.life import Ruled, RuleLife
from sekisho.gate.list_source import ListSource
from sekisho.gate.messages import GateDown
from sekisho.gate.rows import read_rows
from sekisho.gate.state import State, TakeBack


class Follower:
    """What a gate knows after an entry of its journal."""

    def __init__(self, state: State | None = None, lists: ListSource | None = None) -> None:
        self.state = state or State()
        self.lists = lists
        self.life = RuleLife()
        self.planned: dict[int, Planned] = {}
        self.based: str | None = None
        self.listing: Listing | None = None
        self.number, self.check = 0, FIRST_CHECK
        self.decided_at = datetime(1970, 1, 1, tzinfo=UTC)

    def follow(self, journal: Journal, until: int) -> None:
        """Take in the journal up to an entry, that one included; raises GateDown where it is damaged or ends before."""
        for entry in journal.after(self.number):
            if entry.number > until:
                break
            self.take(entry)
        if self.number != until:
            raise GateDown(f"the journal ends at entry {self.number}, before entry {until}")

    def take(self, entry: Entry) -> None:
        """Take in the next entry as it was read; raises GateDown where it does not follow from the one before."""
        expected = next_entry(self.number + 1, self.check, entry.kind, entry.request_id, entry.body)
        if entry != expected:
            raise GateDown(
                f"entry {entry.number} of the journal does not follow from the one before: it was damaged or changed; "
                "restore the journal from its copy"
            )
        try:
            told = decode(entry)
        except (msgspec.MsgspecError, KeyError) as error:
            raise GateDown(f"entry {entry.number} of the journal cannot be read: {error}") from error
        if isinstance(told, Learned):
            told = Learned(table=told.table, rows=read_rows(told.table, told.rows))
        self.remember(entry, told)

    def remember(self, entry: Entry, told: Any) -> list[TakeBack]:
        """Take in what an entry says; gives what takes a decision back, to be called last first."""
        if isinstance(told, Based) and told.digest != self.based:
            raise GateDown(
                f"this journal began with a base ({told.digest[:12]}) that is not there; give the folder of its snapshots, where "
                "the base is called 000000000000"
            )
        if isinstance(told, Listing):
            self.use_lists(told)
        self.number, self.check = entry.number, entry.check
        if isinstance(told, Decided):
            self.decided_at = max(self.decided_at, told.decided_at)
            return self.state.remember(told)
        if isinstance(told, Planned):
            self.planned[entry.number] = told
        elif not isinstance(told, Based | Listing):
            self.take_in(told)
        return []

    def use_lists(self, listing: Listing) -> None:
        """Screen against the lists that an entry names, from here on."""
        if self.lists is None:
            raise GateDown(f"the gate decided by lists ({', '.join(listing.versions)}); give their folder with --lists")
        self.listing = listing
        self.state.use_lists(self.lists.as_of(listing), listing.versions)

    def take_in(self, told: Learned | Ruled) -> None:
        """Take in rows or a step in the life of a rule set, without moving on in the journal."""
        if isinstance(told, Learned):
            self.state.learn(told)
        else:
            self.life.take(told)
