"""Knowledge of facts: who learned a material fact, when, in which capacity, and from whom."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="fact_knowledge",
    meaning="One party that came to know one fact.",
    columns=(
        Column("fact_id", "string", "The fact", refers_to="material_fact.fact_id"),
        Column("party_id", "string", "Who learned it", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("learned_at", "time", "When", unit="UTC"),
        Column(
            "capacity",
            "string",
            "In which capacity",
            values=("issuer", "exchange", "large_transaction", "tippee"),
        ),
        Column(
            "learned_from_party_id",
            "string",
            "Who told it",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 448 PartyID",
        ),
    ),
    key=("fact_id", "party_id"),
)
