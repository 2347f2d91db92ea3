"""Customer checks: when a client's identity, purpose and occupation were verified, ordinarily or with enhanced care."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="customer_check",
    meaning="One verification of a client at the time of a transaction (torihiki-ji kakunin), as its record was kept.",
    columns=(
        Column("check_id", "string", "Id of the check"),
        Column("party_id", "string", "The client", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("checked_at", "time", "When it was completed", unit="UTC"),
        Column(
            "transfer_id",
            "string",
            "The transfer at which it was made, where it was made at one",
            nullable=True,
            refers_to="transfer.transfer_id",
        ),
        Column("kind", "string", "Ordinary, or with enhanced care", values=("ordinary", "enhanced")),
        Column("method", "string", "By which documents or method", nullable=True),
        Column("means_checked", "boolean", "Whether assets and income were verified, too", nullable=True),
        Column(
            "approved_by_party_id",
            "string",
            "The manager in charge who approved the transactions",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column("document", "string", "Where the record lies", nullable=True),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("check_id",),
)
