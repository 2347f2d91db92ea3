"""Transfers: every request to move coins in or out, its counterparty, and what became of it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="transfer",
    meaning="One request to move crypto-assets in or out of an account.",
    columns=(
        Column("transfer_id", "string", "Id of the transfer"),
        Column("requested_at", "time", "When it was requested (out) or noticed (in)", unit="UTC"),
        Column(
            "account_id",
            "string",
            "The customer's account",
            refers_to="account.account_id",
            standard="IVMS101 accountNumber; FIX 1 Account",
        ),
        Column("direction", "string", "Into or out of the firm", values=("in", "out")),
        Column("asset", "string", "The asset", standard="ISO 24165"),
        Column("quantity", "decimal", "Quantity", unit="units of the asset"),
        Column("value_jpy", "decimal", "Value when requested", unit="JPY"),
        Column(
            "address",
            "string",
            "The other side's address",
            standard="IVMS101 beneficiary accountNumber (out), originator accountNumber (in)",
        ),
        Column(
            "address_first_used_at",
            "time",
            "When the account first used this address; null if this is the first time",
            nullable=True,
            unit="UTC",
        ),
        Column(
            "counterparty",
            "string",
            "Whether another firm hosts the other side's wallet",
            values=("hosted", "unhosted", "unknown"),
        ),
        Column(
            "counterparty_vasp",
            "string",
            "The firm that hosts it",
            nullable=True,
            standard="IVMS101 beneficiaryVASP (out), originatingVASP (in)",
        ),
        Column(
            "counterparty_country",
            "string",
            "Country of that firm",
            nullable=True,
            pattern="[A-Z]{2}",
            standard="ISO 3166-1 alpha-2; IVMS101 countryOfRegistration",
        ),
        Column(
            "travel_rule_payload",
            "string",
            "Originator and beneficiary as sent or received, JSON",
            nullable=True,
            standard="IVMS101 IdentityPayload",
        ),
        Column("purpose", "string", "Purpose as the customer stated it", nullable=True),
        Column(
            "warning_acknowledged_at",
            "time",
            "When the customer acknowledged the fraud warning",
            nullable=True,
            unit="UTC",
        ),
        Column("released_at", "time", "When it was released", nullable=True, unit="UTC"),
        Column("txid", "string", "Transaction on the chain", nullable=True),
        Column(
            "status",
            "string",
            "What became of it",
            values=("requested", "held", "released", "refused", "completed"),
        ),
    ),
    key=("transfer_id",),
)
