"""Communications: advertising and solicitation, with the text customers saw."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="communication",
    meaning="One advertisement, post or message to customers.",
    columns=(
        Column("communication_id", "string", "Id of the communication"),
        Column("published_at", "time", "When it was published or sent", unit="UTC"),
        Column("channel", "string", "Where it appeared"),
        Column(
            "publisher_party_id",
            "string",
            "Who published it",
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
        Column("language", "string", "Language of the text", standard="ISO 639-1"),
        Column("text", "string", "The text"),
    ),
    key=("communication_id",),
)
