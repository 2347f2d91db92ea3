"""Assessments: what somebody looked at on a day and vouches for: checks, audits, analyses, decisions of the board, drills."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="assessment",
    meaning="One look at one item, by one unit on one day, with its result and where the proof lies.",
    columns=(
        Column("assessment_id", "string", "Id of the assessment"),
        Column("item", "string", "What was looked at, by the word a rule's list of items uses"),
        Column(
            "subject_kind",
            "string",
            "What the look was at",
            values=("exchange", "provider", "wallet", "custodian", "asset"),
        ),
        Column("subject_id", "string", "Its id; exchange for the firm itself"),
        Column("base_on", "date", "The day the result speaks of, for audits and analyses", nullable=True, unit="date (Japan)"),
        Column("done_on", "date", "Day on which it was finished", unit="date (Japan)"),
        Column(
            "valid_until",
            "date",
            "Day on which it runs out by the firm's own decision; null if none is set",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("filed_on", "date", "Day on which it was handed to the authority", nullable=True, unit="date (Japan)"),
        Column(
            "line",
            "integer",
            "The line of defence of the unit that looked: 1 operates, 2 checks, 3 audits",
            nullable=True,
            sign="positive",
        ),
        Column("unit", "string", "The unit, firm or auditor that looked"),
        Column("result", "string", "What came out", values=("met", "partly_met", "not_met")),
        Column("proof", "string", "Where the proof lies: minutes, report, test record", nullable=True),
        Column("owner", "string", "Who answers for what was found", nullable=True),
    ),
    key=("assessment_id",),
)
