"""This part of the console, to Django."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    """This part of the console."""

    name = "sekisho.console.custody"
