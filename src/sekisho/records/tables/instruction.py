"""Instructions: decisions about the firm's business and assets, with who gave each one; the journal of an administration."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="instruction",
    meaning="One decision about the firm's business or assets, whether it was carried out or not.",
    columns=(
        Column("instruction_id", "string", "Id of the instruction"),
        Column("given_at", "time", "When it was given", unit="UTC"),
        Column("party_id", "string", "Who gave it", refers_to="party.party_id", standard="FIX 448 PartyID"),
        Column("concerns", "string", "What it is about", values=("business", "assets")),
        Column("summary", "string", "What it says"),
        Column("wallet_id", "string", "The wallet concerned", nullable=True, refers_to="wallet.wallet_id"),
        Column("accepted", "boolean", "Whether it was followed"),
    ),
    key=("instruction_id",),
)
