"""Travel Rule notices: what was told to, or by, the operator on the other side of a transfer, step by step."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="travel_rule_notice",
    meaning="One step of one notice: sent or received, accepted or rejected, confirmed or cancelled.",
    columns=(
        Column("notice_id", "string", "Id of the notice, the same for all its steps"),
        Column(
            "step",
            "string",
            "What happened: the notice was sent or received, its receiver accepted or rejected, its sender confirmed or cancelled",
            values=("sent", "received", "accepted", "rejected", "confirmed", "cancelled"),
        ),
        Column("occurred_at", "time", "When", unit="UTC"),
        Column(
            "transfer_id",
            "string",
            "The firm's transfer it is about; null while a received notice waits for its coins",
            nullable=True,
            refers_to="transfer.transfer_id",
        ),
        Column(
            "role",
            "string",
            "For a customer's own transfer, or received with an order to pass the coins on",
            values=("for_customer", "to_relay"),
        ),
        Column("vasp_id", "string", "The operator on the other side", nullable=True),
        Column("network", "string", "The network or protocol used", nullable=True, pattern="[A-Z0-9_]+"),
        Column(
            "payload",
            "string",
            "Originator and beneficiary as told, JSON; null in later steps",
            nullable=True,
            standard="IVMS101 IdentityPayload",
        ),
        Column("txid", "string", "Transaction on the chain, once confirmed", nullable=True),
    ),
    key=("notice_id", "step"),
)
