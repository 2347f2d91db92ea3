"""Counterparty operators: what the firm found out about each exchange on the other side of transfers, and who approved it."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="counterparty_vasp",
    meaning="One operator on the other side of customers' transfers, as the firm knew it for a period.",
    columns=(
        Column(
            "vasp_id",
            "string",
            "The operator, as transfer.counterparty_vasp names it",
            standard="IVMS101 beneficiaryVASP (out), originatingVASP (in)",
        ),
        Column("name", "string", "Its legal name", standard="IVMS101 legalPersonName, LEGL"),
        Column(
            "country",
            "string",
            "Where it is; null while that is not known",
            nullable=True,
            pattern="[A-Z]{2}",
            standard="ISO 3166-1 alpha-2; IVMS101 countryOfRegistration",
        ),
        Column("lei", "string", "Its LEI", nullable=True, pattern="[0-9A-Z]{18}[0-9]{2}", standard="ISO 17442"),
        Column("is_registered", "boolean", "Whether it is registered or licensed as an exchange where it is"),
        Column("supervised_by", "string", "The authority that supervises it; null where there is none", nullable=True),
        Column(
            "is_shell",
            "boolean",
            "Whether it has no real office and no manager of its measures where it is, or elsewhere under supervision",
        ),
        Column("deals_with_unsupervised", "boolean", "Whether it keeps up such relations with operators nobody supervises"),
        Column(
            "assessed_on",
            "date",
            "Day on which its measures against money laundering were last assessed",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("approved_by", "string", "The manager who approved the relation", nullable=True, refers_to="party.party_id"),
        Column("approved_on", "date", "Day of that approval", nullable=True, unit="date (Japan)"),
        Column(
            "responsibilities_on",
            "date",
            "Day on which the responsibilities of both sides were laid down in writing",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("review_due_on", "date", "Day by which all this is to be looked at again", nullable=True, unit="date (Japan)"),
        Column("since", "date", "First day for which the row holds", unit="date (Japan)"),
        Column("until", "date", "First day for which it no longer holds; null if it does", nullable=True, unit="date (Japan)"),
    ),
    key=("vasp_id", "since"),
)
