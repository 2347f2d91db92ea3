"""Crypto-asset loans: coins the firm borrowed from others, which are not in its custody and carry no priority right."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="crypto_loan",
    meaning="One loan of crypto-assets to the firm.",
    columns=(
        Column("loan_id", "string", "Id of the loan"),
        Column(
            "party_id",
            "string",
            "The lender; null where the record does not say",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("quantity", "decimal", "Quantity borrowed", unit="units of the asset", sign="positive"),
        Column("borrowed_on", "date", "Day on which it was borrowed", unit="date (Japan)"),
        Column("due_on", "date", "Day on which it is due; null where none is on record", nullable=True, unit="date (Japan)"),
        Column("on_demand", "boolean", "Whether the lender may have it back at any time"),
        Column("returned_on", "date", "Day on which it was given back", nullable=True, unit="date (Japan)"),
        Column(
            "told_at",
            "time",
            "When the lender was shown that the coins are not kept apart and carry no priority right",
            nullable=True,
            unit="UTC",
        ),
        Column("owner", "string", "The department that answers for the loan"),
    ),
    key=("loan_id",),
)
