"""Crypto-assets: who issued them, how many exist, whether somebody controls them."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="asset",
    meaning="One crypto-asset, or money.",
    columns=(
        Column("asset", "string", "Code of the asset", standard="ISO 24165 short name; ISO 4217 for money"),
        Column(
            "issuer_party_id",
            "string",
            "The party that issued it; null if there is no issuer",
            nullable=True,
            refers_to="party.party_id",
            standard="FIX 106 Issuer",
        ),
        Column("issued_supply", "decimal", "Units issued", nullable=True, unit="units of the asset"),
        Column("centralised", "boolean", "Whether an issuer or operator can change its supply or its rules"),
    ),
    key=("asset",),
)
