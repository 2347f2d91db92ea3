"""Acting: nothing in the office changes but by somebody, in an act with a name, with the change written into the chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction

from sekisho.console.journal import chain
from sekisho.console.journal.heads import write_head

_LOCK: Final = 0x5E_615_40


class OfficeError(Exception):
    """What the office does not do; its text says why."""


class Unrecorded(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """Something would change without anybody's name: open ``acting`` around it."""


class NotTwoPeople(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """A change that takes two people was tried by one: propose it, and let another approve it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who acts: the account and the person behind it. Systems have both, too (``SYSTEM``)."""

    account: str
    person: str


SYSTEM: Final = Author(account="system", person="SYSTEM")


@dataclass(slots=True, kw_only=True)
class Act:
    """What is going on: who does what, why, when; ``effect`` names the approved proposal's kind while it takes effect."""

    author: Author
    name: str
    reason: str
    request: str
    at: datetime
    effect: str | None = None
    noted: list[chain.Line] = field(default_factory=list)

    def note(self, kind: str, object_id: str, field: str, old: Any, new: Any) -> None:
        """Write down one field's change; it joins the chain when the act ends."""
        self.noted.append(
            chain.Line(
                number=0,
                at=self.at.isoformat(timespec="microseconds"),
                account=self.author.account,
                person=self.author.person,
                request=self.request,
                act=self.name,
                kind=kind,
                object=object_id,
                field=field,
                old=plain(old),
                new=plain(new),
                reason=self.reason,
            )
        )


_ACTING: ContextVar[Act | None] = ContextVar("acting", default=None)


def plain(value: Any) -> Any:
    """A field's value as JSON has it: times in UTC, exact decimals as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, (date, Decimal, UUID)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return value


def acting_now() -> Act:
    """The act that is going on. Raises ``Unrecorded`` when there is none."""
    act = _ACTING.get()
    if act is None:
        raise Unrecorded("nothing changes in the office without an act: use 'with acting(author, \"what is done\"):'")
    return act


@contextmanager
def acting(
    author: Author, name: str, *, reason: str = "", request: str = "", at: datetime | None = None, effect: str | None = None
) -> Iterator[Act]:
    """One act: a transaction in which everything that changes is also written into the chain, or nothing happens at all.

    Inside another act of the same author it joins that act. ``effect`` is set by approvals alone.
    """
    outer = _ACTING.get()
    if outer is not None:
        if outer.author != author:
            raise Unrecorded(f"{author.person} cannot act inside an act of {outer.author.person}")
        yield from _joined(outer, effect)
        return
    act = Act(author=author, name=name, reason=reason, request=request, at=at or datetime.now(UTC), effect=effect)
    with transaction.atomic():
        token = _ACTING.set(act)
        try:
            yield act
            _append(act.noted)
        finally:
            # Before the commit: what waits for it (on_commit) comes after the act, and writes into an act of its own.
            _ACTING.reset(token)


def _joined(outer: Act, effect: str | None) -> Iterator[Act]:
    before, outer.effect = outer.effect, effect or outer.effect
    try:
        with transaction.atomic():
            yield outer
    finally:
        outer.effect = before


def _append(noted: list[chain.Line]) -> None:
    from sekisho.console.journal.models import Change

    if not noted:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Change.objects.order_by("-number").values_list("number", "check_hash").first()
    number, before = last or (0, chain.FIRST)
    lines = []
    for line in noted:
        number += 1
        numbered = chain.Line(**{**{name: getattr(line, name) for name in line.__struct_fields__}, "number": number})
        before = chain.check_of(numbered, before)
        lines.append(Change.of(numbered, before))
    Change.objects.bulk_create(lines, batch_size=500)
    noted.clear()
    transaction.on_commit(lambda: write_head(heads_file(), number, before))


def heads_file() -> Path:
    """The file outside the database where the journal's last line is written down after every commit."""
    return Path(settings.FOLDER) / settings.CHOSEN.heads


class KeptQuerySet(models.QuerySet[Any]):
    """Rows that cannot be changed behind the journal's back: one by one through ``save``, or taken in as a whole."""

    def update(self, **kwargs: Any) -> int:
        """Never: change rows one by one, so that each change is written down."""
        raise Unrecorded("update() would change rows unseen; change each with save() inside an act")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Never: remove rows one by one, so that each removal is written down."""
        raise Unrecorded("delete() would remove rows unseen; remove each inside an act")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        """Never: change rows one by one."""
        raise Unrecorded("bulk_update() would change rows unseen; change each with save() inside an act")

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Many new rows inside an act, each written down."""
        act, rows = acting_now(), list(objs)
        made = super().bulk_create(rows, *args, **kwargs)
        for row in made:
            row.note_all(act)
        return made

    def take_in(self, rows: list[Any], what: str, digest: str) -> int:
        """Many new rows from outside as one line of the journal: what they are and the SHA-256 of where they came from."""
        act = acting_now()
        super().bulk_create(rows, batch_size=500)
        act.note(self.model.kind(), "*", "taken in", None, {"what": what, "rows": len(rows), "sha256": digest})
        return len(rows)


class Kept(models.Model):
    """A row whose every change is in the journal, field by field, with who and why.

    ``SECRETS`` are fields of which the journal tells only the change; ``TWO_PEOPLE`` maps a field to the kind of proposal that
    alone may change it.
    """

    SECRETS: frozenset[str] = frozenset()
    UNKEPT: frozenset[str] = frozenset()
    TWO_PEOPLE: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - every kind of row has its own

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def kind(cls) -> str:
        """What the journal calls rows like this."""
        return str(cls._meta.model_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row and note what changed. Raises ``Unrecorded`` outside an act, ``NotTwoPeople`` where one is not enough."""
        act = acting_now()
        names = [each.attname for each in self._meta.concrete_fields]
        stored = None
        if self.pk is not None:
            stored = type(self)._base_manager.filter(pk=self.pk).values(*names).first()
        if stored is not None:
            for name, kinds in self.TWO_PEOPLE.items():
                if plain(stored[name]) != plain(getattr(self, name)) and act.effect not in kinds:
                    raise NotTwoPeople(
                        f"{self.kind()} {self.pk}: {name} changes only when a second person approves ({', '.join(kinds)})"
                    )
        super().save(*args, **kwargs)
        if stored is None:
            self.note_all(act)
            return
        now = type(self)._base_manager.filter(pk=self.pk).values(*names).get()
        for name in names:
            if name in self.UNKEPT or plain(stored[name]) == plain(now[name]):
                continue
            self._note(act, name, stored[name], now[name])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the row and note that it was there."""
        acting_now().note(self.kind(), str(self.pk), "removed", True, None)
        return super().delete(*args, **kwargs)

    def note_all(self, act: Act) -> None:
        """Note every field of a new row that says something."""
        for each in self._meta.concrete_fields:
            value = getattr(self, each.attname)
            if value not in (None, "", [], {}) and each.attname not in self.UNKEPT:
                self._note(act, each.attname, None, value)

    def _note(self, act: Act, name: str, old: Any, new: Any) -> None:
        if name in self.SECRETS:
            old, new = (None if old is None else "secret"), "another secret"
        act.note(self.kind(), str(self.pk), name, old, new)
