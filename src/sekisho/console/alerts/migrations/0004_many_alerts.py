"""Indexes for a million alerts: who is kept out by a row's own look-up, and counts that read an index alone."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def list_the_terms(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("CREATE VIRTUAL TABLE alerts_terms USING fts5vocab(alerts_words, 'row')")


def forget_the_terms(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE alerts_terms")


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0003_words"),
    ]

    operations = [
        migrations.RunPython(list_the_terms, forget_the_terms),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_assignee",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_raised",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_instrument",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_quality",
        ),
        migrations.AlterField(
            model_name="alertparty",
            name="alert",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="concerns", to="alerts.alert"
            ),
        ),
        migrations.AlterField(
            model_name="alertparty",
            name="party_id",
            field=models.CharField(max_length=128, verbose_name="party"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["assignee", "is_live", "-priority", "alert_id", "state", "snoozed_until", "due_at", "proposed"],
                name="alert_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["is_live", "raised_at", "-priority", "alert_id", "chapter"], name="alert_raised"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["rule", "disposition", "memory", "chapter", "alert_id"], name="alert_quality"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["instrument", "is_live", "-priority", "alert_id", "state", "snoozed_until"], name="alert_instrument"
            ),
        ),
        migrations.AddIndex(
            model_name="alertparty",
            index=models.Index(fields=["party_id", "alert"], name="alert_of_party"),
        ),
        migrations.AddConstraint(
            model_name="alertparty",
            constraint=models.UniqueConstraint(fields=("alert", "party_id"), name="party_once_an_alert"),
        ),
    ]
