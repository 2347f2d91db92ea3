"""Trading-start criteria: what the firm asks of a client before the first order in a product or an asset."""

from sekisho.records.table import Column, Table

PRODUCT = Column("product", "string", "The product; null for all", nullable=True, values=("spot", "margin"))
CLIENT_KIND = Column(
    "client_kind", "string", "For natural persons or firms; null for both", nullable=True, values=("individual", "corporate")
)

TABLE = Table(
    name="trading_criterion",
    meaning="One criterion of the firm, for a product and an asset (null: all) and a period; a client meets all that are not null.",
    columns=(
        Column("criterion_id", "string", "Id of the criterion"),
        PRODUCT,
        Column(
            "asset",
            "string",
            "The asset; null for all",
            nullable=True,
            refers_to="asset.asset",
            standard="ISO 24165; FIX 55 Symbol",
        ),
        CLIENT_KIND,
        Column("age_min", "integer", "Youngest age, for natural persons", nullable=True, unit="years"),
        Column("age_max", "integer", "Oldest age, for natural persons", nullable=True, unit="years"),
        Column("net_worth_jpy_min", "decimal", "Least net worth", nullable=True, unit="JPY"),
        Column("income_jpy_min", "decimal", "Least yearly income", nullable=True, unit="JPY"),
        Column("experience", "string", "Words of experience that will do, by commas", nullable=True),
        Column(
            "risk_tolerance_min",
            "string",
            "Least risk tolerance",
            nullable=True,
            values=("low", "medium", "high"),
        ),
        Column("needs_check", "boolean", "Whether a suitability check with the result suitable must be on record"),
        Column("since", "date", "First day on which it holds", unit="date (Japan)"),
        Column("until", "date", "First day on which it no longer holds; null if it still does", nullable=True, unit="date (Japan)"),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("criterion_id",),
)
