"""Chain movements: coins that moved between addresses, and what authorised it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="chain_movement",
    meaning="One movement of one asset between two addresses within a transaction.",
    columns=(
        Column("txid", "string", "Id of the transaction on the chain"),
        Column("occurred_at", "time", "When the block was made", unit="UTC"),
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("from_address", "string", "Address the coins left", standard="IVMS101 originator accountNumber"),
        Column("to_address", "string", "Address the coins reached", standard="IVMS101 beneficiary accountNumber"),
        Column("quantity", "decimal", "Quantity moved", unit="units of the asset"),
        Column(
            "authorised_by",
            "string",
            "The transfer_id or the id of the internal movement that authorised it",
            nullable=True,
        ),
    ),
    key=("txid",),
    unique_columns=("txid", "asset", "from_address", "to_address"),
)
