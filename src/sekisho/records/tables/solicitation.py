"""Solicitations: websites, apps, posts, seminars and groups by which somebody outside approaches persons in Japan."""

from sekisho.records.table import Column, Table

TABLE = Table(
    name="solicitation",
    meaning="One website, app, post, seminar or group that was found to offer crypto-asset business or advice.",
    columns=(
        Column("solicitation_id", "string", "Id of the solicitation"),
        Column("observed_at", "time", "When it was seen", unit="UTC"),
        Column("operator", "string", "Who offers it, by the name shown; null if none is shown", nullable=True),
        Column("site", "string", "Address of the website or name of the app; null for one by voice", nullable=True),
        Column(
            "channel",
            "string",
            "What it is",
            values=("website", "app", "advertisement", "social_media", "messaging_group", "seminar", "telephone", "other"),
        ),
        Column(
            "offers",
            "string",
            "What is offered",
            values=("exchange", "derivatives", "investment_management", "investment_advice", "sale_of_tokens", "other"),
        ),
        Column("language", "string", "Language of the text", standard="ISO 639-1"),
        Column("text", "string", "The text, as captured"),
        Column("evidence", "string", "Where the capture is kept"),
        Column("owner", "string", "The department that answers for the entry"),
    ),
    key=("solicitation_id",),
)
