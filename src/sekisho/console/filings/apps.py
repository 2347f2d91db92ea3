"""This part of the console, to Django."""

from django.apps import AppConfig


class FilingsConfig(AppConfig):
    """This part of the console."""

    name = "sekisho.console.filings"
