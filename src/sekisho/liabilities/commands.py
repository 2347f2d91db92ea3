"""``sekisho liabilities``: prove what is owed to every client, take and verify proofs, audit a day."""

from __future__ import annotations

import json
import re
import secrets as randomness
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.liabilities.audit import audit
from sekisho.liabilities.balances import read_balances
from sekisho.liabilities.chance import SHARES, Unseen, unseen_table
from sekisho.liabilities.codec import HASH_BYTES, TEXT_BYTES_MAX, Terms
from sekisho.liabilities.manifest import NAME, Manifest, as_json, manifest_of, quantity, read_manifest, split_views, written
from sekisho.liabilities.reserves import read_holdings, reserve_json
from sekisho.liabilities.store import PAGE, open_day, write_day, write_private
from sekisho.liabilities.tree import Progress as Told
from sekisho.liabilities.tree import Tree, build
from sekisho.liabilities.verify import REASONS, Verdict, verify
from sekisho.liabilities.verify import as_json as verdict_json
from sekisho.records.errors import RecordsError
from sekisho.rulebook.commands import parse_day

FAILED = 1
PROOF_SUFFIX = ".proof"
_PROOF_BYTES_MAX = 1 << 20

app = typer.Typer(help="Proof of liabilities: every client can check that his balance is counted.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="Day of the balances, a Japan date. Default: the last one there.")]
_Scale = Annotated[
    list[str] | None, typer.Option("--scale", help="ASSET=PLACES: decimal places of an asset; default: as its balances need.")
]
_Client = Annotated[list[str] | None, typer.Option("--client", help="Take the proof of this client; repeatable.")]
_Proofs = Annotated[
    str | None, typer.Option("--proofs", help="Take proofs of 'all', or of the client ids in this file, one a line.")
]


@app.command("prove")
def prove_command(
    balances: Annotated[
        Path,
        typer.Argument(
            help="Records folder with customer_balance, a Parquet or CSV file of it, or a CSV with one column per asset."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder of the day; written whole or not at all.")],
    venue: Annotated[str, typer.Option("--venue", help="Who publishes; part of what the root binds.")] = "not stated",
    as_of: _AsOf = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="Manifest of the publication before, which the root then binds.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="File with a secret of 32 bytes or more; default: a new random one.")
    ] = None,
    scale: _Scale = None,
    assets: Annotated[
        Path | None, typer.Option("--assets", help="CSV of addresses with signed messages and balances at a block.")
    ] = None,
    holdings: Annotated[
        Path | None, typer.Option("--holdings", help="Records folder whose wallet_balance gives the balances of --assets.")
    ] = None,
    client: _Client = None,
    proofs: _Proofs = None,
    share: Annotated[
        list[float] | None,
        typer.Option("--share", help="Share of clients who verify, for the chance printed; repeatable.", min=0, max=1),
    ] = None,
    as_json_: _Json = False,
) -> None:
    """Build the tree over all client balances: manifest.json and verify.html to publish, private/ to keep.

    A balance below zero, a client twice, an amount that is not exact or a sum out of range stops it with exit status 2. The
    chance that clients who were left out stay unseen is printed with the result.
    """
    chances = tuple(share or SHARES)
    with _progress(as_json_) as told:
        read = read_balances(balances, parse_day(as_of) if as_of else None, _scales(scale), told)
        day = read.day or (parse_day(as_of) if as_of else None)
        if day is None:
            raise RecordsError(balances.name, "does not say of which day it is", "give --as-of YYYY-MM-DD")
        before = read_manifest(previous) if previous is not None else None
        terms = _terms(venue, day, len(read.ids), before, read.assets)
        tree = build(read.ids, read.amounts, terms, _secret(key), told)
        manifest, more = _public(tree, assets, holdings)
        write_day(tree, out, more)
        taken = _take(tree, out, client, proofs, told)
    result = as_json(manifest) | {"out": str(out), "proofs": taken, "reserve": json.loads(more["reserve.json"]) if more else None}
    result["unseen"]["chances"] = [_chance_json(one) for one in unseen_table(terms.clients, chances)]
    if as_json_:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        _print_day(manifest, result, out, chances)


@app.command("proofs")
def proofs_command(
    folder: Annotated[Path, typer.Argument(help="Folder that prove wrote.")],
    client: _Client = None,
    proofs: _Proofs = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the proof files. Default: proofs/ in the folder.")] = None,
    as_json_: _Json = False,
) -> None:
    """Take proofs of single clients from a day's folder: --client ID, or --proofs all or FILE."""
    if not client and not proofs:
        raise RecordsError("liabilities proofs", "no client was asked for", "give --client ID, or --proofs all or FILE")
    with _progress(as_json_) as told:
        taken = _take(open_day(folder), folder, client, proofs, told, out)
    typer.echo(json.dumps(taken, ensure_ascii=False, indent=2) if as_json_ else f"{taken['count']} proofs in {taken['folder']}")


@app.command("verify")
def verify_command(
    proof: Annotated[
        list[Path], typer.Argument(help="Proof file as the venue issued it; several are also compared with each other.")
    ],
    root: Annotated[
        str | None, typer.Option("--root", help="The published root: 64 hexadecimal digits, or the published manifest.json.")
    ] = None,
    client: Annotated[str | None, typer.Option("--client", help="Your client id: the proof must be about it.")] = None,
    balance: Annotated[list[str] | None, typer.Option("--balance", help="ASSET=QUANTITY you expect; repeatable.")] = None,
    as_json_: _Json = False,
) -> None:
    """Check that a client's balance is counted. Exit status 0 when it is, 1 when it is not, and why.

    Without --root only the file's own hashes and sums are checked: compare the root it prints with the published one.
    """
    published, expected = _root(root), dict(_pair(text, "--balance") for text in balance or ())
    verdicts = [(place, verify(_content(place), published, client, expected)) for place in proof]
    views = split_views((v.proof.terms.venue, v.proof.terms.day, v.root, str(place)) for place, v in verdicts if v.proof and v.root)
    if as_json_:
        told = [{"file": str(place)} | verdict_json(verdict) for place, verdict in verdicts]
        typer.echo(json.dumps(told[0] if len(told) == 1 else {"proofs": told, "split_views": views}, ensure_ascii=False, indent=2))
    else:
        for place, verdict in verdicts:
            _print_verdict(place, verdict)
        for view in views:
            typer.echo(f"SPLIT VIEW  {view}")
    if views or not all(verdict.holds for _, verdict in verdicts):
        raise typer.Exit(FAILED)


@app.command("audit")
def audit_command(
    folder: Annotated[Path, typer.Argument(help="Folder that prove wrote, with its private files.")],
    balances: Annotated[
        Path | None, typer.Option("--balances", help="The books again: every client and balance is compared.")
    ] = None,
    as_of: _AsOf = None,
    published: Annotated[
        list[Path] | None,
        typer.Option("--published", help="Manifest as others were shown it; repeatable. Two roots for one day are told."),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="Manifest of the publication before: the chain is checked.")
    ] = None,
    as_json_: _Json = False,
) -> None:
    """Recompute a day for the auditor: order, ids, sums, every hash, sampled proofs, books, chain, one view for all.

    Exit status 0 when all holds, 1 when something does not.
    """
    with _progress(as_json_) as told:
        day = parse_day(as_of) if as_of else None
        if balances is not None and day is None:
            day = date.fromisoformat(read_manifest(folder).terms.day)
        books = read_balances(balances, day, None, told) if balances is not None else None
        checks = audit(folder, books, tuple(published or ()), previous, told)
    if as_json_:
        result = {
            "holds": all(c.holds for c in checks),
            "checks": [{"check": c.name, "holds": c.holds, "seen": c.seen} for c in checks],
        }
        typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        for check in checks:
            typer.echo(f"{'OK    ' if check.holds else 'FAILS '} {check.name}: {check.seen}")
    if not all(check.holds for check in checks):
        raise typer.Exit(FAILED)


def _terms(venue: str, day: date, clients: int, before: Manifest | None, assets: tuple[Any, ...]) -> Terms:
    if not venue.strip() or len(venue.encode()) > TEXT_BYTES_MAX:
        raise RecordsError("--venue", "is empty or longer than 255 bytes", "give the venue's name")
    if before is not None and (before.terms.venue != venue or before.terms.day >= day.isoformat()):
        shown = f"'{before.terms.venue}' on {before.terms.day}"
        raise RecordsError(
            "--previous", f"is of {shown}, not an earlier day of '{venue}'", "give the manifest published before this one"
        )
    return Terms(venue, day.isoformat(), clients, before.root if before else bytes(HASH_BYTES), assets)


def _secret(file: Path | None) -> bytes:
    if file is None:
        return randomness.token_bytes(32)
    try:
        if file.stat().st_mode & 0o077:
            raise RecordsError(
                str(file), "can be read by others", "chmod 600 it: who has the key can find every client in the tree"
            )
        content = file.read_bytes()
    except OSError as error:
        raise RecordsError(
            str(file), f"cannot be read: {error.strerror}", "give a file with a secret of 32 bytes or more"
        ) from None
    if len(content) < 32:
        raise RecordsError(
            str(file), f"holds {len(content)} bytes", "give a secret of 32 bytes or more, such as 'openssl rand -hex 32'"
        )
    return content


def _public(tree: Tree, assets: Path | None, holdings: Path | None) -> tuple[Manifest, dict[str, str]]:
    manifest = manifest_of(tree)
    if assets is None:
        if holdings is not None:
            raise RecordsError("--holdings", "needs --assets", "give the addresses with their signed messages too")
        return manifest, {}
    return manifest, {"reserve.json": written(reserve_json(manifest, read_holdings(assets, manifest, holdings)))}


def _take(
    tree: Tree, folder: Path, clients: list[str] | None, proofs: str | None, told: Told, out: Path | None = None
) -> dict[str, Any]:
    """Writes proofs; the folder and its files are readable by their owner alone, for each holds a client's balance."""
    if not clients and proofs is None:
        return {"count": 0, "folder": None}
    place = out or folder / "proofs"
    indexes = list(_indexes(tree, clients or [], proofs))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for done, index in enumerate(indexes, 1):
        proof = tree.proof(index)
        write_private(place / proof_name(proof.client), proof.encoded())
        if done % 100 == 0 or done == len(indexes):
            told("taking proofs", done, len(indexes))
    return {"count": len(indexes), "folder": str(place)}


def _indexes(tree: Tree, clients: Iterable[str], proofs: str | None) -> Iterator[int]:
    asked = list(clients)
    if proofs == "all":
        yield from range(tree.terms.clients)
        return
    if proofs is not None:
        try:
            asked += [line for line in Path(proofs).read_text(encoding="utf-8").splitlines() if line]
        except OSError as error:
            raise RecordsError(
                proofs, f"cannot be read: {error.strerror}", "give 'all' or a file of client ids, one a line"
            ) from None
    for client in asked:
        index = tree.index(client)
        if index is None:
            raise RecordsError(
                "--client" if proofs is None else proofs, f"'{client}' is not in the tree", "give ids as in the balances"
            )
        yield index


def proof_name(client: str) -> str:
    """File name of a client's proof: his id where it is a plain name, else a hash of it."""
    plain = re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", client)
    return (client if plain else sha256(client.encode()).hexdigest()[:32]) + PROOF_SUFFIX


def _scales(texts: list[str] | None) -> dict[str, int]:
    scales = {}
    for name, value in (_pair(text, "--scale") for text in texts or ()):
        if not value.isdecimal() or int(value) > 18:
            raise RecordsError("--scale", f"'{value}' is not a number of places", "give ASSET=PLACES, 0 to 18")
        scales[name] = int(value)
    return scales


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise RecordsError(option, f"'{text}' is not NAME=VALUE", "give it like BTC=0.5")
    return name, value


def _root(text: str | None) -> bytes | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    if re.fullmatch(r"(0x)?[0-9a-fA-F]+", text) and not Path(text).exists():
        raise RecordsError("--root", f"has {len(text)} digits", "give all 64 hexadecimal digits: a part of a root binds nothing")
    return read_manifest(Path(text)).root


def _content(place: Path) -> bytes:
    try:
        if place.stat().st_size > _PROOF_BYTES_MAX:
            return b"too large to be a proof"
        return place.read_bytes()
    except OSError as error:
        raise RecordsError(str(place), f"cannot be read: {error.strerror}", "give the proof file you were sent") from None


def _chance_json(one: Unseen) -> dict[str, Any]:
    return {
        "omitted": one.omitted,
        "share_verifying": one.share,
        "exact": float(f"{one.exact:.6g}"),
        "approximate": float(f"{one.approximate:.6g}"),
    }


def _print_verdict(place: Path, verdict: Verdict) -> None:
    en, ja = REASONS[verdict.reason]
    typer.echo(f"{'OK' if verdict.holds else 'FAILS'}  {place}: {en}")
    typer.echo(f"    {ja}")
    if verdict.detail:
        typer.echo(f"    {verdict.detail}")
    if verdict.proof is None:
        return
    proof = verdict.proof
    typer.echo(f"    {proof.terms.venue}, {proof.terms.day}, client {proof.client}, one of {proof.terms.clients:,}")
    for asset, held in zip(proof.terms.assets, proof.balances, strict=True):
        if held:
            typer.echo(f"    {asset.symbol} {quantity(held, asset.scale)}")
    if verdict.root is not None:
        typer.echo(f"    root {verdict.root.hex()}")


def _print_day(manifest: Manifest, result: dict[str, Any], out: Path, shares: tuple[float, ...]) -> None:
    console = Console()
    typer.echo(f"{manifest.terms.venue}, {manifest.terms.day}: {manifest.terms.clients:,} clients")
    typer.echo(f"root {manifest.root.hex()}")
    reserve = {row["asset"]: row for row in (result["reserve"] or {"assets": []})["assets"]}
    table = Table("asset", "owed to clients", *(("verified holdings", "ratio") if reserve else ()))
    for asset in result["assets"]:
        row = reserve.get(asset["asset"])
        table.add_row(asset["asset"], asset["total"], *((row["verified"], row["ratio"] or "nothing owed") if row else ()))
    console.print(table)
    chances = Table(
        "clients left out",
        *(f"{share:.2%} verify" for share in shares),
        title="Chance that nobody left out is among those who verify",
        title_justify="left",
    )
    told = result["unseen"]["chances"]
    for omitted in dict.fromkeys(one["omitted"] for one in told):
        chances.add_row(f"{omitted:,}", *(f"{one['exact']:.4g}" for one in told if one["omitted"] == omitted))
    console.print(chances)
    typer.echo("  exact, where who verifies does not depend on who is left out; an exchange that knows who never looks does better")
    typer.echo(f"publish {out / NAME} and {out / PAGE}; keep {out / 'private'}")
    if result["proofs"]["count"]:
        typer.echo(f"{result['proofs']['count']} proofs in {result['proofs']['folder']}")


@contextmanager
def _progress(quiet: bool) -> Iterator[Told]:
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda what, done, of: None
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
