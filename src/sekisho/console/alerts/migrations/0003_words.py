"""The table of words alerts are found by: FTS5 on SQLite, lexemes with a GIN index on PostgreSQL."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STATEMENTS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE alerts_words USING fts5(words, content='', detail=none, columnsize=0, "
        "tokenize='unicode61 remove_diacritics 0')",
    ),
    "postgresql": (
        "CREATE TABLE alerts_words (number bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX alerts_words_found ON alerts_words USING gin (words)",
    ),
}


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in STATEMENTS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("DROP TABLE alerts_words")


class Migration(migrations.Migration):
    dependencies = [("alerts", "0002_queue")]
    operations = [migrations.RunPython(make, remove)]
