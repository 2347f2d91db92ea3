"""Customer risks: why a client needs enhanced care, since when and until when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="customer_risk",
    meaning="One ground on which transactions with a client need enhanced care, for a period.",
    columns=(
        Column("risk_id", "string", "Id of the ground"),
        Column("party_id", "string", "The client", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column(
            "ground",
            "string",
            "Why",
            values=("impersonation", "false_information", "high_risk_country", "foreign_pep", "own_assessment"),
        ),
        Column("since", "time", "Since when the firm knows", unit="UTC"),
        Column("until", "time", "When it ended; null while it holds", nullable=True, unit="UTC"),
        Column("document", "string", "Where the assessment lies", nullable=True),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("risk_id",),
)
