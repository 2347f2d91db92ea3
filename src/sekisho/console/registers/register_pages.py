"""Pages of the other registers, each made from the definition of its record table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.listing import Column, Filter, Listing
from sekisho.console.desk.pages import Asked, Content, Done, Unfit, action, page
from sekisho.console.journal.acting import acting
from sekisho.console.registers import gaps, rows, telling
from sekisho.console.registers.columns import column_meaning, column_title, value_words
from sekisho.console.registers.exporting import as_csv
from sekisho.console.registers.kinds import KINDS, Register, rules_reading
from sekisho.console.registers.meanings import meaning_of
from sekisho.console.registers.models import GapLook, RegisterRow
from sekisho.records import TABLES
from sekisho.records.table import Column as RecordColumn

SHOWN = 7
"""Columns in a register's list; the row's own page has all."""


@page(
    "registers/",
    name="registers",
    act="read registers",
    template="registers/registers.html",
    menu=gettext_lazy("Registers"),
    order=65,
)
def registers(request: Asked) -> Content:
    """Every register kept here: what it is for, how many rows, which rules look for gaps in it."""
    counted = RegisterRow.objects.values("table").annotate(rows=Count("pk"), changed=Max("changed_at"))
    counts: dict[str, Any] = {each["table"]: each for each in counted}
    shown = [register for register in KINDS.values() if request.actor.may(register.reads)]
    return {
        "heading": _("Registers"),
        "registers": [
            {
                "table": register.table,
                "at": reverse("register", args=[register.table]),
                "title": str(register.title),
                "meaning": meaning_of(register.table),
                "rows": counts.get(register.table, {}).get("rows", 0),
                "changed": counts.get(register.table, {}).get("changed"),
                "two_people": register.two_people,
                "confidential": register.confidential,
                "rules": len(rules_reading(register.table)),
            }
            for register in shown
        ],
        "gate": settings.CHOSEN.gate is not None and settings.CHOSEN.gate.url is not None,
        "may_tell": request.actor.may("tell the gate"),
    }


def _register(request: Asked, table: str) -> Register:
    if table not in KINDS:
        raise Http404
    request.actor.need(KINDS[table].reads)
    return KINDS[table]


def _listing(register: Register) -> Listing:
    columns = TABLES[register.table].columns
    first = [column for column in columns if column.name != "owner"][:SHOWN]

    def show(row: RegisterRow, request: Asked) -> dict[str, Any]:
        values = {column.name: row.values.get(column.name, "") for column in first}
        said = {f"{column.name}_words": _value_words(column, values[column.name]) for column in first}
        return {
            **values,
            **said,
            "owner": row.owner,
            "changed_at": row.changed_at,
            "at": reverse("register row", args=[row.table, row.pk]),
        }

    def kept(request: Asked) -> QuerySet[Any]:
        return rows.readable(request.actor, register)

    return Listing(
        name=register.table,
        columns=(
            *(
                Column(key=c.name, title=column_title(c.name), kind="code" if not i else "text", at=None if i else "at")
                for i, c in enumerate(first)
            ),
            Column(key="owner", title=gettext_lazy("Answers for it"), sort="owner"),
            Column(key="changed_at", title=gettext_lazy("Changed"), kind="time", sort="changed_at"),
        ),
        rows=kept,
        show=show,
        sort=("row_key", "pk"),
        filters=tuple(
            Filter(
                name=c.name, title=column_title(c.name), keeps=f"values__{c.name}", values=[(v, value_words(v)) for v in c.values]
            )
            for c in first
            if c.values
        ),
        searches=("row_key__icontains", "owner__icontains"),
    )


@page("registers/<str:table>/", name="register", act="read registers", template="registers/register.html")
def register_page(request: Asked, table: str) -> Content | HttpResponseBase:
    """One register: its rows, the form for another, what the rules said of its gaps."""
    register = _register(request, table)
    last = GapLook.objects.filter(table=table).order_by("-at", "-pk").first()
    return _listing(register).content(
        request,
        section="registers",
        heading=str(register.title),
        table=table,
        meaning=meaning_of(table),
        two_people=register.two_people,
        confidential=register.confidential,
        fields=_fields(table, {}),
        reasons=rows.REASONS,
        rules=[{"path": rule.path, "title": _of(rule.title)} for rule in rules_reading(table)],
        look=_look(last),
        may_keep=request.actor.may("keep registers"),
        proposals=_waiting(table),
    )


def _of(text: Any) -> str:
    return str(text.ja if get_language() == "ja" else text.en)


def _look(look: GapLook | None) -> dict[str, Any] | None:
    if look is None:
        return None
    ja = get_language() == "ja"
    return {
        "looked_at": look.at,
        "by": look.by,
        "books": look.books,
        "regime": look.regime,
        "as_of": look.as_of,
        "rules": look.rules,
        "gaps": [{**each, "sentence": each["ja"] if ja else each["en"]} for each in look.gaps],
    }


def _fields(table: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return [_field(column, values) for column in TABLES[table].columns]


def _value_words(column: RecordColumn, value: Any) -> Any:
    return value_words(value) if value in (("true", "false") if column.kind == "boolean" else column.values) else value


def _field(column: RecordColumn, values: dict[str, Any]) -> dict[str, Any]:
    values_known = ["true", "false"] if column.kind == "boolean" else list(column.values)
    return {
        "name": column.name,
        "title": column_title(column.name),
        "meaning": column_meaning(column.meaning),
        "unit": column.unit,
        "kind": column.kind,
        "values": values_known,
        "values_words": [(each, value_words(each)) for each in values_known],
        "needed": not column.nullable,
        "refers_to": column.refers_to,
        "value": values.get(column.name, ""),
        "value_words": _value_words(column, values.get(column.name, "")),
    }


def _waiting(table: str) -> list[dict[str, Any]]:
    found = Proposal.objects.filter(state="open", proposal_kind="change register", about_id__startswith=f"{table}:")
    return [{"at": reverse("proposal", args=[p.pk]), "about": p.about_id, "by": p.proposed_by, "on": p.proposed_at} for p in found]


@page("registers/<str:table>/rows/<int:pk>/", name="register row", act="read registers", template="registers/row.html")
def row_page(request: Asked, table: str, pk: int) -> Content:
    """One row with every column, its history, and the form to change it."""
    register = _register(request, table)
    row: RegisterRow | None = rows.readable(request.actor, register).filter(pk=pk).first()
    if row is None:
        raise Http404
    return {
        "section": "registers",
        "heading": str(register.title),
        "table": table,
        "row_key": row.row_key,
        "two_people": register.two_people,
        "fields": _fields(table, row.values),
        "history": rows.history(row),
        "changed_at": row.changed_at,
        "changed_by": row.changed_by,
        "reasons": rows.REASONS,
        "may_keep": request.actor.may("keep registers"),
    }


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a register: ``values`` by column (JSON), or ``columns`` and ``cells`` side by side (a form)."""

    reason_code: str
    reason: str = ""
    values: dict[str, str] = {}
    columns: list[str] = []
    cells: list[str] = []


@action("registers/<str:table>/change/", name="change register", act="keep registers")
def change(request: Asked, body: Entry, table: str) -> Done:
    """Add a row, or change the one of the same key."""
    register = _register(request, table)
    if len(body.columns) != len(body.cells):
        raise Unfit(_("Each column needs its cell."))
    given = {**dict(zip(body.columns, body.cells, strict=True)), **body.values}
    done = rows.change(request.actor, register, given, body.reason_code, body.reason)
    at = reverse("register", args=[table])
    if isinstance(done, Proposal):
        return Done(said=_("Proposed; a second person decides."), at=at, content={"proposal": done.pk})
    return Done(said=_("Written into the register."), at=at, content={"row": done.pk})


@action("registers/<str:table>/gaps/", name="look for gaps", act="keep registers")
def look_for_gaps(request: Asked, table: str) -> Done:
    """Ask the rules that read this register for gaps."""
    register = _register(request, table)
    given: Path | None = settings.CHOSEN.books
    folder = None if given is None else Path(settings.FOLDER) / given
    look = gaps.look(request.actor, register, folder, timezone.localdate(request.actor.at))
    said = _("%(gaps)s gaps, %(rules)s rules asked.") % {"gaps": len(look.gaps), "rules": len(look.rules)}
    return Done(said=said, at=f"{reverse('register', args=[table])}#gaps", content={"gaps": look.gaps, "rules": look.rules})


@page("registers/<str:table>/records.csv", name="register file", act="read registers", template="registers/register.html")
def register_file(request: Asked, table: str) -> HttpResponseBase:
    """The register as the CSV file of its record table."""
    register = _register(request, table)
    kept = (dict(row.values) for row in rows.readable(request.actor, register).order_by("row_key"))
    with acting(request.actor.author, "export a register") as act:
        act.note("register", table, "exported", None, {"as": "records"})
    response = HttpResponse(as_csv(table, kept), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table}.csv"'
    return response


@action("registers/gate/tell/", name="tell the gate", act="tell the gate")
def tell(request: Asked) -> Done:
    """Tell the gate what the registers hold."""
    told = telling.tell(request.actor)
    said = _("The gate took in %(rows)s rows of %(tables)s registers.") % {"rows": sum(told.values()), "tables": len(told)}
    return Done(said=said, at=reverse("registers"), content={"told": told})
