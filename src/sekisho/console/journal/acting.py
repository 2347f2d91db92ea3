"""Acting: nothing in the office changes but by somebody, in an act with a name, with the change written into the chain."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sekisho.console.journal import chain
from sekisho.console.journal.heads import write_head

_LOCK: Final = 0x5E_615_40
REMOVAL: Final = "remove records"
"""The proposal in whose effect rows go whose time is over."""
ASKED: Final[ContextVar[str]] = ContextVar("asked", default="")
"""The request that is being answered: its id, and the token it came with."""


class OfficeError(Exception):
    """What the office does not do; its text says why."""


class Unrecorded(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """Something would change without anybody's name: open ``acting`` around it."""


class Unchangeable(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """A row that is only ever added would change."""


class NotTwoPeople(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """A change that takes two people was tried by one: propose it, and let another approve it."""


class ChangedMeanwhile(OfficeError):  # noqa: N818 - says what happened, as GateDown does
    """Somebody else changed the row since it was read; nothing was written over his change. Read it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who acts: the account and the person behind it. Systems have both, too (``SYSTEM``)."""

    account: str
    person: str


SYSTEM: Final = Author(account="system", person="SYSTEM")


@dataclass(slots=True, kw_only=True, eq=False)
class Act:
    """What is going on: who does what, why, when; ``effect`` names the approved proposal's kind while it takes effect."""

    author: Author
    name: str
    reason: str
    request: str
    at: datetime
    effect: str | None = None

    def note(self, kind: str, object_id: str, field: str, old: Any, new: Any) -> None:
        """Write down one field's change; it joins the chain when the act ends, unless its part of the act was undone."""
        line = chain.Line(
            number=0,
            at=self.at.astimezone(UTC).isoformat(timespec="microseconds"),
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
            salt=secrets.token_hex(16),
        )
        transaction.on_commit(_Noted(self, line))

    def noted(self) -> list[chain.Line]:
        """What was noted so far and not undone.

        Lines wait among what Django is to do on commit, because there it forgets those of a part (savepoint) that was undone.
        """
        waiting = (entry[1] for entry in connection.run_on_commit)
        return [each.line for each in waiting if isinstance(each, _Noted) and each.act is self]


@dataclass(frozen=True, slots=True)
class _Noted:
    act: Act
    line: chain.Line

    def __call__(self) -> None:
        """On commit nothing is left to do: the line was written before it."""


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
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    return str(value)


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
    assert len(name) <= 64, f"an act's name has at most 64 letters: {name}"
    act = Act(author=author, name=name, reason=reason, request=request or ASKED.get(), at=at or timezone.now(), effect=effect)
    with transaction.atomic():
        token = _ACTING.set(act)
        try:
            yield act
            _append(act.noted())
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
    one_writer()
    last = Change.objects.order_by("-number").values_list("number", "check_hash").first()
    number, before = last or (0, chain.FIRST)
    rows = []
    for number, line in enumerate(noted, number + 1):  # noqa: B020 - goes on from the last number
        numbered = chain.linked(msgspec.structs.replace(line, number=number), before)
        before = numbered.check
        rows.append(Change.of(numbered))
    Change.objects.bulk_create(rows, batch_size=500)
    transaction.on_commit(lambda: write_head(heads_file(), number, before))


def one_writer() -> None:
    """Wait until nobody else writes lines, until the transaction ends. On SQLite every transaction does so from its start."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


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
        if kwargs.get("ignore_conflicts") or kwargs.get("update_conflicts"):
            raise Unrecorded("bulk_create() would leave out or change rows unseen; look which are there, and save those")
        for row in rows:
            row.need_two_people(act, None)
        made = super().bulk_create(rows, *args, **kwargs)
        for row in made:
            row.note_all(act, row.values_now())
        return made

    def take_in(self, rows: list[Any], what: str, digest: str) -> int:
        """Many new rows from outside as one line of the journal: what they are and the SHA-256 of where they came from.

        The line also holds the sum of the rows' own hashes, so that a change of one of them behind the journal's back shows.
        """
        act = acting_now()
        for row in rows:
            row.need_two_people(act, None)
        made = super().bulk_create(rows, batch_size=500)
        total = sum_of(hash_of(row.values_now()) for row in made)
        act.note(self.model.kind(), "*", TAKEN_IN, None, {"what": what, "rows": len(rows), "sha256": digest, "sum": total})
        return len(rows)


TAKEN_IN: Final = "taken in"
_SUM_BYTES: Final = 256
"""Sums of hashes are of 2,048 bits: in shorter ones another set of rows with the same sum can be looked for."""


def hash_of(values: Mapping[str, Any]) -> str:
    """The hash (SHAKE-256, 2,048 bits, hex) of a row's values."""
    return hashlib.shake_256(msgspec.json.encode(values, order="sorted")).hexdigest(_SUM_BYTES)


def sum_of(hashes: Iterator[str]) -> str:
    """The sum of such hashes, whatever their order."""
    return f"{sum(int(each, 16) for each in hashes) % (1 << 8 * _SUM_BYTES):0{2 * _SUM_BYTES}x}"


class Kept(models.Model):
    """A row whose every change is in the journal, field by field, with who and why.

    ``SECRETS`` are fields of which the journal has only the hash: they must be hard to guess. ``UNKEPT`` are fields the journal
    leaves out. ``TWO_PEOPLE`` maps a field to the kinds of proposal that alone may change it, or make a row that has it; rows that
    have such fields, and those of kinds that stay (``STAYS``), are removed by two people only.
    """

    SECRETS: frozenset[str] = frozenset()
    UNKEPT: frozenset[str] = frozenset()
    TWO_PEOPLE: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - every kind of row has its own
    STAYS: bool = False

    objects = KeptQuerySet.as_manager()
    _read: dict[str, Any] | None = None

    class Meta:
        abstract = True

    @classmethod
    def kind(cls) -> str:
        """What the journal calls rows like this."""
        return str(cls._meta.model_name)

    @classmethod
    def kept_fields(cls) -> list[models.Field[Any, Any]]:
        """The fields the journal keeps."""
        return [each for each in cls._meta.concrete_fields if each.attname not in cls.UNKEPT]

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **more: Any) -> Any:
        """A row as it was read; what it said then is remembered, so that nobody's change is written over unseen."""
        row = super().from_db(db, field_names, values, **more)
        row._read = {name: _apart(value) for name, value in zip(field_names, values, strict=True)}
        return row

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Read the row again."""
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        wanted = None if fields is None else {self._meta.get_field(name).attname for name in fields}  # type: ignore[union-attr]
        read = {
            each.attname: _apart(self.__dict__[each.attname])
            for each in self._meta.concrete_fields
            if each.attname in self.__dict__ and (wanted is None or each.attname in wanted)
        }
        self._read = read if wanted is None else {**(self._read or {}), **read}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row and note what changed.

        Raises ``Unrecorded`` outside an act, ``NotTwoPeople`` where one is not enough, ``ChangedMeanwhile`` where somebody else
        changed the row since it was read.
        """
        act = acting_now()
        stored = self._stored(lock=True) if self.pk is not None else None
        if self._read is not None and not self._state.adding:
            self._unchanged_since_read(stored)
        self.need_two_people(act, stored)
        super().save(*args, **kwargs)
        now = self._stored()
        assert now is not None
        self._read = {name: _apart(value) for name, value in now.items()}
        if stored is None:
            self.note_all(act, self.told(now))
            return
        was, told = self.told(stored), self.told(now)
        for name in told:
            if was[name] != told[name]:
                self._note(act, name, was[name], told[name])

    def _stored(self, lock: bool = False) -> dict[str, Any] | None:
        rows = type(self)._base_manager.filter(pk=self.pk)
        if lock and connection.features.has_select_for_update:
            rows = rows.select_for_update()
        stored: dict[str, Any] | None = rows.values(*(each.attname for each in self._meta.concrete_fields)).first()
        return stored

    def _unchanged_since_read(self, stored: dict[str, Any] | None) -> None:
        read = self._read or {}
        if stored is None or any(stored[name] != value for name, value in read.items() if name not in self.UNKEPT):
            raise ChangedMeanwhile(_("Somebody else changed this meanwhile. Look at it again, and decide anew."))

    def need_two_people(self, act: Act, stored: Mapping[str, Any] | None) -> None:
        """Raises ``NotTwoPeople`` where a guarded field changes, or begins with something, outside its proposal's effect."""
        for name, kinds in self.TWO_PEOPLE.items():
            field = self._meta.get_field(name)
            before = field.get_default() if stored is None else stored[name]  # type: ignore[union-attr]
            if act.effect not in kinds and plain(before) != plain(getattr(self, name)):
                from sekisho.console.journal.naming import field_title

                told = {"what": self._called(), "field": field_title(self.kind(), name)}
                raise NotTwoPeople(_("%(what)s: %(field)s changes only when a second person approves") % told)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the row and note that it was there. One that takes two people goes only when two people remove it."""
        act = acting_now()
        if (self.STAYS or self.TWO_PEOPLE) and act.effect != REMOVAL:
            raise NotTwoPeople(_("%(what)s: is removed only when a second person approves") % {"what": self._called()})
        from sekisho.console.journal.rows import hash_taken_in

        act.note(self.kind(), str(self.pk), "removed", hash_taken_in(self) or True, None)
        return super().delete(*args, **kwargs)

    def _called(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    def values_now(self) -> dict[str, Any]:
        """What the row's kept fields hold, as the journal tells them."""
        values = {each.attname: getattr(self, each.attname) for each in self.kept_fields()}
        if unclear := [name for name, value in values.items() if hasattr(value, "resolve_expression")]:
            raise Unrecorded(f"{self.kind()}: the value of {', '.join(unclear)} is known to the database alone; save each row")
        return self.told(values)

    @classmethod
    def told(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the kept fields as the journal tells them: always the same for the same value; of secrets only the hash."""
        told: dict[str, Any] = {}
        for each in cls.kept_fields():
            value = each.to_python(values[each.attname])
            exact = format(value.normalize(), "f") if isinstance(value, Decimal) else plain(_whole(value))
            told[each.attname] = {"sha256": _sha256(exact)} if each.attname in cls.SECRETS and exact else exact
        return told

    def note_all(self, act: Act, told: Mapping[str, Any]) -> None:
        """Note every field of a new row that says something."""
        for name, value in told.items():
            if value not in (None, "", [], {}):
                self._note(act, name, None, value)

    def _note(self, act: Act, name: str, old: Any, new: Any) -> None:
        act.note(self.kind(), str(self.pk), name, old, new)


def _apart(value: Any) -> Any:
    return deepcopy(value) if isinstance(value, (list, dict)) else value


def _whole(value: Any) -> Any:
    """Whole numbers inside JSON as integers: PostgreSQL gives back 1e16 as one, SQLite does not."""
    if isinstance(value, (list, tuple)):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sha256(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()


class Added(Kept):
    """A row that is added and stays as it is: what is to be put right is said in another. It goes when its time is over."""

    STAYS = True

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row. Raises ``Unchangeable`` where it is there already."""
        if self.pk is not None and type(self)._base_manager.filter(pk=self.pk).exists():
            said = _("%(what)s is written down and does not change: add another that corrects it")
            raise Unchangeable(said % {"what": self._called()})
        super().save(*args, **kwargs)
