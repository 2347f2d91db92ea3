"""Custody duties: who may do what with client assets, in which department, and since when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="custody_duty",
    meaning="One duty of one person over client assets of one kind, for a period.",
    columns=(
        Column("party_id", "string", "The person", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column(
            "duty",
            "string",
            "What the person does: pays out and receives, compares balances with the books, audits",
            values=("pay", "reconcile", "audit"),
        ),
        Column("asset", "string", "The asset, JPY for money", standard="ISO 24165; ISO 4217 for money"),
        Column("since", "date", "First day of the duty", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it is over; null if it still goes on",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("owner", "string", "The department the person does it in"),
    ),
    key=("party_id", "duty", "asset", "since"),
)
