"""What the gate would have known, read from the records: the same view an inspection and a case of the rulebook use."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sekisho.engine.requests import Account, TransferRequest

if TYPE_CHECKING:
    from sekisho.records import Records

_ACCOUNT_COLUMNS = (
    "account_id", "party_id", "kind", "opened_at", "closed_at", "experience", "net_worth_jpy", "income_jpy", "risk_tolerance",
)  # fmt: skip


class RecordsView:
    """Accounts and first uses of addresses, as the records had them before a moment."""

    def __init__(self, records: Records, before: datetime) -> None:
        self._before = before
        born = _birth_dates(records)
        rows = records.account.select(*_ACCOUNT_COLUMNS).to_pyarrow().to_pylist()
        self._accounts = {row["account_id"]: Account(**row, born_on=born.get(row["party_id"])) for row in rows}
        self._first_uses = self._addresses(records)

    def account(self, account_id: str) -> Account:
        """The account; raises KeyError for one that is not known."""
        return self._accounts[account_id]

    def first_used_at(self, account_id: str, address: str) -> datetime | None:
        """When this account first sent to this address; None where it never had before."""
        return self._first_uses.get((account_id, address))

    def _addresses(self, records: Records) -> dict[tuple[str, str], datetime]:
        transfers = records.optional("transfer")
        earlier = transfers.filter((transfers.direction == "out") & (transfers.requested_at < self._before))
        firsts: dict[tuple[str, str], datetime] = {}
        columns = ("account_id", "address", "requested_at", "address_first_used_at")
        for row in earlier.select(*columns).to_pyarrow().to_pylist():
            used_at = min(filter(None, (row["requested_at"], row["address_first_used_at"])))
            key = (row["account_id"], row["address"])
            firsts[key] = min(used_at, firsts.get(key, used_at))
        return firsts


def _birth_dates(records: Records) -> dict[str, date | None]:
    rows = records.optional("party").select("party_id", "born_on").to_pyarrow().to_pylist()
    return {row["party_id"]: row["born_on"] for row in rows}


def transfer_request(row: dict[str, object]) -> TransferRequest:
    """A request as a case or a caller writes it: the columns of ``transfer`` known before the decision."""
    known = {name: row[name] for name in TransferRequest.__dataclass_fields__ if name in row}
    return TransferRequest(**known)  # type: ignore[arg-type]
