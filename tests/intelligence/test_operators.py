"""Operators: no impostor is ever cleared, whatever is added to, taken from or hidden in a registered name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sekisho.cli import app, main
from sekisho.intelligence.operators.register_file import read_register
from sekisho.records import RecordsError
from sekisho.typologies.operator_names import Registered

REGISTER = """operator_id,name,other_names,business,domains,bureau,number,registered_on,left_on,owner
O2,株式会社 Custodiem,FTX Japan | QUOINE | カストディエム,crypto_asset_exchange,,関東,00002,2017-09-29,,FSA
O3,株式会社 bitFlyer,bitFlyer | ビットフライヤー,crypto_asset_exchange,bitflyer.com,関東,00003,2017-09-29,,FSA
O4,株式会社ガイア,GAIA BTM | ガイア,crypto_asset_exchange,,近畿,00004,2021-06-18,,FSA
O31,Binance Japan株式会社,バイナンスジャパン,crypto_asset_exchange,,関東,00031,2022-10-14,,FSA
O10,株式会社DMM Bitcoin,DMMビットコイン,crypto_asset_exchange,,関東,00010,2017-12-01,2025-03-08,FSA
O16,S.BLOX株式会社,S.BLOX | Amber Japan,crypto_asset_exchange,,関東,00016,2019-03-25,,FSA
"""
WARNINGS = """warning_id,name,other_names,domains,warned_on,issued_by,source,owner
W1,Binance Holdings Limited,Binance | バイナンス,binance.com,2021-06-25,FSA,list,FSA
W2,Bybit Fintech Limited,Bybit | バイビット,bybit.com,2021-05-28,FSA,list,FSA
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("operators")
    (folder / "register.csv").write_text(REGISTER, encoding="utf-8")
    (folder / "warnings.csv").write_text(WARNINGS, encoding="utf-8")
    return folder / "register.csv", folder / "warnings.csv"


@pytest.fixture(scope="module")
def registered(files: tuple[Path, Path]) -> Registered:
    return Registered(*read_register(*files))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ｂｉｔＦｌｙｅｒ（株）", "00003"),
        ("㈱ビットフライヤー", "00003"),
        ("ﾋﾞｯﾄﾌﾗｲﾔｰ株式会社", "00003"),
        ("bitFlyer, Inc.", "00003"),
        ("https://bitflyer.com/ja-jp/login", "00003"),
        ("運営会社：株式会社bitFlyer（関東財務局長第00003号）", "00003"),
        ("QUOINE株式会社", "00002"),
        ("FTX Japan K.K.", "00002"),
        ("株式会社Custodiem（旧 FTX Japan）", "00002"),
        ("ガイア", "00004"),
        ("バイナンス・ジャパン", "00031"),
        ("Developer: S.BLOX株式会社", "00016"),
    ],
)
def test_a_registered_name_is_read_in_any_spelling(registered: Registered, text: str, number: str) -> None:
    match = registered.match(text)
    assert (match.verdict, match.number) == ("registered", number)


@pytest.mark.parametrize(
    "text", ["Binance", "バイナンス", "Bybit Fintech Ltd.", "https://www.bybit.com/ja-JP/", "Bybit: Buy Bitcoin, Trade Crypto"]
)
def test_a_warned_name_is_told_with_its_days(registered: Registered, text: str) -> None:
    match = registered.match(text)
    assert match.verdict == "warned"
    assert match.warned_on


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bitFlyer Pro Global", "contains_registered_name"),
        ("Binance Japan Pro", "contains_registered_name"),
        ("bitFlyer LLC", "contains_registered_name"),
        ("合同会社bitFlyer", "contains_registered_name"),
        ("ビットフライヤー公式アプリ", "contains_registered_name"),
        ("bitFlyer Pro\n運営会社：株式会社bitFlyer", "contains_registered_name"),
        ("bitF1yer", "resembles_registered_name"),
        ("bіtFlyer", "resembles_registered_name"),
        ("bit\u200bFlyer", "contains_registered_name"),
        ("bitflyer.co", "contains_registered_name"),
        ("https://bitflyer.com.login.top/", "contains_registered_name"),
        ("bitFlyer / QUOINE", "two_operators"),
        ("DMM Bitcoin", "left_register"),
        ("Upbit", "not_on_file"),
        ("", "nothing_to_read"),
        ("株式会社", "not_on_file"),
    ],
)
def test_nobody_else_is_cleared(registered: Registered, text: str, why: str) -> None:
    match = registered.match(text)
    assert (match.verdict, match.why) == ("unknown", why)
    assert match.number is None


@given(
    st.sampled_from(["bitFlyer", "ビットフライヤー", "QUOINE", "Binance Japan", "S.BLOX"]),
    st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from(["", " ", "-", "・"]),
)
def test_letters_added_never_clear(registered: Registered, name: str, added: str, in_front: bool, between: str) -> None:
    text = f"{added}{between}{name}" if in_front else f"{name}{between}{added}"
    match = registered.match(text)
    if (
        match.verdict == "registered"
    ):  # only where what was added is a stock company's own form, or another name of the same operator
        assert registered.match(added).operator_id == match.operator_id or added.lower() in {"inc", "ltd", "corp", "kk", "limited"}


def test_a_day_before_the_register_and_the_day_it_left(files: tuple[Path, Path]) -> None:
    from datetime import date

    rows = read_register(*files)
    assert Registered(*rows, day=date(2025, 3, 7)).match("DMM Bitcoin").verdict == "registered"
    assert Registered(*rows, day=date(2025, 3, 8)).match("DMM Bitcoin").verdict == "unknown"
    assert Registered(*rows, day=date(2021, 5, 27)).match("Bybit").verdict == "unknown"


def test_the_command_answers_in_json(files: tuple[Path, Path]) -> None:
    register, warnings = map(str, files)
    told = CliRunner().invoke(
        app, ["operators", "match", "株式会社bitFlyer", "bitFlyer Pro", "--register", register, "--warnings", warnings, "--json"]
    )
    assert told.exit_code == 0, told.output
    first, second = json.loads(told.output)["matches"]
    assert (first["answer"], first["bureau"], first["number"]) == ("registered", "関東", "00003")
    assert (second["answer"], second["operator"]) == ("unknown", "株式会社 bitFlyer")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no row"),
        ("operator_id,name\nO1,X\n", "column 'business' is missing"),
        (REGISTER.replace("2017-09-29", "last year"), "is not a date"),
        (REGISTER + "O99,only two\n", "row 7"),
    ],
)
def test_a_bad_register_is_one_clear_error(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "register.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RecordsError, match=said):
        read_register(file, None)
    assert main is not None
