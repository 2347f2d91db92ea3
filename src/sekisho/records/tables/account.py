"""Accounts: which party holds which account, and what the firm knows about the customer."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="account",
    meaning="One account at the exchange.",
    columns=(
        Column("account_id", "string", "Id of the account", standard="FIX 1 Account; IVMS101 accountNumber"),
        Column(
            "party_id",
            "string",
            "The party that holds the account",
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column(
            "kind",
            "string",
            "Whose money the account trades",
            values=("customer", "house", "market_maker", "staff", "omnibus"),
            standard="FIX 581 AccountType",
        ),
        Column("opened_at", "time", "When the account was opened", unit="UTC"),
        Column("closed_at", "time", "When the account was closed", nullable=True, unit="UTC"),
        Column("experience", "string", "Trading experience as the customer stated it", nullable=True),
        Column(
            "net_worth_jpy",
            "decimal",
            "Net worth as the customer stated it",
            nullable=True,
            unit="JPY",
            sign="any",
        ),
        Column("income_jpy", "decimal", "Yearly income as the customer stated it", nullable=True, unit="JPY"),
        Column(
            "risk_tolerance",
            "string",
            "How much risk the customer accepts",
            nullable=True,
            values=("low", "medium", "high"),
        ),
    ),
    key=("account_id",),
)
