"""Information exchange: what the firm shared with, and received from, an information-sharing organisation."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="information_exchange",
    meaning="One item of information that was shared with or received from an information-sharing organisation (ISAC).",
    columns=(
        Column("exchange_id", "string", "Id of the item; for STIX the id of the object and its version"),
        Column("organisation", "string", "The organisation, such as JPCrypto-ISAC"),
        Column("direction", "string", "Given to it or taken from it", values=("shared", "received")),
        Column(
            "kind",
            "string",
            "What it is about",
            values=("best_practice", "technical_challenge", "attack_trend"),
        ),
        Column("exchanged_at", "time", "When it was shared or received", unit="UTC"),
        Column("subject", "string", "What it says, in a line, without a word about customers"),
        Column(
            "marking",
            "string",
            "Who may be shown it, by the traffic light protocol; null where the source says nothing",
            nullable=True,
            values=("clear", "green", "amber", "amber+strict", "red"),
            standard="TLP 2.0 (FIRST)",
        ),
        Column("object_type", "string", "Type of the STIX object, where it is one", nullable=True, standard="STIX 2.1 type"),
        Column("sha256", "string", "Hash of the item as sent or received", nullable=True, pattern="[0-9a-f]{64}"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("exchange_id", "direction", "exchanged_at"),
)
