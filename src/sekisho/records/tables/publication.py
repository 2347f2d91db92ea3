"""Publications: when and where a material fact was made public."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="publication",
    meaning="One publication of one fact in one channel.",
    columns=(
        Column("fact_id", "string", "The fact", refers_to="material_fact.fact_id"),
        Column(
            "channel",
            "string",
            "Where it was made public",
            values=("exchange_website", "sro_website", "issuer_website", "press", "social_media"),
        ),
        Column("published_at", "time", "When", unit="UTC"),
    ),
    key=("fact_id", "channel", "published_at"),
)
