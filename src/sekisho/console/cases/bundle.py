"""The bundle of a case: everything that is its file, hash-listed and sealed, verified offline with ``sekisho evidence verify``."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _

from sekisho import __version__
from sekisho.cases.evidence import Enclosed, Export, package, verifier
from sekisho.cases.package import packed
from sekisho.cases.verify_package import seal_of
from sekisho.console.alerts.models import Alert
from sekisho.console.approvals.models import Proposal
from sekisho.console.cases.books import books
from sekisho.console.cases.findings import finding_of
from sekisho.console.cases.models import Bundle, Case, CaseAlert, CaseLink, CaseParty, Evidence, Handled, Note
from sekisho.console.cases.register import content_of, runs_of
from sekisho.console.cases.seen import alerts_of, seen_of, the_case
from sekisho.console.cases.summary import summary
from sekisho.console.desk.files import store, stored
from sekisho.console.desk.pages import Unfit
from sekisho.console.journal.acting import acting, plain
from sekisho.console.journal.chain import FIRST
from sekisho.console.journal.models import Change
from sekisho.console.people.actor import Actor
from sekisho.engine.order_streams import OrderStreamError
from sekisho.records import RecordsError
from sekisho.rulebook import RulebookError, load_rulebook

_README: Final = """# {case}

{title}

作成者 Made by: {by}
日時 At: {at}
目的 Reason: {reason}

`case/` 事件の記録（担当者の記述、メモ、証拠台帳、変更履歴）。The case file: narrative, notes, register of evidence, journal.
`files/` 証拠ファイル。The files of the register.
`manifest.json`, `custody.jsonl` 全ファイルのハッシュと保管の連鎖。Hashes of every file, and the chain of custody.

検証: `python verify.py`（終了コード0は一致）。
Verify: `python verify.py`, or `sekisho evidence verify` (exit status 0: as it was made).

帳簿の記録は含まれない。The records of the books are not in it: {missing}
"""


def make(actor: Actor, case_id: str, why: str) -> Bundle:
    """Make a bundle and keep it; its row and the chain of every piece in it say so."""
    case = the_case(actor, case_id, "make a bundle of a case")
    if not why.strip():
        raise Unfit({"why": _("say to whom it goes and why")})
    every = alerts_of(case)
    alerts = seen_of(actor, every)
    export = Export(by=actor.person.person_id, at=plain(actor.at), case=case.case_id, reason=why)
    enclosed = Enclosed(files=_files(case, alerts, actor), custody=_custody(case))
    content, missing = _content(case, alerts, export, enclosed)
    if len(alerts) < len(every):
        missing.append(_("%(n)s alerts that the maker of the bundle may not see") % {"n": len(every) - len(alerts)})
    (digest, size), seal = store([content]), _seal(content)
    with acting(actor.author, "make a bundle of a case", reason=why, at=actor.at):
        made = Bundle(
            case=case,
            sha256=digest,
            seal=seal,
            size=size,
            missing="\n".join(missing),
            made_at=actor.at,
            made_by=actor.person.person_id,
            why=why,
        )
        made.save()
        for piece in Evidence.objects.filter(case=case).order_by("pk"):
            Handled(evidence=piece, at=actor.at, by=actor.person.person_id, did="packed", why=f"{digest[:12]}: {why}").save()
    return made


def take(actor: Actor, case_id: str, bundle_id: int, why: str) -> bytes:
    """A bundle that was made, for somebody who says why."""
    case = the_case(actor, case_id, "take evidence out")
    made = Bundle.objects.filter(case=case, pk=bundle_id).first()
    if made is None:
        raise Unfit(_("The case has no such bundle."))
    if not why.strip():
        raise Unfit({"why": _("say what it is taken out for")})
    content = stored(made.sha256)
    with acting(actor.author, "take a bundle out", reason=why, at=actor.at) as act:
        act.note("bundle", str(made.pk), "taken out", None, made.sha256)
    return content


def _content(case: Case, alerts: Sequence[Alert], export: Export, enclosed: Enclosed) -> tuple[bytes, list[str]]:
    """The package with the records, rules and replays where the inspection and its books are at hand; else without, saying why."""
    found, run, why = _inspected(case, alerts)
    missing = [why] if why else []
    there = books()
    if there is None and alerts:
        missing = [_("no books are set in the console")]
    elif there is not None and run is not None and found:
        try:
            content = package([finding_of(a) for a in found], run, there.of(*there.tables), load_rulebook(), export, enclosed)
        except (RecordsError, RulebookError, OrderStreamError) as error:
            missing.append(str(error))
        else:
            return content, missing
    said = "; ".join(missing) or _("the case has no alerts")
    about = {
        "case": export.case,
        "by": export.by,
        "reason": export.reason,
        "exported_at": export.at,
        "software": {"sekisho": __version__},
        "findings": [alert.alert_id for alert in alerts],
        "records_not_enclosed": said,
    }
    readme = _README.format(case=case.case_id, title=case.title, by=export.by, at=export.at, reason=export.reason, missing=said)
    files = {**enclosed.files, "verify.py": verifier(), "README.md": readme.encode()}
    exported = {"action": "exported", "by": export.by, "at": export.at, "case": export.case, "reason": export.reason}
    custody = [*enclosed.custody, exported]
    return packed(files, about, custody), [said] if alerts else []


def _inspected(case: Case, alerts: Sequence[Alert]) -> tuple[list[Alert], dict[str, Any] | None, str]:
    """The alerts of one inspection whose run.json is in the register (the most of them), and what that leaves out."""
    best: tuple[list[Alert], dict[str, Any] | None] = ([], None)
    for run in runs_of(case):
        rules = {told["rule"] for told in run["rules"]}
        own = [a for a in alerts if a.rule in rules and a.regime == run["regime"]["id"] and a.as_of.isoformat() == run["as_of"]]
        if len(own) > len(best[0]):
            best = (own, run)
    if best[1] is None:
        return (
            [],
            None,
            _("the run.json of the inspection is not in the register of the case: add it as evidence") if alerts else "",
        )
    left = [alert.alert_id for alert in alerts if alert not in best[0]]
    return best[0], best[1], _("records of alerts of another inspection: %(alerts)s") % {"alerts": ", ".join(left)} if left else ""


def _files(case: Case, alerts: Sequence[Alert], actor: Actor) -> dict[str, bytes]:
    """The case file itself."""
    pieces = list(Evidence.objects.filter(case=case).order_by("pk"))
    handled: dict[int, list[dict[str, Any]]] = {}
    for link in Handled.objects.filter(evidence__case=case).order_by("pk"):
        handled.setdefault(link.evidence_id, []).append(_row(link))
    notes = Note.objects.filter(case=case).order_by("pk")
    register = [{**_row(piece), "content": None, "chain_of_custody": handled.get(piece.pk, [])} for piece in pieces]
    decided = Proposal.objects.filter(about_kind="case", about_id=case.case_id).order_by("pk")
    files = {
        "case/case.json": _json({**_row(case), "two_people": [_row(each) for each in decided]}),
        "case/alerts.json": _json([_row(alert) for alert in alerts]),
        "case/notes.jsonl": _lines(_row(note) for note in notes),
        "case/journal.jsonl": _lines(journal_of(case)),
        "case/evidence.json": _json(register),
        "case/narrative_en.md": case.narrative_en.encode(),
        "case/narrative_ja.md": case.narrative_ja.encode(),
        "case/summary_en.pdf": summary(case, alerts, actor.at, "en"),
        "case/summary_ja.pdf": summary(case, alerts, actor.at, "ja"),
    }
    return files | {f"files/{piece.pk}_{_name(piece)}": content_of(piece) for piece in pieces}


def journal_of(case: Case) -> Iterable[dict[str, Any]]:
    """The lines of the journal about a case and all that belongs to it, each with the hash before it: each proves itself."""
    wanted = Q(kind=Case.kind(), object=case.case_id)
    # Alerts that were taken out again have no row any more: the journal still knows that they were in.
    once = Change.objects.filter(kind=CaseAlert.kind(), field="case_id", new=case.case_id).values_list("object", flat=True)
    wanted |= Q(kind=CaseAlert.kind(), object__in=list(once))
    for model in (CaseParty, CaseLink, Note, Evidence, Bundle):
        ids = [str(pk) for pk in model.objects.filter(case=case).values_list("pk", flat=True)]
        wanted |= Q(kind=model.kind(), object__in=ids)
    handled = Handled.objects.filter(evidence__case=case).values_list("pk", flat=True)
    proposals = Proposal.objects.filter(about_kind="case", about_id=case.case_id).values_list("pk", flat=True)
    wanted |= Q(kind=Handled.kind(), object__in=[str(pk) for pk in handled])
    wanted |= Q(kind=Proposal.kind(), object__in=[str(pk) for pk in proposals])
    lines = list(Change.objects.filter(wanted).order_by("number"))
    numbers = {line.number - 1 for line in lines}
    before = dict(Change.objects.filter(number__in=numbers).values_list("number", "check_hash"))
    for line in lines:
        yield {**msgspec.to_builtins(line.line()), "before": before.get(line.number - 1, FIRST)}


def _custody(case: Case) -> list[Mapping[str, Any]]:
    """What people did with each piece, as entries of the package's own chain."""
    links = Handled.objects.filter(evidence__case=case).select_related("evidence").order_by("pk")
    return [
        {"action": link.did, "by": link.by, "at": plain(link.at), "evidence": link.evidence.pk, "sha256": link.evidence.sha256}
        for link in links
    ]


def _seal(content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bundle.zip"
        file.write_bytes(content)
        return seal_of(file)


def _name(piece: Evidence) -> str:
    return piece.name or f"{piece.table}_{hashlib.sha256(piece.record_id.encode()).hexdigest()[:8]}.json"


def _row(row: Any) -> dict[str, Any]:
    return {each.attname: plain(getattr(row, each.attname)) for each in row._meta.concrete_fields}


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _lines(rows: Iterable[Any]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
