"""What a live source of balances is: a node is asked once, for one block, and says what every wallet held there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sekisho.records.errors import RecordsError
from sekisho.records.holdings import Held
from sekisho.records.nodes.json_rpc import JsonRpc
from sekisho.records.tokens import Token
from sekisho.records.wallets import WalletBook


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the wallets, and the block (``at_height``, or ``depth`` blocks below the newest).

    ``chain`` is the network the answer must come from. ``scan_seconds`` is how long the longest call may take.
    """

    book: WalletBook
    chain: str
    at_height: int | None = None
    depth: int = 0
    tokens: tuple[Token, ...] = ()
    asset: str | None = None
    scan_seconds: float = 3600.0
    progress: Callable[[str], None] = field(default=lambda step: None, repr=False)

    def height(self, newest: int, node: str) -> int:
        """The height asked for. Raises RecordsError where the chain has not reached it."""
        height = newest - self.depth if self.at_height is None else self.at_height
        if height > newest:
            problem = f"has reached block {newest}, not yet {height}"
            raise RecordsError(node, problem, "ask for a lower block, or wait")
        if height < 0:
            raise RecordsError(node, f"has only {newest} blocks", "ask for a smaller --depth")
        return height


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen: every asset asked for, at one block. ``holdings`` names only addresses of the wallets asked about."""

    node: str
    chain: str
    height: int
    block: str
    observed_at: datetime
    assets: tuple[str, ...]
    holdings: tuple[Held, ...]
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


class Source(Protocol):
    """A kind of node: a module of ``sekisho.records.nodes`` named in ``SOURCES``."""

    NAME: str
    DESCRIPTION: str
    CHAIN: str  # the network meant where none is named

    def look(self, rpc: JsonRpc, question: Question) -> Sighting:
        """Ask the node. Raises RecordsError, one line, where the answer is not certain."""


def wallets_of(book: WalletBook, assets: tuple[str, ...]) -> None:
    """Refuse a wallets file that lists none of the assets."""
    if not any(book.of(asset) for asset in assets):
        remedy = "add them, or name the asset they stand under with --asset"
        raise RecordsError(book.label, f"lists no wallet of {', '.join(assets)}", remedy)


def others_left_out(book: WalletBook, assets: tuple[str, ...]) -> tuple[str, ...]:
    """The sentence that names wallets this node was not asked about."""
    others = [asset for asset in book.assets if asset not in assets]
    number = sum(len(book.of(asset)) for asset in others)
    return (f"{number} wallets of other assets ({', '.join(others)}) were not asked about.",) if others else ()
