"""Guardian's consent: which legal representative agreed to a minor's trading, in what, and until when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="guardian_consent",
    meaning="One consent of a legal representative to the trading of one account.",
    columns=(
        Column("consent_id", "string", "Id of the consent"),
        Column("account_id", "string", "The minor's account", refers_to="account.account_id", standard="FIX 1 Account"),
        Column("guardian_party_id", "string", "The legal representative who agreed", standard="FIX 448 PartyID"),
        Column("product", "string", "The product agreed to; null for all", nullable=True, values=("spot", "margin")),
        Column("limit_jpy", "decimal", "The most that one order may be worth; null if not limited", nullable=True, unit="JPY"),
        Column("given_at", "time", "When it was given", unit="UTC"),
        Column("withdrawn_at", "time", "When it was taken back; null if it stands", nullable=True, unit="UTC"),
        Column("proof", "string", "Where the proof lies: form, identity and relation of the representative", nullable=True),
    ),
    key=("consent_id",),
)
