"""One line of the journal as a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import models

from sekisho.console.journal.acting import Unrecorded
from sekisho.console.journal.chain import Line


class Exact(models.TextField):  # type: ignore[type-arg] # Django has it without when it runs
    """JSON kept letter by letter as it was hashed; a database's own kind of JSON writes numbers in its own way."""

    def get_prep_value(self, value: Any) -> str | None:
        """The value as text."""
        return None if value is None else msgspec.json.encode(value, order="sorted").decode()

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """The text as value."""
        return None if value is None else msgspec.json.decode(value)

    def to_python(self, value: Any) -> Any:
        """The value, as it is."""
        return value


_SAME: Final = ("number", "account", "person", "request", "act", "kind", "object", "field", "old", "new", "reason", "salt", "said")


class Change(models.Model):
    """One field of one object changed. Rows are added and never touched again, but that what they say is removed in time."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    account = models.CharField(max_length=150)
    person = models.CharField(max_length=64, db_index=True)
    request = models.CharField(max_length=64, blank=True)
    act = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=64)
    object = models.CharField(max_length=128)
    field = models.CharField(max_length=64)
    old = Exact(null=True)
    new = Exact(null=True)
    reason = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    said = models.CharField(max_length=64)
    check_hash = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index(fields=["kind", "object", "number"], name="change_of_object"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Never: lines are added by acts."""
        raise Unrecorded("lines of the journal are written by acts alone")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never."""
        raise Unrecorded("lines of the journal are never removed")

    @classmethod
    def of(cls, line: Line) -> Change:
        """The row of a line."""
        return cls(**{name: getattr(line, name) for name in _SAME}, at=datetime.fromisoformat(line.at), check_hash=line.check)

    def line(self) -> Line:
        """The line this row is."""
        return Line(
            **{name: getattr(self, name) for name in _SAME},
            at=self.at.isoformat(timespec="microseconds"),
            check=self.check_hash,
        )
