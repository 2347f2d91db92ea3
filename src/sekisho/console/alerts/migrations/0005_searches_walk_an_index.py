"""Indexes a search walks without reading rows, and words by their first row: of a word in all alerts nothing is counted."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def list_the_terms(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _list(schema_editor, "instance")


def list_them_as_before(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _list(schema_editor, "row")


def _list(schema_editor: BaseDatabaseSchemaEditor, how: str) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE alerts_terms")
        schema_editor.execute(f"CREATE VIRTUAL TABLE alerts_terms USING fts5vocab(alerts_words, '{how}')")


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0004_many_alerts"),
    ]

    operations = [
        migrations.RunPython(list_the_terms, list_them_as_before),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_queue",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_all",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_state",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_chapter",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_rule",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_due",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_assignee",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_instrument",
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["is_live", "-priority", "alert_id", "state", "snoozed_until", "number"], name="alert_queue"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["-priority", "alert_id", "number"], name="alert_all"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["state", "-priority", "alert_id", "number"], name="alert_state"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["is_live", "chapter", "-priority", "alert_id", "state", "snoozed_until", "number"], name="alert_chapter"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["is_live", "rule", "-priority", "alert_id", "state", "snoozed_until", "number"], name="alert_rule"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["assignee", "is_live", "-priority", "alert_id", "state", "snoozed_until", "number", "due_at", "proposed"],
                name="alert_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["is_live", "due_at", "-priority", "alert_id", "state", "snoozed_until", "number"], name="alert_due"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["instrument", "is_live", "-priority", "alert_id", "state", "snoozed_until", "number"],
                name="alert_instrument",
            ),
        ),
    ]
