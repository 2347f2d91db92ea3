"""Reserve volumes: what a business year traded, by base of the liability reserve's formula."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="reserve_volume",
    meaning="The volume of one base of the liability reserve's formula in one business year.",
    columns=(
        Column("business_year_from", "date", "First day of the business year", unit="date (Japan)"),
        Column("business_year_until", "date", "Last day of the business year, itself included", unit="date (Japan)"),
        Column(
            "base",
            "string",
            "Which base: the sub-items of FIB 175(1)(i) in their order, and crypto-assets, for which no rate exists yet",
            values=(
                "equities",
                "equity_futures",
                "equity_options",
                "bond_futures",
                "bond_options",
                "currency_futures",
                "deposit_rate_futures",
                "bill_discount_futures",
                "commodity_futures",
                "commodity_index_futures",
                "commodity_options",
                "crypto_assets",
            ),
        ),
        Column("amount_jpy", "decimal", "Traded value, contract value or premium, as the sub-item says", unit="JPY"),
    ),
    key=("business_year_from", "base"),
)
