"""Material facts: undisclosed facts about an asset that move its price."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="material_fact",
    meaning="One fact, from the moment it arose.",
    columns=(
        Column("fact_id", "string", "Id of the fact"),
        Column("asset", "string", "The asset it concerns", refers_to="asset.asset", standard="ISO 24165"),
        Column(
            "category",
            "string",
            "Which kind of fact the law knows it as",
            values=("issuer", "exchange", "large_transaction", "basket"),
        ),
        Column("arose_at", "time", "When it arose", unit="UTC"),
        Column("direction", "string", "Which way it should move the price", nullable=True, values=("up", "down")),
        Column("summary", "string", "The fact in a sentence"),
    ),
    key=("fact_id",),
)
