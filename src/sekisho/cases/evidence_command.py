"""``sekisho evidence``: take findings out as a package that a third party verifies offline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sekisho.cases.evidence import Export, package
from sekisho.cases.foreign import Request
from sekisho.cases.result import find, open_run
from sekisho.cases.verify_package import check, seal_of
from sekisho.records import RecordsError, open_records
from sekisho.rulebook import load_rulebook

DIFFERS = 1


def evidence_command(
    findings: Annotated[list[str], typer.Argument(help="Finding ids or their beginnings; or: verify PACKAGE.zip")],
    result: Annotated[Path, typer.Option("--result", help="Result folder of the inspection.")] = Path("sekisho-out"),
    records: Annotated[
        Path | None, typer.Option("--records", help="Records folder; default: the folder named in run.json, beside the result.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The package to write.")] = Path("evidence.zip"),
    by: Annotated[str, typer.Option("--by", help="Who takes the evidence out.")] = "not stated",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "not stated",
    case: Annotated[str, typer.Option("--case", help="Number of the case.")] = "not stated",
    at: Annotated[
        str | None, typer.Option("--at", help="Time of export (ISO 8601); default: now. Fix it for the same bytes.")
    ] = None,
    abroad: Annotated[str | None, typer.Option("--foreign", help="Add a request for assistance to this foreign authority.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Country of the authority (two letters).")] = None,
    reciprocity: Annotated[
        str | None, typer.Option("--reciprocity", help="Document that assures reciprocity; without it the request is a draft.")
    ] = None,
    seal: Annotated[str | None, typer.Option("--seal", help="With verify: the seal as it was announced.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Pack findings as evidence for an authority or a court, or verify such a package (evidence verify PACKAGE.zip).

    The package holds the records needed, the book around the window, charts, rule text with its values, run.json, a manifest of
    hashes, a chained custody log and verify.py. Verifying: exit status 0 when all is as exported, 1 when something differs.
    """
    if findings[0] == "verify":
        _verify(findings[1:], seal, as_json)
        return
    run, found = open_run(result), find(result, tuple(findings))
    export = Export(by=by, at=at or _now(), case=case, reason=reason, request=None)
    if abroad is not None or country is not None:
        if abroad is None or country is None or len(country) != 2 or not country.isalpha():
            raise RecordsError("--foreign", "needs an authority and --country", "give --foreign NAME --country XX, such as SG")
        request = Request(authority=abroad, country=country.upper(), reciprocity=reciprocity, case=case, by=by, at=export.at)
        export = Export(by=by, at=export.at, case=case, reason=reason, request=request)
    books = open_records(records or _beside(result, str(run["records"]["folder"])))
    content = package(found, run, books, load_rulebook(), export)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    sealed = seal_of(out)
    if as_json:
        told = {"package": str(out), "bytes": len(content), "seal": sealed, "findings": [f["finding_id"] for f in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{out}: {len(found)} findings, {len(content):,} bytes")
    typer.echo(f"seal {sealed}; announce it apart from the package")
    if export.request is not None and not export.request.executable:
        typer.echo("request for assistance: DRAFT, not executable: no assurance of reciprocity is on file (--reciprocity)")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _beside(result: Path, name: str) -> Path:
    """Where the records of an inspection likely are: run.json keeps the folder's name, never a path."""
    for place in (result.parent / name, Path(name)):
        if place.is_dir():
            return place
    raise RecordsError("--records", f"the folder '{name}' named in run.json is not beside the result", "give --records FOLDER")


def _verify(places: list[str], seal: str | None, as_json: bool) -> None:
    if len(places) != 1 or not Path(places[0]).exists():
        raise RecordsError(
            " ".join(places) or "evidence verify", "needs one package that is there", "give PACKAGE.zip or its unpacked folder"
        )
    place = Path(places[0])
    differing, count = check(place, seal)
    if as_json:
        typer.echo(json.dumps({"package": str(place), "files": count, "differs": differing}, ensure_ascii=False, indent=2))
    else:
        for line in differing:
            typer.echo(f"DIFFERS  {line}")
        if not differing:
            typer.echo(f"OK  {count} files are those exported; seal {seal_of(place)}")
    if differing:
        raise typer.Exit(DIFFERS)
