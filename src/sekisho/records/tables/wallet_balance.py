"""Wallet balances: what each wallet held at a time."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet_balance",
    meaning="What one wallet held at one time.",
    columns=(
        Column("wallet_id", "string", "The wallet", refers_to="wallet.wallet_id"),
        Column("observed_at", "time", "When it was observed", unit="UTC"),
        Column("quantity", "decimal", "Quantity held", unit="units of the asset"),
    ),
    key=("wallet_id", "observed_at"),
)
