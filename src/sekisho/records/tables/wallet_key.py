"""Wallet keys: who holds which key of a wallet, where, on which device, and whether that device was ever on a network."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet_key",
    meaning="One key of one wallet (or a share or backup of it) in the hands of one person, for a period.",
    columns=(
        Column("wallet_id", "string", "The wallet", refers_to="wallet.wallet_id"),
        Column("key_id", "string", "Id of the key or of the share of a key"),
        Column("use", "string", "To sign with, or kept as a backup", values=("signing", "backup")),
        Column(
            "party_id",
            "string",
            "The person who holds it; null where a machine signs with it",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column("place", "string", "Where it is kept: building, safe, or data centre"),
        Column("device", "string", "The device or medium it is on", nullable=True),
        Column(
            "connected_at",
            "time",
            "When that device was first connected to a network; null if it never was",
            nullable=True,
            unit="UTC",
        ),
        Column("since", "date", "First day on which it is so", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it no longer is; null if it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("wallet_id", "key_id", "since"),
)
