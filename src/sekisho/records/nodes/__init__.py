"""Live sources of balances: a node is asked what the firm's wallets hold at one block, and the answer becomes records.

``fetch`` writes a records folder with ``wallet``, ``wallet_balance`` and an account of how it came about; it appears when
it is complete. A kind of node is a module with ``NAME``, ``DESCRIPTION``, ``CHAIN`` and ``look``, listed in ``sources``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from sekisho.records.convert import Conversion, digest, whole_folder
from sekisho.records.convert.staging import Staging
from sekisho.records.errors import RecordsError
from sekisho.records.holdings import Booking, Covered, write_balances
from sekisho.records.nodes import bitcoin_core, ethereum
from sekisho.records.nodes.json_rpc import Endpoint, JsonRpc, headers_of
from sekisho.records.nodes.source import Question, Sighting, Source

__all__ = ["Endpoint", "Question", "Sighting", "Source", "fetch", "headers_of", "sources"]

ACCOUNT_FILE = "observation.json"
"""Where a fetched folder says which node answered, for which block, and what does not count."""


def sources() -> Mapping[str, Source]:
    """Every kind of node by its name."""
    return {module.NAME: cast(Source, module) for module in (bitcoin_core, ethereum)}


def fetch(
    source_name: str, endpoint: Endpoint, question: Question, out: Path, tokens: Path | None = None
) -> tuple[Sighting, Conversion]:
    """Ask the node at ``endpoint`` and write the new records folder ``out``.

    Raises RecordsError, one line, and leaves nothing behind where the node's answer is missing or not certain.
    """
    source = sources().get(source_name)
    if source is None:
        raise RecordsError(f"node {source_name}", "is not known", f"choose {' or '.join(sources())}")
    if tokens is not None and source_name != ethereum.NAME:
        raise RecordsError("--tokens", f"is not read for {source_name}", "leave it out")
    with whole_folder(out, endpoint.label) as unfinished:
        sighting = source.look(JsonRpc(endpoint), question)
        with Staging(unfinished) as staging:
            question.progress("writing tables")
            covered = Covered(endpoint.label, dict.fromkeys(sighting.assets, sighting.observed_at))
            notes, counts = write_balances(staging, sighting.holdings, Booking(question.book), covered)
            conversion = staging.conversion((*sighting.notes, *notes), {**sighting.counts, **counts})
        account = _account(source.NAME, endpoint, question, sighting, conversion, tokens)
        (unfinished / ACCOUNT_FILE).write_text(account, encoding="utf-8")
    return sighting, conversion


def _account(
    name: str, endpoint: Endpoint, question: Question, sighting: Sighting, conversion: Conversion, tokens: Path | None
) -> str:
    account = {
        "node": name,
        "answered_by": sighting.node,
        "endpoint": endpoint.label,
        "chain": sighting.chain,
        "height": sighting.height,
        "block": sighting.block,
        "observed_at": sighting.observed_at.isoformat().replace("+00:00", "Z"),
        "assets": list(sighting.assets),
        "wallets": digest(question.book.path),
        "tokens": digest(tokens) if tokens else None,
        "rows": dict(conversion.rows),
        "counts": {key: value for key, value in conversion.counts.items() if key != "calls"},
        "notes": list(conversion.notes),
    }
    return json.dumps(account, indent=1, ensure_ascii=False) + "\n"
