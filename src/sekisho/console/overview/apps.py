"""This part of the console, to Django."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    """This part of the console."""

    name = "sekisho.console.overview"
