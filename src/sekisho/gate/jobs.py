"""What the gate is asked to do, one thing at a time, and which of it may share a turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from sekisho.gate.deciding import Asking, Telling
from sekisho.gate.entries import Learned, Listing
from sekisho.gate.messages import request_id
from sekisho.gate.rule_set import RuleSet
from sekisho.typologies.listed import Lists

BATCH_MAX: Final = 512
"""At most so many requests share one commit."""


class Told(Protocol):
    """Who waits for an answer: a Future, or whatever takes one as lightly as it likes, in whatever thread decided.

    A decision comes as Answered, so that whoever waits has written out as much of it as he needs.
    """

    def set_result(self, result: Any) -> None:
        """The answer, durable by now."""
        ...

    def set_exception(self, exception: BaseException) -> None:
        """Why there is none: a GateError."""
        ...


class Job(NamedTuple):
    """Something to be done in the next turn, and who waits for it."""

    work: Any
    told: Told


@dataclass(frozen=True, slots=True)
class Step:
    """A step in the life of a rule set."""

    step: str
    rule_set: RuleSet | str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Learning:
    """Rows to be taken in."""

    told: Learned
    key: str | None


@dataclass(frozen=True, slots=True)
class Relist:
    """New versions of lists."""

    listing: Listing
    lists: Lists


def next_batch(waiting: deque[Job | None]) -> list[Job]:
    """As many jobs as may share a turn: what is learnt or ruled comes last in its turn, and takes effect when it is durable."""
    batch: list[Job] = []
    while waiting and (job := waiting[0]) is not None:
        last = batch[-1].work if batch else None
        if isinstance(last, Step | Relist) or (isinstance(last, Learning) and not isinstance(job.work, Learning)):
            break
        batch.append(job)
        waiting.popleft()
    return batch


def keys_of(work: Any) -> list[str]:
    """The keys under which a job may be known already."""
    match work:
        case Asking():
            by_id = f"r:{request_id(work.request)}"
            return [by_id] if work.key is None else [by_id, f"k:{work.key}"]
        case Telling() if work.key is not None:
            return [f"e:{work.key}"]
        case Learning() if work.key is not None:
            return [f"l:{work.key}"]
    return []
