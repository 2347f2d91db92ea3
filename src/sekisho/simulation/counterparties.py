"""The other side of transfers: the register of operators, how they are notified, and the wallets that were looked into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import cast

from sekisho.simulation.chain import Row

SUPERVISORS = {"JP": "FSA", "SG": "MAS", "US": "FinCEN"}
NETWORKS = ("SYGNA", "TRP")
YEARS_KNOWN = 2
LOOKED_INTO_BEFORE = timedelta(minutes=10)


def counterparty_rows(
    requests: Sequence[Row], operators: Sequence[tuple[str, str]], first: date, manager: str
) -> dict[str, list[Row]]:
    """Rows of the office's tables about the other side, by table: a firm that has done all that is asked of it.

    ``operators`` are those that its customers send to and receive from, with their country; ``manager`` approves.
    """
    known_since = first - timedelta(days=365 * YEARS_KNOWN)
    return {
        "counterparty_vasp": [_operator(name, country, known_since, manager) for name, country in operators],
        "counterparty_network": [
            {"vasp_id": name, "network": network, "since": known_since} for name, _country in operators for network in NETWORKS
        ],
        "counterparty_wallet": list(_wallets(requests, manager)),
    }


def _operator(name: str, country: str, since: date, manager: str) -> Row:
    return {
        "vasp_id": name,
        "name": f"{name} Ltd",
        "country": country,
        "is_registered": True,
        "supervised_by": SUPERVISORS[country],
        "is_shell": False,
        "deals_with_unsupervised": False,
        "assessed_on": since,
        "approved_by": manager,
        "approved_on": since,
        "responsibilities_on": since,
        "since": since,
    }


def _wallets(requests: Sequence[Row], manager: str) -> Iterator[Row]:
    """One evaluation of each customer's wallet elsewhere, made when the customer named it: before it was first used."""
    named: dict[tuple[str, str], datetime] = {}
    for row in requests:
        if row["counterparty"] != "hosted":
            key = (str(row["account_id"]), str(row["address"]))
            used_at = cast(datetime, row["address_first_used_at"] or row["requested_at"])
            named[key] = min(used_at, cast(datetime, row["requested_at"]), named.get(key, used_at))
    for number, ((account, address), used_at) in enumerate(sorted(named.items()), start=1):
        yield {
            "evaluation_id": f"E{1_000_000 + number}",
            "address": address,
            "account_id": account,
            "evaluated_at": used_at - LOOKED_INTO_BEFORE,
            "evaluated_by": manager,
            "holder": "customer",
            "holder_name": f"Customer {account}",
            "on_chain": True,
            "risk": "low",
            "suspicious": False,
        }
