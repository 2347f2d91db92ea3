"""Customer balances: what the firm owes each customer at the end of a day, in coins and in yen."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="customer_balance",
    meaning="What one account was owed in one asset at the end of one day.",
    columns=(
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("asset", "string", "The asset; JPY for money", standard="ISO 24165; ISO 4217 for money"),
        Column("as_of_date", "date", "The day, at its end", unit="date (Japan)"),
        Column("quantity", "decimal", "Quantity owed", unit="units of the asset"),
    ),
    key=("account_id", "asset", "as_of_date"),
)
