"""Suspicions: what made the firm think that an account serves a crime, what it decided, and until when nothing is paid out."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="suspicion",
    meaning="One suspicion that an account, or one transfer of it, serves a crime.",
    columns=(
        Column("suspicion_id", "string", "Id of the suspicion"),
        Column(
            "account_id",
            "string",
            "The account",
            refers_to="account.account_id",
            standard="IVMS101 accountNumber; FIX 1 Account",
        ),
        Column("transfer_id", "string", "The transfer, where it is about one", nullable=True, refers_to="transfer.transfer_id"),
        Column("arose_at", "time", "When the firm came to hold it", unit="UTC"),
        Column(
            "source",
            "string",
            "Where it comes from",
            values=("police", "bank", "other_exchange", "client", "information_sharing", "own_monitoring"),
        ),
        Column("summary", "string", "What is suspected, and on what ground"),
        Column("judged_at", "time", "When it was judged whether to file a report", nullable=True, unit="UTC"),
        Column("judgement", "string", "What was judged", nullable=True, values=("file", "no_file")),
        Column("filed_at", "time", "When the report of a suspicious transaction was filed", nullable=True, unit="UTC"),
        Column("cleared_at", "time", "When the suspicion was cleared up and payouts resumed", nullable=True, unit="UTC"),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("suspicion_id",),
)
