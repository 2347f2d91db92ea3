"""Asset returns: what went back to clients of a closing exchange, or over to a successor, and when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="asset_return",
    meaning="One return of one client's money or crypto-assets.",
    columns=(
        Column("return_id", "string", "Id of the return"),
        Column("account_id", "string", "The client's account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("asset", "string", "The asset; JPY for money", standard="ISO 24165; ISO 4217 for money"),
        Column("quantity", "decimal", "Quantity returned", unit="units of the asset", sign="positive"),
        Column("returned_at", "time", "When it was out of the firm's hands", unit="UTC"),
        Column(
            "manner",
            "string",
            "How: coins sent, money paid, moved over to a successor exchange, deposited with the state",
            values=("coins", "money", "successor", "deposit"),
        ),
        Column("to_whom", "string", "Address, bank account or successor", nullable=True),
        Column("txid", "string", "Transaction on the chain", nullable=True),
    ),
    key=("return_id",),
)
