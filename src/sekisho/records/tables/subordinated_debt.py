"""Subordinated debts: what the firm owes behind all others, with the terms that let it count as capital."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="subordinated_debt",
    meaning="One subordinated loan or bond of the firm with the amount owed, for a period.",
    columns=(
        Column("debt_id", "string", "Id of the debt"),
        Column("kind", "string", "A loan, or a bond", values=("loan", "bond")),
        Column("since", "date", "First day on which this amount is owed", unit="date (Japan)"),
        Column(
            "until",
            "date",
            "First day on which it no longer is; null if it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("amount_jpy", "decimal", "Principal owed", unit="JPY"),
        Column("contracted_on", "date", "Day of the contract or of issue", unit="date (Japan)"),
        Column("due_on", "date", "Day on which it is repaid or redeemed", unit="date (Japan)"),
        Column("secured", "boolean", "Whether anything secures it"),
        Column(
            "early_repayment",
            "string",
            "Repayment before time: none agreed, only at the firm's will with the authority's approval, or otherwise",
            values=("none", "approved_only", "other"),
        ),
        Column(
            "payments_stop",
            "string",
            "What is not paid while it would break the minimum ratio: nothing agreed, interest, or principal and interest",
            values=("none", "interest", "principal_and_interest"),
        ),
        Column(
            "not_counted_jpy",
            "decimal",
            "Part lent or held by the firm, its subsidiaries or affiliates, or by somebody the firm funds on purpose",
            nullable=True,
            unit="JPY",
        ),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("debt_id", "since"),
)
