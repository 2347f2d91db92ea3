"""Instruments: the pairs traded, with the smallest step of price and quantity."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="instrument",
    meaning="One pair traded on the venue.",
    columns=(
        Column("instrument", "string", "Name of the pair, base and quote: BTC/JPY", standard="FIX 55 Symbol"),
        Column(
            "base_asset",
            "string",
            "What is bought and sold",
            refers_to="asset.asset",
            standard="ISO 24165; FIX 55 Symbol, first half",
        ),
        Column(
            "quote_asset",
            "string",
            "What the price is expressed in",
            standard="ISO 4217 or ISO 24165; FIX 15 Currency",
        ),
        Column(
            "tick_size",
            "decimal",
            "Smallest step of the price",
            unit="quote asset",
            sign="positive",
            standard="FIX 969 MinPriceIncrement",
        ),
        Column(
            "lot_size",
            "decimal",
            "Smallest step of the quantity",
            unit="base asset",
            sign="positive",
            standard="FIX 561 RoundLot",
        ),
        Column("listed_from", "time", "When trading began", nullable=True, unit="UTC"),
        Column("listed_until", "time", "When trading ended (exclusive)", nullable=True, unit="UTC"),
    ),
    key=("instrument",),
)
