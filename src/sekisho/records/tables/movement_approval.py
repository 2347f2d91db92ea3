"""Movement approvals: who asked for a movement out of a wallet, who approved, signed and checked it, and what each of them saw."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="movement_approval",
    meaning="One act of one person on one movement of coins or money, with the destination and quantity that person saw.",
    columns=(
        Column(
            "movement_id",
            "string",
            "Id of the movement: the transfer_id of a customer's withdrawal, or the id of an internal movement, as "
            "chain_movement.authorised_by names it",
        ),
        Column(
            "act",
            "string",
            "What the person did: asked for it, approved it, signed or released it, compared it with the books afterwards",
            values=("requested", "approved", "signed", "reconciled"),
        ),
        Column("party_id", "string", "The person who acted", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("acted_at", "time", "When", unit="UTC"),
        Column("asset", "string", "The asset; JPY for money", standard="ISO 24165; ISO 4217 for money"),
        Column("quantity", "decimal", "Quantity as the person saw it", unit="units of the asset", sign="positive"),
        Column(
            "from_wallet_id",
            "string",
            "The wallet the coins were to leave; null for money",
            nullable=True,
            refers_to="wallet.wallet_id",
        ),
        Column(
            "to_address",
            "string",
            "The destination as the person saw it: an address, or the account of the payee for money",
            standard="IVMS101 beneficiary accountNumber",
        ),
        Column("device", "string", "Device or key with which the person acted", nullable=True),
        Column("txid", "string", "Transaction on the chain, once the person knew it", nullable=True),
        Column("purpose", "string", "What the movement was for, in the words of the request", nullable=True),
    ),
    key=("movement_id", "act", "party_id"),
    unique_columns=("movement_id", "act", "party_id", "acted_at"),
)
