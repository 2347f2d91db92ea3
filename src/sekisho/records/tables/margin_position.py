"""Margin positions: what a client owes or is long on credit, when it was opened, and when and by whom it was closed."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="margin_position",
    meaning="One position on credit, from its opening to its settlement.",
    columns=(
        Column("position_id", "string", "Id of the position", standard="FIX 2618 PositionID"),
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("instrument", "string", "The pair", refers_to="instrument.instrument", standard="FIX 55 Symbol"),
        Column("side", "string", "Long (buy) or short (sell)", values=("buy", "sell"), standard="FIX 54 Side"),
        Column("quantity", "decimal", "Quantity", unit="base asset", sign="positive"),
        Column("amount_jpy", "decimal", "Amount of the trade when it was opened", unit="JPY"),
        Column("opened_at", "time", "When it was opened", unit="UTC"),
        Column("closed_at", "time", "When it was settled in whole; null while it is open", nullable=True, unit="UTC"),
        Column(
            "closed_by",
            "string",
            "Who settled it: the client, a loss cut, the firm because a call was not met",
            nullable=True,
            values=("client", "loss_cut", "unmet_call", "term"),
        ),
    ),
    key=("position_id",),
)
