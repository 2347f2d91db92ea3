"""``sekisho operators``: is this name, address or text that of a registered operator, of a warned one, or of neither?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from sekisho.intelligence.operators.register_file import read_register
from sekisho.records import RecordsError
from sekisho.rulebook.commands import parse_day
from sekisho.typologies.operator_names import Match, Registered

app = typer.Typer(
    help="Operators: names, addresses and texts against the register and the warnings.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_WHY = {
    "name": "is its registered name or a name it was warned under / 登録簿又は警告上の名称",
    "other_name": "is another name of it on file / 登録簿上の別名・旧名",
    "own_domain": "is on its own domain / 自己のドメイン",
    "left_register": "has left the register / 登録簿から抹消済み",
    "no_number": "is on file without a number as a crypto-asset exchange / 暗号資産交換業の登録番号がない",
    "contains_warned_name": "contains the name of a warned operator / 警告対象者の名称を含む",
    "contains_registered_name": "contains a registered name and is not it / 登録業者の名称を含むが一致しない",
    "resembles_registered_name": "looks like a registered name and is not it / 登録業者の名称に似るが一致しない",
    "two_operators": "claims names of more than one operator / 複数の業者の名称に当たる",
    "not_on_file": "is on no list given / いずれの一覧にもない",
    "nothing_to_read": "holds no name / 名称を読み取れない",
}


@app.callback()
def operators_command() -> None:
    """Operators: names, addresses and texts against the register and the warnings."""


@app.command("match")
def match_command(
    text: Annotated[list[str], typer.Argument(help="Names, URLs or texts of apps, each in quotes; '-' reads one a line.")],
    register: Annotated[Path, typer.Option("--register", help="CSV of registered_operator, or the finwiki compilation.")],
    warnings: Annotated[Path | None, typer.Option("--warnings", help="CSV of operator_warning, or its finwiki form.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day asked about; default: the end of what the files hold.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Say of each text whether it names a registered operator (with its number), a warned one, or neither.

    A text is cleared only where it is nothing but a registered name: whatever adds to one, leaves a letter out or disguises one
    is unknown, and the answer says what it resembles. Exit status 0; 2 when a file is unusable.
    """
    registered = Registered(*read_register(register, warnings), day=parse_day(as_of) if as_of else None)
    matches = [registered.match(each) for each in _texts(text)]
    if as_json:
        typer.echo(json.dumps({"matches": [as_dict(each) for each in matches]}, ensure_ascii=False, indent=2))
        return
    table = Table()
    for heading in ("text", "answer", "number", "operator", "why"):
        table.add_column(heading, overflow="fold")
    for each in matches:
        number = f"{each.bureau or ''}{each.number}" if each.number else ", ".join(map(str, each.warned_on))
        table.add_row(each.text, each.verdict, number, each.name or "", _WHY[each.why])
    Console().print(table)


def _texts(given: list[str]) -> list[str]:
    if given != ["-"]:
        return given
    lines = [line.strip() for line in sys.stdin.read().splitlines() if line.strip()]
    if not lines:
        raise RecordsError("standard input", "is empty", "give one name, URL or text a line")
    return lines


def as_dict(match: Match) -> dict[str, Any]:
    """One answer as JSON writes it."""
    return {
        "text": match.text,
        "answer": match.verdict,
        "why": match.why,
        "operator_id": match.operator_id,
        "operator": match.name,
        "bureau": match.bureau,
        "number": match.number,
        "warned_on": [day.isoformat() for day in match.warned_on],
    }
