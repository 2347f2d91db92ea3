"""Wallets: which address belongs to whom and whether its keys ever touched a network."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="wallet",
    meaning="One wallet address under the firm's or a custodian's control.",
    columns=(
        Column("wallet_id", "string", "Id of the wallet"),
        Column("asset", "string", "The asset it holds", refers_to="asset.asset", standard="ISO 24165"),
        Column("address", "string", "Address on the chain", standard="IVMS101 accountNumber"),
        Column("tier", "string", "Hot, or cold (keys never connected)", values=("hot", "cold")),
        Column(
            "holder",
            "string",
            "Whose coins it holds: customers', the firm's own, guarantee crypto-assets, a third party's",
            values=("customer", "own", "guarantee", "third_party"),
        ),
        Column("custodian", "string", "Who keeps the keys, where it is not the firm itself", nullable=True),
        Column("ever_online", "boolean", "Whether the keys were ever on a device connected to a network"),
        Column("signers_required", "integer", "Signatures needed to move coins", nullable=True),
        Column("signers_total", "integer", "Signatures that exist", nullable=True),
    ),
    key=("wallet_id",),
)
