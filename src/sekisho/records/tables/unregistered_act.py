"""Acts of unregistered operators: what somebody without registration did on which day."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="unregistered_act",
    meaning="One act of business, or of soliciting for it, by one operator without registration.",
    columns=(
        Column("act_id", "string", "Id of the act"),
        Column("operator", "string", "The operator"),
        Column("acted_on", "date", "Day of the act", unit="date (Japan)"),
        Column(
            "business",
            "string",
            "What registration the act needs: exchange of crypto-assets, or another business under the FIEA"
            " (derivatives, management, advice)",
            values=("crypto_exchange", "financial_instruments"),
        ),
        Column("kind", "string", "What was done", values=("business", "solicitation")),
        Column("by_foreign_operator", "boolean", "Whether the operator is established outside Japan"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("act_id",),
)
