"""The journal, to Django."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The journal."""

    name = "sekisho.console.journal"
