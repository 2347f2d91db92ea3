"""Wallet destinations: the addresses to which coins of a wallet may go, and since when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet_destination",
    meaning="One address that the firm allows as a destination of one wallet, for a period.",
    columns=(
        Column("wallet_id", "string", "The wallet the coins leave", refers_to="wallet.wallet_id"),
        Column("address", "string", "The address allowed", standard="IVMS101 beneficiary accountNumber"),
        Column("since", "date", "First day on which it is allowed", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it no longer is; null if it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("wallet_id", "address", "since"),
)
