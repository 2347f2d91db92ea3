"""The command ``sekisho records fetch``: a node says what the firm's wallets hold, and it becomes a records folder."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sekisho.records.convert import Conversion
from sekisho.records.errors import RecordsError
from sekisho.records.exact import EXACT
from sekisho.records.nodes import Endpoint, Question, Sighting, fetch, headers_of, sources
from sekisho.records.tokens import read_tokens
from sekisho.records.wallets import read_wallets

UNUSABLE = 2
URL = "SEKISHO_RPC_URL"
"""Environment variable: where the node listens, for an address that holds a key."""


def fetch_command(
    wallets: Annotated[Path, typer.Option("--wallets", help="The firm's wallets: wallet.csv, wallet.parquet or a records folder.")],
    out: Annotated[Path, typer.Option("--out", help="The records folder to make; must not exist yet.")],
    from_node: Annotated[str, typer.Option("--from", help="What the node is: bitcoin-core or ethereum.")],
    url: Annotated[str | None, typer.Option("--url", help=f"Where the node listens; default: the environment's {URL}.")] = None,
    at_height: Annotated[int | None, typer.Option("--at-height", help="The block; default: the newest.", min=0)] = None,
    depth: Annotated[int, typer.Option("--depth", help="Blocks below the newest, instead of --at-height.", min=0)] = 0,
    chain: Annotated[
        str | None,
        typer.Option("--chain", help="The network that must answer: main, test, signet, regtest; for Ethereum main or its number."),
    ] = None,
    asset: Annotated[str | None, typer.Option("--asset", help="The asset the coins stand under; default: BTC or ETH.")] = None,
    tokens: Annotated[Path | None, typer.Option("--tokens", help="ERC-20: CSV with the columns asset, contract, decimals.")] = None,
    cookie_file: Annotated[Path | None, typer.Option("--cookie-file", help="Bitcoin Core's .cookie, to be let in.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds to wait for an answer.", min=0.1)] = 30.0,
    scan_timeout: Annotated[float, typer.Option("--scan-timeout", help="Seconds to wait for the scan.", min=0.1)] = 3600.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Ask a node what the firm's wallets hold at one block, and write it as a records folder.

    One answer for one block: if the chain is reorganised meanwhile, the node is on another chain, still catching up, or no
    longer knows that block, one line says so, nothing is written, and the exit status is 2. What lets us in is read from
    --cookie-file or the environment (SEKISHO_RPC_USER and SEKISHO_RPC_PASSWORD, or SEKISHO_RPC_TOKEN), never from the
    command line. observation.json in the folder says which node answered and for which block.
    """
    console = Console(stderr=True)
    try:
        if at_height is not None and depth:
            raise RecordsError("--depth", "says what --at-height says already", "give one of the two")
        address = url or os.environ.get(URL)
        if not address:
            raise RecordsError("--url", "is missing", f"say where the node listens, or set {URL}")
        source = sources().get(from_node)
        if source is None:
            raise RecordsError(f"--from {from_node}", "is not known", f"choose {' or '.join(sources())}")
        endpoint = Endpoint(address, headers_of(os.environ, cookie_file), timeout)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("asking the node", total=None)
            question = Question(
                book=read_wallets(wallets),
                chain=chain or source.CHAIN,
                at_height=at_height,
                depth=depth,
                tokens=read_tokens(tokens) if tokens else (),
                asset=asset,
                scan_seconds=scan_timeout,
                progress=lambda step: progress.update(task, description=step),
            )
            sighting, conversion = fetch(from_node, endpoint, question, out, tokens)
    except RecordsError as error:
        sys.stderr.write(f"sekisho: {error}\n")
        raise typer.Exit(UNUSABLE) from None
    _print(sighting, conversion, out, as_json)


def _print(sighting: Sighting, conversion: Conversion, out: Path, as_json: bool) -> None:
    observed_at = sighting.observed_at.isoformat().replace("+00:00", "Z")
    totals = dict.fromkeys(sighting.assets, Decimal(0))
    for held in sighting.holdings:
        totals[held.asset] = EXACT.add(totals[held.asset], held.quantity)
    if as_json:
        told = {
            "out": str(out),
            "answered_by": sighting.node,
            "chain": sighting.chain,
            "height": sighting.height,
            "block": sighting.block,
            "observed_at": observed_at,
            "totals": {asset: f"{total:f}" for asset, total in totals.items()},
            "rows": dict(conversion.rows),
            "counts": dict(conversion.counts),
            "notes": list(conversion.notes),
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    table = Table("asset", "wallets", "held", title=f"{out}: block {sighting.height} at {observed_at}", title_justify="left")
    for asset, total in totals.items():
        table.add_row(asset, f"{sum(1 for h in sighting.holdings if h.asset == asset):,}", f"{total:,f}")
    console = Console()
    console.print(table)
    for note in conversion.notes:
        console.print(f"- {note}", markup=False, highlight=False)
