"""``sekisho address check``: one verdict for each candidate in their order, and one clear error for files that cannot be used."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sekisho.cli import app
from sekisho.typologies.addresses import in_bulk
from sekisho.typologies.addresses.checking import VERDICTS

KNOWN, LIKE = "0xa7B4BAC8f0f9692e56750aEFB5f6cB5516E90570", "0xa7Bf48749D2E4aA29e3209879956b9bAa9E90570"
BOOK = f"""client_id,address,asset
C1,{KNOWN},USDT
C1,bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,BTC
C2,rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66?dt=104729331,XRP
C2,1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu,
"""
CANDIDATES = f"""id,client_id,address,asset,value_jpy
a,C1,{LIKE},USDT,3000000000
b,C1,{KNOWN.lower()},USDT,1
c,C2,{LIKE},USDT,1
d,C1,0xa7B4BAC8f0f9692e56750aEFB5f6cB5516E90571,USDT,1
e,C1,{KNOWN},BTC,1
f,C1,ＢＣ１ＱＷ５０８Ｄ６ＱＥＪＸＴＤＧ４Ｙ５Ｒ３ＺＡＲＶＡＲＹ０Ｃ５ＸＷ７ＫＶ８Ｆ３Ｔ４,BTC,1
g,C2,rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66:104728331,XRP,1
h,C9,{LIKE},USDT,
i,C2,qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a,,
j,C1,bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5,BTC,1
k,C2,bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t,,
"""
EXPECTED = {
    "a": "lookalike", "b": "known", "c": "clear", "d": "malformed", "e": "wrong_network", "f": "known", "g": "lookalike",
    "h": "clear", "i": "known", "j": "malformed", "k": "wrong_network",
}  # fmt: skip


def run(folder: Path, book: str = BOOK, candidates: str = CANDIDATES, *options: str) -> Result:
    (folder / "book.csv").write_text(book, encoding="utf-8")
    (folder / "candidates.csv").write_text(candidates, encoding="utf-8")
    files = ["--book", str(folder / "book.csv"), "--candidates", str(folder / "candidates.csv")]
    return CliRunner().invoke(app, ["address", "check", *files, *options])


def test_one_verdict_for_each_candidate_in_their_order(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, BOOK, CANDIDATES, "--json").stdout)
    assert {one["id"]: one["verdict"] for one in told["verdicts"]} == EXPECTED
    assert [one["id"] for one in told["verdicts"]] == list("abcdefghijk")
    assert told["counts"] == {name: sum(v == name for v in EXPECTED.values()) for name in VERDICTS}
    assert told["book"]["addresses"] == 4
    assert told["book"]["clients"] == 2
    like = told["verdicts"][0]
    assert (like["resembles"], like["matched_first"], like["matched_last"]) == (KNOWN, 3, 6)
    assert (like["differs_from"], like["differs_until"]) == (6, 36)
    assert like["score"] > 8
    assert like["value_jpy"] == "3000000000"
    mistyped = told["verdicts"][9]
    assert (mistyped["reason"], mistyped["resembles"]) == ("checksum", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    assert told["verdicts"][6]["reason"] == "tag"


@pytest.mark.parametrize("without", ["book", "candidates"])
def test_without_a_client_all_are_checked_against_the_whole_book(tmp_path: Path, without: str) -> None:
    book, candidates = f"address\n{KNOWN}\n", f"address\n{LIKE}\n"
    if without == "candidates":
        book = BOOK
    else:
        candidates = f"client_id,address\nC7,{LIKE}\n"
    told = json.loads(run(tmp_path, book, candidates, "--json").stdout)
    assert [one["verdict"] for one in told["verdicts"]] == ["lookalike"]


def test_dust_makes_a_weak_likeness_one(tmp_path: Path) -> None:
    book = f"address\n{KNOWN.lower()}\n"
    weak = "0xa7f448749d2e4aa29e3209879956b9baa9e9ff70"
    told = json.loads(run(tmp_path, book, f"address,inbound\n{weak},\n{weak},zero_value\n{weak},ordinary\n", "--json").stdout)
    assert [one["verdict"] for one in told["verdicts"]] == ["clear", "lookalike", "clear"]


def test_many_cores_say_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = "address\n" + f"{LIKE}\n{KNOWN}\n0x12\n" * 40
    alone = run(tmp_path, BOOK, candidates, "--json").stdout
    monkeypatch.setattr(in_bulk, "STRETCH", 7)
    assert run(tmp_path, BOOK, candidates, "--json").stdout == alone


def test_files_and_what_a_person_reads(tmp_path: Path) -> None:
    for name in ("out.csv", "out.json"):
        shown = run(tmp_path, BOOK, CANDIDATES, "--out", str(tmp_path / name))
        assert shown.exit_code == 0
        assert "characters 6 to 36 differ" in shown.stdout
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["id"]: row["verdict"] for row in rows} == EXPECTED
    assert {one["id"]: one["verdict"] for one in json.loads((tmp_path / "out.json").read_text())["verdicts"]} == EXPECTED
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_the_answer_says_what_was_assumed_and_what_was_left_out(tmp_path: Path) -> None:
    assume = ("--assume", "transfers/poisoned_address.chance_max=0.0000000000001")
    told = json.loads(run(tmp_path, BOOK + "C1,nothing,BTC\n", CANDIDATES, "--json", *assume).stdout)
    assert told["limits"]["assumed"] == ["chance_max"]
    assert told["verdicts"][0]["verdict"] == "clear"
    assert [(one["row"], one["reason"]) for one in told["book"]["left_out"]] == [(5, "unknown_form")]


@pytest.mark.parametrize(
    ("book", "candidates", "words"),
    [
        ("name\nx\n", CANDIDATES, ("book.csv", "address", "name the column")),
        ("address\n", CANDIDATES, ("book.csv", "holds no row")),
        (BOOK, "address,value_jpy\n0x12,ten\n", ("candidates.csv", "row 1", "value_jpy", "'ten'", "150000")),
        (BOOK, "address,value_jpy\n0x12,-1\n", ("candidates.csv", "row 1", "value_jpy")),
        (BOOK, "address,inbound\n0x12,\n0x12,maybe\n", ("candidates.csv", "row 2", "inbound", "dust")),
        (BOOK, "address,asset\n0x12\n", ("candidates.csv", "row 1", "cells")),
        (BOOK, "address,address\n0x12,0x12\n", ("candidates.csv", "address", "twice")),
        (BOOK, 'address\n"0x12\n', ("candidates.csv", "quote")),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_error(tmp_path: Path, book: str, candidates: str, words: tuple[str, ...]) -> None:
    told = run(tmp_path, book, candidates, "--json", "--out", str(tmp_path / "out.json"))
    assert told.exit_code == 2
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    for word in words:
        assert word in told.stderr
    assert not (tmp_path / "out.json").exists()


def test_a_file_that_is_not_there_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        app, ["address", "check", "--book", str(tmp_path / "no.csv"), "--candidates", str(tmp_path / "no.csv")]
    )
    assert told.exit_code == 2
    assert "no.csv" in told.stderr
    told = run(tmp_path, BOOK, CANDIDATES, "--out", str(tmp_path / "no" / "out.csv"))
    assert told.exit_code == 2
    assert "folder" in told.stderr


def test_an_empty_file_of_candidates_has_no_verdicts(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, BOOK, "address\n", "--json").stdout)["verdicts"] == []
