"""Firm balances: the firm's capital, reserve and risk items, day by day."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="firm_balance",
    meaning="One item of the firm's own books on one day.",
    columns=(
        Column("as_of_date", "date", "The day, at its end", unit="date (Japan)"),
        Column(
            "item",
            "string",
            "Which item",
            values=(
                "net_assets",
                "capital",
                "basic_items",
                "supplementary_items",
                "deductions",
                "market_risk",
                "counterparty_risk",
                "basic_risk",
                "reserve",
                "insurance_limit",
                "trading_volume",
            ),
        ),
        Column("amount_jpy", "decimal", "Amount", unit="JPY", sign="any"),
    ),
    key=("as_of_date", "item"),
)
