"""What a gate for trying is asked first, so that its queue and its console show something: withdrawals of the books, asked anew."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sekisho.engine.requests import OrderRequest, TransferRequest
from sekisho.gate.gate import Gate
from sekisho.gate.messages import RequestEventIn

if TYPE_CHECKING:
    from sekisho.records import Records

ASKED: Final = 40
BY: Final = ("SYS-WALLET", "SYS-TRADING")
_KNOWN: Final = set(TransferRequest.__struct_fields__) - {"transfer_id", "requested_at", "warning_acknowledged_at"}
_SHOWN: Final = "2026-11"
"""The version of the warning text that the clients of the simulated exchange were shown."""


def ask_first(gate: Gate, records: Records, at: datetime) -> int:
    """Ask the gate for the last withdrawals of the books, for some that cannot go through, and for two orders; how many."""
    table = records.transfer
    rows = table.filter(table.direction == "out").order_by("requested_at").to_pyarrow().to_pylist()[-ASKED:]
    transfers = [_again(f"TRY-{number:03}", row, at) for number, row in enumerate(rows, 1)]
    account = str(rows[-1]["account_id"]) if rows else "A1000001"
    transfers += [_invented(f"TRY-{len(rows) + number:03}", account, at, **other) for number, other in enumerate(_UNUSUAL, 1)]
    for transfer in transfers:
        decision = gate.submit(transfer, f"first {transfer.transfer_id}", BY[0]).result()
        if decision.outcome == "warn" or any(one.kind == "warning_acknowledged" for one in decision.releases):
            party = str(transfer.account_id)
            shown = RequestEventIn(kind="warning_shown", party_id=party, version=_SHOWN, text=decision.client_text.ja)
            gate.tell(transfer.transfer_id, shown, f"first {transfer.transfer_id} shown")
    pair = str(records.instrument.order_by("instrument").limit(1).to_pyarrow().to_pylist()[0]["instrument"])
    price = records.trade.filter(records.trade.instrument == pair).limit(1).to_pyarrow().to_pylist()
    for number, side in enumerate(("buy", "sell"), 1):
        order = OrderRequest(
            order_id=f"TRY-O{number}",
            received_at=at,
            account_id=account,
            instrument=pair,
            side=side,
            order_type="limit",
            quantity=Decimal("0.01"),
            price=price[0]["price"] if price else Decimal(1),
        )
        gate.submit(order, f"first {order.order_id}", BY[1]).result()
    return len(transfers) + 2


def _again(name: str, row: dict[str, Any], at: datetime) -> TransferRequest:
    told = {key: value for key, value in row.items() if key in _KNOWN and value is not None}
    return TransferRequest(transfer_id=name, requested_at=at, **told)


def _invented(name: str, account: str, at: datetime, **other: Any) -> TransferRequest:
    told: dict[str, Any] = {
        "direction": "out",
        "asset": "BTC",
        "quantity": Decimal("0.25"),
        "value_jpy": Decimal(2_500_000),
        "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "counterparty": "unhosted",
    }
    return TransferRequest(transfer_id=name, requested_at=at, account_id=account, **{**told, **other})


_UNUSUAL: Final[tuple[dict[str, Any], ...]] = (
    {"asset": "ETH", "address": "0x" + "de" * 20},
    {"quantity": Decimal(30), "value_jpy": Decimal(300_000_000)},
    {"address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx"},
    {"payee_site": "coincheck-bonus.example"},
)
"""A listed address, a very large one, a mistyped address, and a site that imitates an operator's name."""
