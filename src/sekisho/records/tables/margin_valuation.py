"""Margin valuations: deposit and amount of a client's margin trades as the firm valued them, at least every business day."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="margin_valuation",
    meaning="One valuation of all margin trades of one account.",
    columns=(
        Column("account_id", "string", "The account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("valued_at", "time", "When", unit="UTC"),
        Column(
            "deposit_jpy",
            "decimal",
            "The deposit: money and substitutes at their substitution price, realised and unrealised profit and loss included",
            unit="JPY",
            sign="any",
        ),
        Column("amount_jpy", "decimal", "Amount of the open margin trades", unit="JPY"),
        Column("required_jpy", "decimal", "The deposit the firm asked for at this valuation", unit="JPY"),
        Column("loss_jpy", "decimal", "The loss if all were settled now; 0 where there is none", unit="JPY"),
        Column(
            "loss_cut_at_jpy",
            "decimal",
            "The loss at which, as agreed with the client, all is settled; null where nothing was agreed",
            nullable=True,
            unit="JPY",
        ),
    ),
    key=("account_id", "valued_at"),
)
