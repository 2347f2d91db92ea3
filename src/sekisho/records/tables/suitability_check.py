"""Suitability checks: what the firm found out about a client on a day, what the client can bear, and who looked."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="suitability_check",
    meaning="One look at one client: experience, income, assets and purpose as stated then, and how much risk the client can bear.",
    columns=(
        Column("check_id", "string", "Id of the check"),
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("checked_at", "time", "When it was finished", unit="UTC"),
        Column(
            "occasion",
            "string",
            "Why it was done: before trading starts, as the firm repeats it, because the client reported a change",
            values=("start", "periodic", "change"),
        ),
        Column("result", "string", "What came out", values=("suitable", "unsuitable")),
        Column(
            "capacity_jpy",
            "decimal",
            "How much the client can bear to have at risk in crypto-assets: surplus assets; null if not found out",
            nullable=True,
            unit="JPY",
        ),
        Column("experience", "string", "Trading experience as the client stated it", nullable=True),
        Column("net_worth_jpy", "decimal", "Net worth as the client stated it", nullable=True, unit="JPY", sign="any"),
        Column("income_jpy", "decimal", "Yearly income as the client stated it", nullable=True, unit="JPY"),
        Column(
            "risk_tolerance",
            "string",
            "How much risk the client accepts",
            nullable=True,
            values=("low", "medium", "high"),
        ),
        Column("purpose", "string", "What the client trades for", nullable=True),
        Column("version", "string", "Version of the questions asked", nullable=True),
        Column("party_id", "string", "Who looked; null where a system did", nullable=True, standard="FIX 448 PartyID"),
    ),
    key=("check_id",),
)
