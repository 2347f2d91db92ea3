"""``sekisho records``: the words a person or a program gets, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from records.small_exchange import sound, write_csv
from sekisho.records import TABLES
from sekisho.records.commands import app


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(app, [str(argument) for argument in arguments])


def test_describe_lists_tables_and_columns() -> None:
    overview = run("describe")
    assert overview.exit_code == 0
    assert all(name in overview.stdout for name in TABLES)
    trade = run("describe", "trade")
    assert "FIX 2446 AggressorSide" in trade.stdout
    assert "One of: buy, sell" in trade.stdout
    told = json.loads(run("describe", "trade", "--json").stdout)
    assert [column["name"] for column in told[0]["columns"]] == TABLES["trade"].arrow_schema.names
    unknown = run("describe", "trades")
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith("sekisho: trades: is not a record table")


def test_validate_says_clean_faulty_or_unusable(tmp_path: Path) -> None:
    tables = sound()
    clean = run("validate", write_csv(tmp_path / "clean", tables))
    assert (clean.exit_code, clean.stdout) == (0, "no problem found\n")
    tables["trade"][0]["price"] = "102"
    faulty = write_csv(tmp_path / "faulty", tables)
    answer = run("validate", faulty)
    assert answer.exit_code == 1
    assert "is beyond the buy order's limit" in answer.stdout
    assert "1 × trade.csv, column 'price': is beyond the buy order's limit" in answer.stdout
    told = json.loads(run("validate", faulty, "--json").stdout)
    assert told["problems"][0] == {
        "file": "trade.csv",
        "row": 1,
        "column": "price",
        "value": "102.000000000000000000",
        "kind": "beyond_limit",
        "problem": "is beyond the buy order's limit",
        "remedy": "correct the price or the limit",
        "total": 1,
    }
    unusable = run("validate", tmp_path / "absent")
    assert unusable.exit_code == 2
    assert "is not a folder" in unusable.stderr


def test_what_a_file_holds_cannot_dress_up_the_terminal(tmp_path: Path) -> None:
    tables = sound()
    tables["account"][0]["party_id"] = "[red]\x1b[31mP9"
    answer = run("validate", write_csv(tmp_path, tables))
    assert answer.exit_code == 1
    assert "\x1b[31m" not in answer.stdout
    assert "[red]" in answer.stdout
