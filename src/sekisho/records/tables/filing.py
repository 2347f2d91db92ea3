"""Filings: what was handed to the authority, shown to the public or posted in the offices, and when."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="filing",
    meaning="One report, notice or publication the firm made.",
    columns=(
        Column("filing_id", "string", "Id of the filing"),
        Column(
            "kind",
            "string",
            "What it is, by the word the rule that asks for it uses",
            values=(
                "month_end_report",
                "notice_of_fall",
                "daily_report",
                "plan_to_maintain",
                "plan_to_restore",
                "notice_of_recovery",
                "quarterly_publication",
                "net_assets_report",
                "closure_public_notice",
                "closure_posting",
                "closure_website_posting",
                "closure_notice_to_authority",
                "cessation_notice",
                "debts_report",
                "completion_report",
                "property_report",
                "financial_statements",
                "annual_report",
                "business_report",
                "misconduct_notice",
                "incident_first_report",
                "incident_status_report",
                "incident_recovery_report",
                "incident_cause_report",
            ),
        ),
        Column(
            "about_on",
            "date",
            "The day it speaks of: a month-end, a quarter-end, the day of a fall, the day planned for a closure, the day on which "
            "misconduct or an incident became known",
            unit="date (Japan)",
        ),
        Column("filed_at", "time", "When it was handed in, published or posted", unit="UTC"),
        Column(
            "shown_until",
            "date",
            "For what is on display, its last day; null while it still is",
            nullable=True,
            unit="date (Japan)",
        ),
        Column("document", "string", "Where the document or the receipt lies", nullable=True),
        Column("owner", "string", "The department that answers for it"),
    ),
    key=("filing_id",),
)
