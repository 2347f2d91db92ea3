"""Contracts with unregistered operators: what a customer agreed to, with whom, and what the operator can prove about it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="operator_contract",
    meaning="One contract that a customer concluded with an operator.",
    columns=(
        Column("contract_id", "string", "Id of the contract"),
        Column("customer_party_id", "string", "The customer", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("operator", "string", "The operator, by the name in the contract"),
        Column("concluded_on", "date", "Day on which it was concluded", unit="date (Japan)"),
        Column(
            "subject",
            "string",
            "What was sold or agreed",
            values=("crypto_asset", "unlisted_security", "listed_security", "derivatives", "advice"),
        ),
        Column(
            "protection_shown",
            "boolean",
            "Whether the operator proves that the contract did not lack customer protection"
            " (knowledge, experience, assets, purpose); null if nothing is offered",
            nullable=True,
        ),
        Column(
            "no_unjust_profit_shown",
            "boolean",
            "Whether the operator proves that it was not unjust profit-taking; null if nothing is offered",
            nullable=True,
        ),
        Column("amount_jpy", "decimal", "What the customer paid", unit="JPY", nullable=True),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("contract_id",),
)
