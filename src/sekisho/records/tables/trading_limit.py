"""Trading limits: the most that a client may order at once or hold, by product, asset and what the client is like."""

from sekisho.records.table import Column, Table
from sekisho.records.tables.trading_criterion import CLIENT_KIND, PRODUCT

TABLE = Table(
    name="trading_limit",
    meaning=(
        "One limit of the firm or of the association, for the clients that every column describes which is not null. "
        "A client of whom a column asked for is not on record counts as described."
    ),
    columns=(
        Column("limit_id", "string", "Id of the limit"),
        Column("kind", "string", "What is limited: the value of one order, or what is held after it", values=("order", "holding")),
        PRODUCT,
        Column(
            "asset",
            "string",
            "The asset; null for every order, and for all crypto-assets held together",
            nullable=True,
            refers_to="asset.asset",
            standard="ISO 24165; FIX 55 Symbol",
        ),
        CLIENT_KIND,
        Column("age_from", "integer", "For natural persons of this age or older", nullable=True, unit="years"),
        Column("age_until", "integer", "For natural persons younger than this", nullable=True, unit="years"),
        Column("net_worth_jpy_until", "decimal", "For clients with less net worth than this", nullable=True, unit="JPY"),
        Column("income_jpy_until", "decimal", "For clients with less yearly income than this", nullable=True, unit="JPY"),
        Column("experience", "string", "For clients with one of these words of experience, by commas", nullable=True),
        Column(
            "risk_tolerance",
            "string",
            "For clients of this risk tolerance",
            nullable=True,
            values=("low", "medium", "high"),
        ),
        Column("limit_jpy", "decimal", "The limit", unit="JPY"),
        Column("set_by", "string", "Who set it", values=("firm", "association")),
        Column("since", "date", "First day on which it holds", unit="date (Japan)"),
        Column("until", "date", "First day on which it no longer holds; null if it still does", nullable=True, unit="date (Japan)"),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("limit_id",),
)
