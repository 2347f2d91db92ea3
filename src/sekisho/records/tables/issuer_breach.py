"""Issuers in breach: whose issuer was found to break its duties of disclosure, since when, and when that was put right."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="issuer_breach",
    meaning="One breach of disclosure by the issuer of one asset, as recorded by the exchange or told by an authority.",
    columns=(
        Column("breach_id", "string", "Id of the breach"),
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("issuer_party_id", "string", "The issuer", nullable=True, standard="FIX 106 Issuer"),
        Column(
            "kind",
            "string",
            "What was broken",
            values=("not_published", "late", "false_statement", "omission", "annual_missing", "timely_missing", "other"),
        ),
        Column("found_by", "string", "Who found it", values=("exchange", "association", "authority", "court")),
        Column("recorded_at", "time", "When it was put on record; dealing is suspended from then", unit="UTC"),
        Column("remedied_at", "time", "When it was put right and dealing resumed; null while it lasts", nullable=True, unit="UTC"),
        Column("proof", "string", "Where the proof lies", nullable=True),
    ),
    key=("breach_id",),
)
