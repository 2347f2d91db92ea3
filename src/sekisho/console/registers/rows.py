"""Rows of a register: checked against the record table's definition, changed by one or two people, kept in every version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.pages import Unfit
from sekisho.console.desk.words_of_forms import ELSEWHERE
from sekisho.console.journal.acting import acting
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import REASONS_SAID
from sekisho.console.people.actor import Actor
from sekisho.console.registers.columns import TITLES, column_title
from sekisho.console.registers.kinds import KINDS, Register
from sekisho.console.registers.models import RegisterRow
from sekisho.gate.rows import RowError, read_rows
from sekisho.records import TABLES, RecordsError, Table, records_of

REASONS: Any = (
    ("new", gettext_lazy("new entry")),
    ("changed", gettext_lazy("the facts changed")),
    ("mistake", gettext_lazy("the entry was wrong")),
)
_SHORT = 16
REASONS_SAID["change register"] = dict(REASONS)
ELSEWHERE.append(lambda name: column_title(name) if name in TITLES else None)
_COLUMN = re.compile(r"at `\$\.(\w+)`")


def readable(actor: Actor, register: Register) -> QuerySet[Any]:
    """The rows of a register this person may see; in a confidential one none that speaks of a party he must keep out of."""
    actor.need(register.reads)
    rows = RegisterRow.objects.filter(table=register.table)
    if register.confidential and actor.parties:
        for column in _party_columns(TABLES[register.table]):
            rows = rows.exclude(**{f"values__{column}__in": sorted(actor.parties)})
    return rows


def change(actor: Actor, register: Register, given: Mapping[str, str], reason_code: str, reason: str) -> RegisterRow | Proposal:
    """Add a row or change the one of the same key; where the register takes two people, propose it. Raises ``Unfit`` by column."""
    actor.need("keep registers")
    actor.need(register.reads)
    values = checked(register.table, given)
    parties = _parties(TABLES[register.table], values)
    actor.need("keep registers", parties=parties)
    if reason_code not in dict(REASONS):
        raise Unfit({"reason_code": _("choose one of the reasons")})
    if not register.two_people:
        with acting(actor.author, "change register", reason=reason or reason_code):
            return _written(register, values, actor.person.person_id, actor.at)
    key = TABLES[register.table].name_of(typed(register.table, values))
    return propose(
        actor, "change register", ("register row", f"{register.table}:{key}"[:128]), reason_code=reason_code, reason=reason,
        parties=parties, payload={"register": register.table, "values": values},
    )  # fmt: skip


def _approved(proposal: Proposal, actor: Actor) -> None:
    register = KINDS[proposal.payload["register"]]
    actor.need(register.reads)
    _written(register, checked(register.table, proposal.payload["values"]), proposal.proposed_by, actor.at)


def _written(register: Register, values: dict[str, Any], by: str, at: datetime) -> RegisterRow:
    key = TABLES[register.table].name_of(typed(register.table, values))
    found: RegisterRow | None = RegisterRow.objects.filter(table=register.table, row_key=key).first()
    row = found or RegisterRow(table=register.table, row_key=key)
    row.values, row.owner = values, str(values.get("owner") or "")
    row.changed_at, row.changed_by = at, by
    row.save()
    return row


def checked(table: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as text, each as its column wants it. Raises ``Unfit`` naming the column."""
    columns = TABLES[table].by_name
    unknown = sorted(given.keys() - columns.keys())
    if unknown:
        raise Unfit({name: _("is no column of this register") for name in unknown})
    cleaned = {name: str(text).strip() for name, text in given.items() if text is not None and str(text).strip()}
    absent = [column.name for column in columns.values() if not column.nullable and column.name not in cleaned]
    if absent:
        raise Unfit({name: _("give it") for name in absent})
    faults = {}
    for name, text in cleaned.items():
        values = columns[name].values
        if values and text not in values:
            faults[name] = _("choose one of: %(words)s") % {"words": ", ".join(values)}
        if columns[name].kind == "time":
            cleaned[name] = _utc(text)
    if faults:
        raise Unfit(faults)
    rows = typed(table, cleaned)
    try:
        records_of({table: pa.Table.from_pylist([rows], TABLES[table].arrow_schema)}).close()
    except RecordsError as error:
        raise Unfit({error.column or "": error.problem}) from None
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise Unfit(str(error)) from None
    return {name: told(value) for name, value in rows.items() if value is not None}


def typed(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The row with each column in its type."""
    try:
        return read_rows(table, [_truths(table, values)])[0]
    except RowError as error:
        where = _COLUMN.search(str(error))
        said = str(error).partition(";")[0].partition(": ")[2]
        raise Unfit({where[1]: said.partition(" - at")[0]} if where else said) from None


def _truths(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    words = {"true": True, "false": False}
    kinds = {column.name: column.kind for column in TABLES[table].columns}
    return {name: words.get(str(value).lower(), value) if kinds[name] == "boolean" else value for name, value in values.items()}


def _utc(text: str) -> str:
    """A time as a form gives it (Japan time without zone) as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo is not None else timezone.make_aware(at)).astimezone(UTC).isoformat()


def told(value: Any) -> Any:
    """A value as a records file in CSV has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def history(row: RegisterRow) -> list[dict[str, Any]]:
    """Every version of a row, the latest first: when, by whom, why, and each column that changed."""
    lines = Change.objects.filter(kind=RegisterRow.kind(), object=str(row.pk), field="values").order_by("-number")
    told_lines = []
    for line in lines:
        old, new = line.old or {}, line.new or {}
        names = [column.name for column in TABLES[row.table].columns]
        changed = [
            {"column": n, "title": column_title(n), "old": old.get(n), "new": new.get(n)} for n in names if old.get(n) != new.get(n)
        ]
        told_lines.append(
            {"at": line.at, "by": line.person, "reason": line.reason, "changes": changed, "check": line.check_hash[:_SHORT]}
        )
    return told_lines


def _party_columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.refers_to == "party.party_id"]


def _parties(table: Table, values: Mapping[str, Any]) -> list[str]:
    return sorted({str(values[name]) for name in _party_columns(table) if values.get(name)})


def _at(proposal: Proposal) -> str:
    return reverse("register", args=[proposal.payload["register"]])


takes_two(
    Takes(
        kind="change register",
        title=gettext_lazy("Change of a register"),
        propose="keep registers",
        approve="approve registers",
        reasons=REASONS,
        effect=_approved,
        at=_at,
    )
)
