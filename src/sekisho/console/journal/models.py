"""One line of the journal as a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from sekisho.console.journal.acting import Unrecorded
from sekisho.console.journal.chain import Line


class Change(models.Model):
    """One field of one object changed. Rows are added and never touched again."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    account = models.CharField(max_length=150)
    person = models.CharField(max_length=64, db_index=True)
    request = models.CharField(max_length=64, blank=True)
    act = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(max_length=64)
    object = models.CharField(max_length=128)
    field = models.CharField(max_length=64)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(blank=True)
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
    def of(cls, line: Line, check: str) -> Change:
        """The row of a line."""
        fields = {name: getattr(line, name) for name in line.__struct_fields__ if name not in ("at", "check")}
        return cls(**fields, at=datetime.fromisoformat(line.at), check_hash=check)

    def line(self) -> Line:
        """The line this row is."""
        names = ("number", "account", "person", "request", "act", "kind", "object", "field", "old", "new", "reason")
        return Line(
            **{name: getattr(self, name) for name in names},
            at=self.at.isoformat(timespec="microseconds"),
            check=self.check_hash,
        )
