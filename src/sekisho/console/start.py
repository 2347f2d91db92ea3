"""Starting Django with a settings file, before anything of the console is imported."""

from __future__ import annotations

import os
from pathlib import Path

from sekisho.console.chosen import VARIABLE, read_chosen


def start(settings: Path | None = None) -> None:
    """Make Django ready with these settings (default: those the environment names), and its tables up to date.

    Call it once a process, before importing pages or models of the console.
    """
    if settings is not None:
        os.environ[VARIABLE] = str(settings.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "sekisho.console.settings"
    import django

    django.setup()


def up_to_date() -> None:
    """Bring the tables to this version's shape; on PostgreSQL in the schema the settings name."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "postgresql":
        named = settings.CHOSEN.database.partition("#")[2] or "sekisho_office"
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{named}"')
    call_command("migrate", interactive=False, verbosity=0)
    if connection.vendor == "sqlite":
        from sekisho.console.desk.planner import look_over

        look_over()


def opened(config: Path) -> None:
    """Check the settings, start Django and bring the tables up to date."""
    read_chosen(config)
    start(config)
    up_to_date()
