"""Retention: how long each kind of record is kept, by which provision, what may be removed now, and how two people remove it.

A removal takes the rows away and what the journal's lines said of them; the lines stay, so the chain holds, and a line of its own
tells that it was done (``chain.py``). The books themselves are not the office's: whoever keeps them removes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sekisho.console.administration.models import Hold
from sekisho.console.approvals.four_eyes import Takes, propose, takes_two
from sekisho.console.approvals.models import Proposal
from sekisho.console.desk.files import forget
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import REMOVAL, Kept, acting, one_writer
from sekisho.console.journal.chain import ERASED
from sekisho.console.journal.keeping import kept_for
from sekisho.console.journal.models import Change
from sekisho.console.journal.naming import ends_title, kind_title
from sekisho.console.journal.rows import kinds
from sekisho.console.people.actor import Actor

AT_ONCE: Final = 500


def due(kind: type[Kept], at: datetime) -> models.QuerySet[Any]:
    """The records of a kind whose time is over and which nobody holds."""
    keeping = kept_for().get(kind.kind())
    rows = kind._base_manager.order_by("pk")
    if keeping is None or not keeping.ends:
        return rows.none()
    local = timezone.localtime(at)
    limit: Any = local.replace(year=local.year - keeping.years, day=min(local.day, 28))
    if not isinstance(_field(kind, keeping.ends[0]), models.DateTimeField):
        limit = limit.date()
    return rows.alias(ended=Coalesce(*keeping.ends) if keeping.ends[1:] else F(keeping.ends[0])).filter(ended__lt=limit)


def _field(kind: type[models.Model], path: str) -> models.Field[Any, Any]:
    first, _two, rest = path.partition("__")
    field: Any = kind._meta.get_field(first)
    return _field(field.related_model, rest) if rest else field


def held_back(row: Kept, at: datetime) -> str | None:
    """Why a record whose time is over stays all the same; None: nothing holds it."""
    parties = {str(party) for party in getattr(row, "parties", None) or ()} | {str(getattr(row, "party_id", ""))} - {""}
    holds = Hold.objects.filter(ended_at=None).filter(
        models.Q(record_kind=row.kind(), record_id=str(row.pk)) | models.Q(party_id__in=parties)
    )
    if hold := holds.first():
        return _("held by %(who)s: %(why)s") % {"who": hold.put_by, "why": hold.why}
    for other in _standing_on(row):
        if not due(type(other), at).filter(pk=other.pk).exists() or held_back(other, at):
            return _("%(kind)s %(id)s stands on it and stays") % {"kind": kind_title(other.kind()), "id": other.pk}
    return None


def _standing_on(row: Kept) -> Iterator[Kept]:
    """The records that refer to this one."""
    for relation in row._meta.related_objects:
        if isinstance(relation, models.ManyToOneRel) and issubclass(relation.related_model, Kept):
            yield from relation.related_model._base_manager.filter(**{relation.field.name: row})


def overview(at: datetime) -> list[dict[str, Any]]:
    """Every kind of record: how long it is kept, by what, how many there are, and of how many the time is over."""
    told = []
    for kind in kinds():
        keeping = kept_for().get(kind.kind())
        told.append(
            {
                "kind": kind.kind(),
                "title": str(kind._meta.verbose_name_plural),
                "years": keeping.years if keeping and keeping.ends else None,
                "from": " | ".join(keeping.ends) if keeping else None,
                "from_words": [ends_title(kind.kind(), each) for each in keeping.ends] if keeping else [],
                "provision": keeping.provision if keeping else None,
                "why": keeping.why if keeping else _("nobody has said how long: it is kept"),
                "count": kind._base_manager.count(),
                "due": due(kind, at).count(),
            }
        )
    return told


def may_go(kind: type[Kept], at: datetime) -> tuple[list[str], list[tuple[str, str]]]:
    """Of the first records whose time is over: the ids that may go, and those that stay with the reason."""
    go, stay = [], []
    for row in due(kind, at)[:AT_ONCE]:
        why = held_back(row, at)
        if why is None:
            go.append(str(row.pk))
        else:
            stay.append((str(row.pk), why))
    return go, stay


def propose_removal(actor: Actor, kind_name: str, words: str) -> Proposal:
    """Propose that the records of a kind whose time is over go, at most ``AT_ONCE`` at once."""
    kind = _kind(kind_name)
    go, _stay = may_go(kind, actor.at)
    if not go:
        raise Unfit({"kind": _("nothing of this kind may be removed now")})
    return propose(
        actor, REMOVAL, ("retention", kind_name), reason_code="over", reason=words, payload={"kind": kind_name, "ids": go}
    )


def _kind(name: str) -> type[Kept]:
    for kind in kinds():
        if kind.kind() == name:
            return kind
    raise Unfit({"kind": _("there is no such kind of record")})


def _remove(proposal: Proposal, actor: Actor) -> None:
    """Remove what was proposed, looked at once more: whatever is held since then stays, and with it all of the proposal."""
    kind = _kind(proposal.payload["kind"])
    rows = {str(row.pk): row for row in due(kind, actor.at).filter(pk__in=proposal.payload["ids"])}
    for pk in proposal.payload["ids"]:
        if pk not in rows or (why := held_back(rows[pk], actor.at)):
            raise Unfit(
                _("%(id)s stays: %(why)s") % {"id": pk, "why": why if pk in rows else _("its time is not over, or it is gone")}
            )
    for row in rows.values():
        _remove_with_what_stands_on_it(row, actor)


def _remove_with_what_stands_on_it(row: Kept, actor: Actor) -> None:
    for other in list(_standing_on(row)):
        _remove_with_what_stands_on_it(other, actor)
    kind, pk = row.kind(), str(row.pk)
    named = _file_of(row)
    row.delete()
    if named and not _is_named(named):
        transaction.on_commit(lambda: forget(named))
    one_writer()
    lines = Change.objects.filter(kind=kind, object=pk).exclude(field__in=("removed", ERASED))
    count = lines.update(old=None, new=None, reason="", salt="")
    with acting(actor.author, "remove records") as act:
        act.note(kind, pk, ERASED, None, {"lines": count, "provision": kept_for()[kind].provision})


def _file_of(row: Kept) -> str:
    """The SHA-256 of the file of the store the record names; empty: it names none."""
    keeping = kept_for().get(row.kind())
    return str(getattr(row, keeping.file) or "") if keeping and keeping.file else ""


def _is_named(sha256: str) -> bool:
    """Whether some record names this file of the store still."""
    found = {kind: kept_for().get(kind.kind()) for kind in kinds()}
    return any(kind._base_manager.filter(**{each.file: sha256}).exists() for kind, each in found.items() if each and each.file)


def _end_hold(proposal: Proposal, actor: Actor) -> None:
    hold = Hold.objects.get(pk=proposal.about_id)
    hold.ended_at = actor.at
    hold.save()


takes_two(
    Takes(
        kind=REMOVAL,
        title=gettext_lazy("Remove records whose time is over"),
        propose="propose a removal",
        approve="approve a removal",
        reasons=(("over", gettext_lazy("The time for which they are kept is over")),),
        effect=_remove,
        at=lambda _proposal: reverse("retention"),
    )
)
takes_two(
    Takes(
        kind="end a hold",
        title=gettext_lazy("End a hold"),
        propose="hold records",
        approve="hold records",
        reasons=(("done", gettext_lazy("What they were needed for is done")), ("mistaken", gettext_lazy("It was put by mistake"))),
        effect=_end_hold,
        at=lambda _proposal: reverse("retention"),
    )
)


def put_hold(actor: Actor, kind: str, record_id: str, party_id: str, why: str) -> Hold:
    """Hold one record, or everything of a party."""
    if not party_id and not (kind and record_id):
        raise Unfit({"record_id": _("name a record by kind and id, or a party")})
    if kind:
        _kind(kind)
    if not why.strip():
        raise Unfit({"why": _("say why")})
    hold = Hold(record_kind=kind, record_id=record_id, party_id=party_id, why=why, put_by=actor.person.pk, put_at=actor.at)
    with acting(actor.author, "hold records", reason=why):
        hold.save()
    return hold
