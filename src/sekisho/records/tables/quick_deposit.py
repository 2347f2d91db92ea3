"""Quick deposits: money paid in at once through a bank's page or a convenience store, which comes with a limit on transfers out."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="quick_deposit",
    meaning="One deposit of money by quick payment or at a convenience store.",
    columns=(
        Column("deposit_id", "string", "Id of the deposit"),
        Column(
            "account_id",
            "string",
            "The account it was paid into",
            refers_to="account.account_id",
            standard="IVMS101 accountNumber; FIX 1 Account",
        ),
        Column("deposited_at", "time", "When it was credited", unit="UTC"),
        Column("channel", "string", "How it was paid", values=("quick", "convenience_store")),
        Column("amount_jpy", "decimal", "How much", unit="JPY"),
    ),
    key=("deposit_id",),
)
