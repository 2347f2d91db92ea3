"""Account events: logins, changed details and yen moved, the traces of an account taken over."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="account_event",
    meaning="One thing that happened to an account.",
    columns=(
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("occurred_at", "time", "When", unit="UTC"),
        Column(
            "kind",
            "string",
            "What happened",
            values=(
                "login",
                "password_changed",
                "phone_changed",
                "device_added",
                "address_added",
                "limit_changed",
                "fiat_deposit",
                "fiat_withdrawal",
            ),
        ),
        Column(
            "amount_jpy",
            "decimal",
            "Amount of a deposit or withdrawal, or the new limit",
            nullable=True,
            unit="JPY",
        ),
        Column("device_id", "string", "The device used", nullable=True),
        Column("ip", "string", "The network address used", nullable=True),
        Column(
            "remitter_name_matches",
            "boolean",
            "Whether the remitter of a deposit bears the account holder's name",
            nullable=True,
        ),
    ),
    key=("account_id", "occurred_at", "kind"),
    unique_columns=(),
)
