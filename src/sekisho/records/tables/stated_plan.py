"""Stated plans: trades somebody bound themselves to before they knew anything."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="stated_plan",
    meaning="One pre-planned trade.",
    columns=(
        Column("plan_id", "string", "Id of the plan"),
        Column("party_id", "string", "Whose plan", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("asset", "string", "The asset", refers_to="asset.asset", standard="ISO 24165"),
        Column("made_at", "time", "When the plan was made", unit="UTC"),
        Column("side", "string", "Buy or sell", values=("buy", "sell"), standard="FIX 54 Side"),
        Column(
            "quantity",
            "decimal",
            "How much",
            unit="units of the asset",
            sign="positive",
            standard="FIX 38 OrderQty",
        ),
        Column("executes_from", "time", "First moment of execution", unit="UTC", standard="FIX 168 EffectiveTime"),
        Column(
            "executes_until",
            "time",
            "Last moment of execution (exclusive)",
            unit="UTC",
            standard="FIX 126 ExpireTime",
        ),
    ),
    key=("plan_id",),
)
