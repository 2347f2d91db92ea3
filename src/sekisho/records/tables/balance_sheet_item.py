"""Balance sheet items: the accounts that capital is made of, what is taken off it, and the debts behind a holding order."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="balance_sheet_item",
    meaning="One account of the firm's balance sheet (or a figure beside it) on one day.",
    columns=(
        Column("as_of_date", "date", "The day, at its end", unit="date (Japan)"),
        Column(
            "item",
            "string",
            "Which account: those that count as capital (FIB 176(1)), those taken off it (FIB 177(1)), and the debts of CAO 38-2",
            values=(
                "capital_stock",
                "share_subscriptions",
                "capital_surplus",
                "retained_earnings",
                "planned_distributions",
                "valuation_difference",
                "treasury_shares",
                "other_net_assets",
                "statutory_reserves",
                "general_loan_allowance",
                "fixed_assets",
                "deferred_assets",
                "deposits_paid",
                "customer_advances",
                "group_loans",
                "prepayments",
                "prepaid_expenses",
                "group_securities",
                "deliberate_holdings",
                "private_securities",
                "pledged_assets",
                "designated_holdings",
                "liabilities",
                "guarantee_obligations",
                "nonresident_debts",
                "assets_in_japan",
            ),
        ),
        Column("amount_jpy", "decimal", "Amount; a valuation difference may be negative", unit="JPY", sign="any"),
        Column(
            "offset_jpy",
            "decimal",
            "Part of an account of FIB 177(1) that 177(2) to (5) allow not to be taken off, such as the loan a building secures",
            nullable=True,
            unit="JPY",
        ),
    ),
    key=("as_of_date", "item"),
)
