"""``sekisho intelligence``: pull from and push to an information-sharing organisation, show what was exchanged, check files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table

from sekisho.intelligence.archive import RECEIVED, SHARED, Archive, Exchanged, fresh_secret
from sekisho.intelligence.receiving import load_lists, pull
from sekisho.intelligence.sharing import (
    ClientWords,
    Report,
    Sender,
    checked,
    clients_of,
    push,
    read_report,
    refuse_client_data,
    report_of_outflow,
    stix_objects,
)
from sekisho.intelligence.stix.validation import CUSTOM, MUST, Fault, Strictness, validate_text
from sekisho.intelligence.store import ListStore
from sekisho.intelligence.taxii import Access, Remote
from sekisho.intelligence.tlp import AUDIENCES, LEVELS, may_see
from sekisho.records import TABLES, RecordsError, open_records

app = typer.Typer(
    help="Threat intelligence: STIX 2.1 over TAXII 2.1 with an information-sharing organisation (ISAC), both ways.",
    no_args_is_help=True,
)
INVALID = 1
_KIND_WORDS = TABLES["information_exchange"].by_name["kind"].values
_ATTACK = "attack_trend"

_Archive = Annotated[Path, typer.Argument(help="Folder of the archive of intelligence.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_Url = Annotated[
    str,
    typer.Option("--collection", help="URL of the TAXII 2.1 collection: https://HOST/ROOT/collections/ID/.", show_default=False),
]
_Organisation = Annotated[
    str, typer.Option("--organisation", help="Whose collection it is, such as JPCrypto-ISAC.", show_default=False)
]
_User = Annotated[str | None, typer.Option("--user", help="User, for a server that asks for one.")]
_Password = Annotated[Path | None, typer.Option("--password-file", help="File whose first line is the password.")]
_Token = Annotated[Path | None, typer.Option("--token-file", help="File whose first line is the access token.")]
_Scheme = Annotated[str, typer.Option("--token-scheme", help="Word before the token: Bearer (RFC 6750), or Token.")]
_Ca = Annotated[Path | None, typer.Option("--ca-file", help="Certificates to trust, PEM. Default: the system's.")]
_Certificate = Annotated[Path | None, typer.Option("--certificate", help="The firm's own certificate, PEM (mutual TLS).")]
_Key = Annotated[Path | None, typer.Option("--key", help="Its private key, PEM, where it is a file of its own.")]
_At = Annotated[str | None, typer.Option("--at", help="Moment in UTC, such as 2026-06-01T09:00:00Z. Default: now.")]


@app.command("pull")
def pull_command(
    archive: _Archive,
    collection: _Url,
    organisation: _Organisation,
    user: _User = None,
    password_file: _Password = None,
    token_file: _Token = None,
    token_scheme: _Scheme = "Bearer",
    ca_file: _Ca = None,
    certificate: _Certificate = None,
    key: _Key = None,
    lists: Annotated[
        Path | None, typer.Option("--lists", help="Folder of lists: what the indicators name becomes a new version.")
    ] = None,
    list_prefix: Annotated[str, typer.Option("--list-prefix", help="The lists are PREFIX-addresses and PREFIX-domains.")] = "isac",
    by: Annotated[str | None, typer.Option("--by", help="Who loads the lists: the person's or the job's id; with --lists.")] = None,
    confidence_min: Annotated[
        int, typer.Option("--confidence-min", min=0, max=100, help="Least confidence of an indicator that is listed.")
    ] = 0,
    per_page: Annotated[int, typer.Option("--per-page", min=1, max=10_000, help="Objects asked for at a time.")] = 100,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Take in what was added to a collection since the last pull: checked, marked, kept as far as the marking allows.

    TLP:RED is recorded by name and hash only. With --lists the addresses and domains that indicators name by themselves
    become list entries with validity, confidence and marking; revoked ones fall away. Exit status 0 when it ran.
    """
    if lists is not None and not by:
        raise RecordsError("--by", "is missing", "say who loads the lists")
    moment = _moment(at)
    store = Archive(archive)
    access = _access(collection, user, password_file, (token_scheme, token_file), ca_file, certificate, key)
    with _progress(as_json) as progress:
        told = pull(
            Remote(access),
            store,
            collection=collection,
            organisation=organisation,
            at=moment,
            per_page=per_page,
            progress=progress,
        )
        if lists is not None:
            told.lists = load_lists(
                store,
                ListStore(lists),
                organisation=organisation,
                list_prefix=list_prefix,
                source=f"{organisation}, {collection}",
                by=str(by),
                at=moment,
                confidence_min=confidence_min,
            )
    result = {
        "pages": told.pages,
        "objects": told.objects,
        "new": told.new,
        "refused": told.refused,
        "withheld": told.withheld,
        "added_after": told.added_after,
        "lists": [{name: row[name] for name in ("list_id", "version", "entries")} for row in told.lists],
    }
    if as_json:
        _echo(result)
        return
    console = Console()
    kept = f"{told.new} new, {told.refused} refused, {told.withheld} known by name only (TLP:RED)"
    console.print(f"{told.objects} objects in {told.pages} pages: {kept}", highlight=False, soft_wrap=True)
    for row in told.lists:
        console.print(f"list {row['list_id']} version {row['version']}: {row['entries']} entries", highlight=False)


@app.command("push")
def push_command(
    archive: _Archive,
    collection: _Url,
    organisation: _Organisation,
    report: Annotated[
        Path | None, typer.Option("--report", help="JSON of what is to be told; the docs page shows its form.")
    ] = None,
    outflow: Annotated[Path | None, typer.Option("--outflow", help="Instead: incident.json of 'sekisho outflow'.")] = None,
    event: Annotated[int, typer.Option("--event", min=1, help="Which event of --outflow.")] = 1,
    marking: Annotated[str, typer.Option("--marking", help="TLP of what --outflow tells: green or clear.")] = "green",
    records: Annotated[
        Path | None,
        typer.Option("--records", help="Records folder: nothing of its clients and wallets may leave.", show_default=False),
    ] = None,
    no_records: Annotated[bool, typer.Option("--no-records", help="Push without looking for clients in the text.")] = False,
    sender: Annotated[str | None, typer.Option("--as", help="Name under which it is told. Default: no name.")] = None,
    with_definition: Annotated[
        bool,
        typer.Option(
            "--with-definition", help="Send the definition of the wallet observable, too; medallion 3.0 cannot read it back."
        ),
    ] = False,
    user: _User = None,
    password_file: _Password = None,
    token_file: _Token = None,
    token_scheme: _Scheme = "Bearer",
    ca_file: _Ca = None,
    certificate: _Certificate = None,
    key: _Key = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the bundle and send nothing.")] = False,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Hand an incident and its addresses to a collection: no client data, identifiers only the firm can compute.

    Text that names a client, an account or a transfer of the records is refused, so is an address of the firm's own. What
    was handed over before is not sent twice. Exit status 0 when the server took everything.
    """
    if (report is None) == (outflow is None):
        raise RecordsError("--report", "or --outflow is needed, not both", "name what is to be told")
    if records is None and not no_records:
        raise RecordsError("--records", "is missing", "name the records, so that nothing of a client leaves; or give --no-records")
    told = read_report(report) if report is not None else _outflow(outflow, event, marking)
    label = (report or outflow or Path("report")).name
    clients = ClientWords()
    if records is not None:
        with open_records(records, only=("party", "account", "transfer", "wallet")) as opened:
            clients = clients_of(opened)
    refuse_client_data(told, clients, label)
    moment, store = _moment(at), Archive(archive)
    objects = stix_objects(told, Sender(secret=store.secret(fresh_secret()), name=sender, with_definition=with_definition), moment)
    if dry_run:
        _echo({"objects": objects})
        return
    access = _access(collection, user, password_file, (token_scheme, token_file), ca_file, certificate, key)
    done = push(Remote(access), store, objects, organisation=organisation, at=moment, marking=told.marking)
    if as_json:
        _echo({"made": done.made, "sent": list(done.sent), "known": done.known})
    else:
        Console().print(f"{len(done.sent)} objects sent, {done.known} known to {organisation} before", highlight=False)


@app.command("show")
def show_command(
    archive: _Archive,
    direction: Annotated[str | None, typer.Option("--direction", help="received or shared. Default: both.")] = None,
    audience: Annotated[
        str, typer.Option("--audience", help=f"Who will see it: {', '.join(AUDIENCES)}; what its marking forbids is left out.")
    ] = "organisation",
    item: Annotated[str | None, typer.Option("--item", help="One object by its id, in full.")] = None,
    owner: Annotated[
        str, typer.Option("--owner", help="Department that answers for the entries of --out.")
    ] = "information security",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the exchange as information_exchange.parquet or .csv into a records folder.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Show what was shared with and received from organisations, by kind and date, to the audience its marking allows."""
    if audience not in AUDIENCES:
        raise RecordsError("--audience", f"'{audience}' is not an audience", f"give one of {', '.join(AUDIENCES)}")
    if direction not in (None, RECEIVED, SHARED):
        raise RecordsError("--direction", f"'{direction}' is not a direction", "give received or shared")
    store = Archive(archive)
    seen = [one for one in store.objects(direction=direction, latest=item is None) if may_see(audience, one.marking)]
    if item is not None:
        _show_item(item, seen)
        return
    rows = [_row(one, owner) for one in seen if one.type not in _FRAME]
    rows += [_note_row(note) for note in store.notes() if direction in (None, note["direction"]) and _may_see_note(audience, note)]
    rows.sort(key=lambda row: (row["exchanged_at"], row["exchange_id"]))
    if out is not None:
        _write_exchange(out, rows)
    hidden = sum(1 for one in store.objects(direction=direction) if not may_see(audience, one.marking))
    if as_json:
        _echo({"audience": audience, "not_shown": hidden, "refused": store.refused(), "exchanges": rows})
        return
    grid = Table("date", "direction", "organisation", "kind", "what", "TLP")
    for row in rows:
        grid.add_row(
            row["exchanged_at"][:10], row["direction"], row["organisation"], row["kind"], row["subject"], row["marking"] or ""
        )
    console = Console()
    console.print(grid)
    console.print(f"{hidden} objects are not for {audience}; {len(store.refused())} were refused", highlight=False)


@app.command("note")
def note_command(
    archive: _Archive,
    organisation: _Organisation,
    direction: Annotated[str, typer.Option("--direction", help="shared or received.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help=f"What it is about: {', '.join(_KIND_WORDS)}.", show_default=False)],
    subject: Annotated[
        str, typer.Option("--subject", help="What it says, in a line, without a word about clients.", show_default=False)
    ],
    owner: Annotated[str, typer.Option("--owner", help="Department that answers for the entry.", show_default=False)],
    marking: Annotated[str | None, typer.Option("--marking", help=f"Traffic light: {', '.join(LEVELS)}.")] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="Records folder: nothing of its clients may be in the line.")
    ] = None,
    at: _At = None,
    as_json: _Json = False,
) -> None:
    """Record what was shared or heard otherwise than as STIX: at a meeting, by telephone, in a report."""
    for name, word, words in (
        ("--direction", direction, (SHARED, RECEIVED)),
        ("--kind", kind, _KIND_WORDS),
        ("--marking", marking, (None, *LEVELS)),
    ):
        if word not in words:
            raise RecordsError(name, f"'{word}' is not known", f"give one of {', '.join(str(w) for w in words if w)}")
    moment, store = _moment(at), Archive(archive)
    clients = ClientWords()
    if records is not None:
        with open_records(records, only=("party", "account", "transfer", "wallet")) as opened:
            clients = clients_of(opened)
    refuse_client_data(checked(Report(name=subject, occurred_at=moment), "--subject"), clients, "--subject")
    row = {
        "note_id": f"note-{len(store.notes()) + 1:06d}",
        "organisation": organisation,
        "direction": direction,
        "kind": kind,
        "exchanged_at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "subject": subject,
        "marking": marking,
        "owner": owner,
    }
    store.note(row)
    if as_json:
        _echo(row)
    else:
        Console().print(f"recorded as {row['note_id']}", highlight=False)


@app.command("validate")
def validate_command(
    files: Annotated[list[Path], typer.Argument(help="STIX 2.1 objects or bundles as JSON.", show_default=False)],
    musts_only: Annotated[bool, typer.Option("--musts-only", help="Leave out what SHOULD be so.")] = False,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="A check to leave out, by its name; repeatable.")] = None,
    custom: Annotated[
        str, typer.Option("--custom", help=f"How custom content is to be given: {', '.join(CUSTOM)} (any: not looked at).")
    ] = "extension",
    unknown: Annotated[
        bool, typer.Option("--unknown-is-fault", help="Properties and types the specification does not define are faults.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Check STIX 2.1 files against every MUST and SHOULD of the specification.

    Exit status 1 on a fault, 2 for a file that cannot be read.
    """
    if custom not in CUSTOM:
        raise RecordsError("--custom", f"'{custom}' is not known", f"give one of {', '.join(CUSTOM)}")
    strictness = Strictness(left_out=frozenset(ignore or ()), custom=custom, unknown_is_fault=unknown)
    told = {}
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecordsError(str(file), f"cannot be read: {error}", "give JSON in UTF-8") from None
        faults = validate_text(text, strictness)
        told[str(file)] = [fault for fault in faults if fault.level == MUST or not musts_only]
    if as_json:
        _echo({name: {"valid": not faults, "faults": [fault._asdict() for fault in faults]} for name, faults in told.items()})
    else:
        _print_faults(told)
    if any(told.values()):
        raise typer.Exit(INVALID)


_FRAME = frozenset({"marking-definition", "extension-definition", "relationship", "identity", "language-content"})
"""Objects that hold others together and are no information of their own."""


def _row(one: Exchanged, owner: str) -> dict[str, Any]:
    """One exchanged object as a row of information_exchange."""
    body = one.body or {}
    name = body.get("name") or body.get("value") or body.get("address") or body.get("abstract")
    return {
        "exchange_id": f"{one.id}|{one.version}",
        "organisation": one.organisation,
        "direction": one.direction,
        "kind": "best_practice" if one.type == "course-of-action" else _ATTACK,
        "exchanged_at": one.exchanged_at,
        "subject": str(name) if name else f"{one.type}, known by its hash only",
        "marking": one.marking,
        "object_type": one.type,
        "sha256": one.sha256,
        "owner": owner,
    }


def _note_row(note: dict[str, str]) -> dict[str, Any]:
    return {
        "exchange_id": note["note_id"],
        **{name: note[name] for name in ("organisation", "direction", "kind", "exchanged_at", "subject", "marking")},
        "object_type": None,
        "sha256": None,
        "owner": note["owner"],
    }


def _may_see_note(audience: str, note: dict[str, str]) -> bool:
    return may_see(audience, note["marking"] or "amber+strict")


def _show_item(item: str, seen: list[Exchanged]) -> None:
    found = [one for one in seen if one.id == item]
    if not found:
        raise RecordsError(item, "is not in the archive, or not for this audience", "'sekisho intelligence show' lists what is")
    if found[-1].body is None:
        raise RecordsError(item, "was not kept: its marking is for the persons it was given to", "ask the organisation")
    _echo(dict(found[-1].body))


def _write_exchange(out: Path, rows: list[dict[str, Any]]) -> None:
    table = TABLES["information_exchange"]
    if out.stem != table.name or out.suffix not in {".parquet", ".csv"}:
        raise RecordsError(
            str(out), "is not a file of the table", "name it information_exchange.parquet or information_exchange.csv"
        )
    timed = [{**row, "exchanged_at": datetime.fromisoformat(row["exchanged_at"])} for row in rows]
    beside = out.with_name(f".{out.name}.tmp")
    try:
        arrow = pa.Table.from_pylist(timed, schema=table.arrow_schema)
        if out.suffix == ".parquet":
            pq.write_table(arrow, beside)
        else:
            _write_csv(beside, rows)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise RecordsError(str(out), f"cannot be written: {error.strerror}", "name a file in a folder that is there") from None


def _write_csv(file: Path, rows: list[dict[str, Any]]) -> None:
    import csv

    names = [column.name for column in TABLES["information_exchange"].columns]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: "" if row[name] is None else row[name] for name in names} for row in rows)


def _print_faults(told: dict[str, list[Fault]]) -> None:
    console = Console()
    for name, faults in told.items():
        counts = Counter(fault.level for fault in faults)
        words = ", ".join(f"{count} {level.upper()}" for level, count in sorted(counts.items())) or "as the specification says"
        console.print(f"{name}: {words}", highlight=False, markup=False, soft_wrap=True)
        for fault in faults:
            console.print(f"  {fault} [{fault.check}]", highlight=False, markup=False, soft_wrap=True)


def _outflow(file: Path | None, event: int, marking: str) -> Report:
    assert file is not None
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return report_of_outflow(told, event, marking)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, RecordsError):
            raise
        raise RecordsError(file.name, f"is not what 'sekisho outflow' writes: {error}", "name its incident.json") from None


def _access(
    url: str,
    user: str | None,
    password_file: Path | None,
    token: tuple[str, Path | None],
    ca_file: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> Access:
    token_scheme, token_file = token
    if token_file is not None and user is not None:
        raise RecordsError("--token-file", "is given together with --user", "give one of the two")
    if not token_scheme.isalnum():
        raise RecordsError("--token-scheme", f"'{token_scheme}' is not one word", "write Bearer, or what the operator says")
    return Access(
        url=url,
        user=user,
        password=_first_line(password_file),
        token=_first_line(token_file),
        token_scheme=token_scheme,
        ca_file=ca_file,
        certificate=certificate,
        key=key,
    )


def _first_line(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").splitlines()[0].strip()
    except (OSError, UnicodeDecodeError, IndexError):
        raise RecordsError(str(file), "cannot be read, or is empty", "give a file whose first line is the secret") from None


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RecordsError("--at", f"'{text}' is not a moment in UTC", "write it as 2026-06-01T09:00:00Z")
    return moment.astimezone(UTC)


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda what, done, of: None
        return
    with Progress(TextColumn("{task.description}"), TextColumn("{task.completed}"), console=console, transient=True) as bar:
        task = bar.add_task("asking", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done)


def _echo(told: dict[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
