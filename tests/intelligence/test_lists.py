"""Lists: every version kept, updated and rolled back without restart, refused whole when damaged, found, compared, rescreened."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.intelligence.list_file import Layout, read_list_file
from sekisho.intelligence.store import ListStore, LiveLists, Loading
from sekisho.records import RecordsError, open_records, validate_folder
from sekisho.typologies.listed import Entries, Lists, ListVersion, NotInMemory, read_lists
from sekisho.typologies.listed_forms import form_of, normal_domain, normal_form, normal_name, normal_url

T0 = datetime(2026, 6, 1, 9, tzinfo=UTC)
ADDRESS = "0x8589427373D6D84E98730D7795D8f6f8731FDA16"


def _file(place: Path, rows: str, name: str = "list.csv") -> Path:
    file = place / name
    file.write_text(rows, encoding="utf-8")
    return file


def _load(store: ListStore, file: Path, at: datetime = T0, kind: str = "sanctions", **more: Any) -> dict[str, Any]:
    loading = Loading(list_id=more.pop("list_id", "ofac"), kind=kind, source="OFAC", loaded_by="P9", loaded_at=at, **more)
    return store.load(read_list_file(file, kind), loading)


def _run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["lists", *(str(each) for each in arguments)])


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return ListStore(tmp_path / "lists")


def test_a_decision_can_name_list_version_and_row(store: ListStore, tmp_path: Path) -> None:
    _load(store, _file(tmp_path, f"value,category,subject\n1other,,\n{ADDRESS},mixer,Roe\n"))
    (hit,) = store.open().find("address", ADDRESS.lower(), T0)
    assert (hit.list_id, hit.version, hit.row, hit.value, hit.category, hit.subject) == ("ofac", 1, 2, ADDRESS, "mixer", "Roe")
    assert hit.record == ("list_entry", "ofac|1|2")
    assert hit.version_record == ("list_version", "ofac|1")
    row = store.rows()[0]
    assert (row["source"], row["loaded_by"], row["entries"], row["file_name"]) == ("OFAC", "P9", 2, "list.csv")
    assert len(row["sha256"]) == 64


def test_an_update_and_a_return_need_no_restart_and_change_nothing_of_the_past(store: ListStore, tmp_path: Path) -> None:
    _load(store, _file(tmp_path, f"value\n{ADDRESS}\n1old\n"))
    live = LiveLists(store, T0)
    assert live.current.find("address", "1old", T0)
    assert not live.refresh(T0)
    before = {file: file.read_bytes() for file in (store.folder / "list_entry").iterdir()}
    later = T0 + timedelta(days=1)
    _load(store, _file(tmp_path, f"value\n{ADDRESS}\n1new\n"), later)
    assert live.refresh(later)
    assert live.current.find("address", "1new", later)[0].version == 2
    assert not live.current.find("address", "1old", later)
    assert store.open().find("address", "1old", later - timedelta(seconds=1))[0].version == 1
    back = store.roll_back("ofac", by="P8", at=later + timedelta(hours=1))
    assert (back["version"], back["entries_of"], back["loaded_by"]) == (3, 1, "P8")
    live.refresh(later + timedelta(hours=1))
    (hit,) = live.current.find("address", "1old", later + timedelta(hours=1))
    assert (hit.version, hit.record) == (3, ("list_entry", "ofac|1|2"))
    assert {file: file.read_bytes() for file in before} == before, "what was written stays as it was"


def test_a_version_dated_ahead_waits_and_one_loaded_late_does_not_reach_back(store: ListStore, tmp_path: Path) -> None:
    _load(store, _file(tmp_path, "value\n1a\n"), valid_from=T0 - timedelta(days=30))
    ahead = T0 + timedelta(days=2)
    _load(store, _file(tmp_path, "value\n1b\n"), T0 + timedelta(days=1), valid_from=ahead)
    lists = store.open(at=T0 + timedelta(days=1))
    assert not store.open().find("address", "1a", T0 - timedelta(seconds=1))
    assert lists.find("address", "1a", ahead - timedelta(microseconds=1))
    assert lists.find("address", "1b", ahead)
    assert not lists.find("address", "1a", ahead)


def test_asking_about_a_moment_whose_version_was_not_read_is_refused(store: ListStore, tmp_path: Path) -> None:
    for number in range(3):
        _load(store, _file(tmp_path, f"value\n1v{number}\n"), T0 + timedelta(days=number))
    lists = store.open(at=T0 + timedelta(days=2))
    assert lists.find("address", "1v2", T0 + timedelta(days=2))
    with pytest.raises(NotInMemory):
        lists.find("address", "1v1", T0 + timedelta(days=2, microseconds=-1))
    assert store.open().find("address", "1v1", T0 + timedelta(days=1))


BAD = {
    "cut in a line": ("value,category\n1a,mixer\n1b,mi", "cut short"),
    "a cell too few": ("value,category\n1a,mixer\n1b\n", "line 3"),
    "an open quote": ('value,category\n1a,"mixer\n1b,x\n', "list.csv"),
    "no column value": ("address\n1a\n", "column 'value': is missing"),
    "an empty value": ("value,category\n1a,x\n,x\n", "row 2, column 'value'"),
    "nothing to look up": ("value\n1a\n\u200b\n", "row 2, column 'value'"),
    "an unknown kind of entry": ("value,entry_kind\n1a,phone\n", "column 'entry_kind'"),
    "confidence in words": ("value,confidence\n1a,high\n", "column 'confidence'"),
    "a time without zone": ("value,valid_from\n1a,2026-06-01\n", "column 'valid_from'"),
    "ends before it starts": (
        "value,valid_from,valid_until\n1a,2026-06-02T00:00:00Z,2026-06-01T00:00:00Z\n",
        "ends before it starts",
    ),
    "empty": ("value\n", "holds no entry"),
    "no bytes": ("", "list.csv"),
    "a NUL byte": ("value\n1a\0\n", "NUL"),
    "a marking of no protocol": ("value,marking\n1a,blue\n", "column 'marking'"),
}


@pytest.mark.parametrize("why", sorted(BAD))
def test_a_damaged_file_is_refused_whole_and_the_version_in_force_stays(store: ListStore, tmp_path: Path, why: str) -> None:
    _load(store, _file(tmp_path, "value\n1good\n"))
    before = {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()}
    text, word = BAD[why]
    done = _run(
        "load", store.folder, _file(tmp_path, text), "--list", "ofac", "--kind", "sanctions", "--source", "OFAC", "--by", "P9"
    )
    assert isinstance(done.exception, RecordsError), done.output
    assert word in str(done.exception)
    assert "\n" not in str(done.exception)
    assert {file: file.read_bytes() for file in store.folder.rglob("*") if file.is_file()} == before
    assert store.open().find("address", "1good", T0)


@pytest.mark.parametrize("cut", [1, 100, 0.5, -1, -8])
def test_a_parquet_file_cut_anywhere_is_refused(tmp_path: Path, cut: float) -> None:
    file = tmp_path / "list.parquet"
    pq.write_table(pa.table({"value": [f"1{n}" for n in range(2000)], "category": ["", *["mixer"] * 1999]}), file)
    assert read_list_file(file, "illicit").entries["category"].to_pylist()[:2] == [None, "mixer"]
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * cut) if isinstance(cut, float) else int(cut)])
    with pytest.raises(RecordsError, match=r"list\.parquet"):
        read_list_file(file, "illicit")


def test_stored_entries_that_were_tampered_with_stop_a_start_and_leave_a_running_gate_alone(
    store: ListStore, tmp_path: Path
) -> None:
    _load(store, _file(tmp_path, "value\n1a\n"))
    live = LiveLists(store, T0)
    _load(store, _file(tmp_path, "value\n1b\n"), T0 + timedelta(days=1))
    part = store.entries_file("ofac", 2)
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(RecordsError, match="hash differs"):
        live.refresh(T0 + timedelta(days=1))
    assert live.current.find("address", "1a", T0 + timedelta(days=2)), "the version in force stays"
    with pytest.raises(RecordsError, match="hash differs"):
        LiveLists(store, T0 + timedelta(days=1))


def test_a_crash_between_entries_and_version_leaves_the_version_in_force(
    store: ListStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(store, _file(tmp_path, "value\n1a\n"))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(ListStore, "_add", crash)
        with pytest.raises(KeyboardInterrupt):
            _load(store, _file(tmp_path, "value\n1half\n"), T0 + timedelta(days=1))
    assert [row["version"] for row in store.rows()] == [1]
    assert not store.open().find("address", "1half", T0 + timedelta(days=2))
    _load(store, _file(tmp_path, "value\n1b\n"), T0 + timedelta(days=1))
    assert store.open().find("address", "1b", T0 + timedelta(days=1))


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_is_one_error(store: ListStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(store, _file(tmp_path, "value\n1a\n"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sekisho.intelligence.store.pq.write_table", full)
    with pytest.raises(RecordsError, match="No space left"):
        _load(store, _file(tmp_path, "value\n1b\n"), T0 + timedelta(days=1))
    assert [row["version"] for row in store.rows()] == [1]


def test_lists_are_records_an_inspection_reads_as_they_lie(store: ListStore, tmp_path: Path) -> None:
    _load(store, _file(tmp_path, f"value\n{ADDRESS}\n"))
    _load(store, _file(tmp_path, "value,entry_kind\nMEXC Global,name\n1hot,address\n"), kind="unregistered", list_id="fsa")
    assert list(validate_folder(store.folder)) == []
    with open_records(store.folder) as records:
        lists = read_lists(records)
    assert lists.find("address", ADDRESS, T0)
    assert lists.find("name", "ＭＥＸＣ　ＧＬＯＢＡＬ株式会社", T0)


def test_another_kind_under_the_same_name_and_a_clock_that_runs_back_are_refused(store: ListStore, tmp_path: Path) -> None:
    file = _file(tmp_path, "value\n1a\n")
    _load(store, file)
    with pytest.raises(RecordsError, match="of kind sanctions"):
        _load(store, file, T0 + timedelta(days=1), kind="illicit")
    with pytest.raises(RecordsError, match="was last loaded"):
        _load(store, file, T0 - timedelta(seconds=1))
    with pytest.raises(RecordsError, match="not a name for a list"):
        _load(store, file, list_id="../OFAC")
    with pytest.raises(RecordsError, match="no earlier version"):
        store.roll_back("ofac", by="P9", at=T0)


def test_a_file_with_its_own_column_names(tmp_path: Path) -> None:
    file = _file(tmp_path, "address,currency,confidence,label\n1a,BTC,forensic,Roe\n1b,,web_crawl,\n")
    layout = Layout(
        columns={"value": "address", "asset": "currency", "subject": "label", "confidence": "-"}, fill={"category": "theft"}
    )
    rows = read_list_file(file, "illicit", layout).entries.to_pylist()
    assert [(row["value"], row["asset"], row["subject"], row["category"], row["confidence"]) for row in rows] == [
        ("1a", "BTC", "Roe", "theft", None),
        ("1b", None, None, "theft", None),
    ]
    with pytest.raises(RecordsError, match="column 'nix': is not in the file"):
        read_list_file(file, "illicit", Layout(columns={"value": "nix"}))


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        (normal_form, ADDRESS, " 0X8589427373d6d84e98730d7795d8f6f8731fda16\u200b"),
        (normal_form, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"),
        (normal_form, "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
        (normal_form, "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A"),
        (normal_form, "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "bitcoin:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu?amount=1"),
        (normal_form, "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=7"),
        (normal_form, "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu"),
        (normal_name, "株式会社ビットフライヤー", "（株）ﾋﾞｯﾄﾌﾗｲﾔｰ"),
        (normal_name, "MEXC Global", "mexc-global Ltd."),
        (normal_domain, "例え.jp", "XN--R8JZ45G.jp."),
        (normal_url, "https://Evil.example:443/a#b", "https://evil.example/a"),
    ],
)
def test_one_thing_has_one_form(form: Any, one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        (normal_form, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1boatslrhtknngkdxeeobr76b53lettpyt"),
        (normal_name, "bitFlyer", "bitFlyer Pro Global"),
        (normal_domain, "a.example", "b.example"),
        (normal_url, "https://e.example/a", "https://e.example/b"),
    ],
)
def test_different_things_have_different_forms(form: Any, one: str, other: str) -> None:
    assert form(one) != form(other)


def test_a_listed_domain_lists_what_lies_below_it_and_not_beside_it(store: ListStore, tmp_path: Path) -> None:
    _load(store, _file(tmp_path, "value\nevil.example\n"), kind="scam_domains", list_id="scam")
    lists = store.open()
    assert lists.domain("login.EVIL.example", T0)
    assert not lists.domain("notevil.example", T0)
    assert not lists.domain("example", T0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8), max_size=60), st.data())
def test_the_packed_index_finds_what_a_dictionary_finds(values: list[str], data: st.DataObject) -> None:
    kept = [value for value in values if form_of("address", value)]
    rows = {
        "row": pa.array(range(1, len(kept) + 1), pa.int64()),
        "entry_kind": pa.array(["address"] * len(kept), pa.string()),
        "value": pa.array(kept, pa.string()),
        "normal_form": pa.array([form_of("address", value) for value in kept], pa.string()),
    }
    version = ListVersion(list_id="x", version=1, kind="illicit", source="s", valid_from=T0, loaded_at=T0, entries_of=1)
    lists = Lists([version], {("x", 1): Entries(pa.table(rows))})
    plain: dict[str, list[int]] = {}
    for row, value in enumerate(kept, 1):
        plain.setdefault(form_of("address", value), []).append(row)
    for asked in [*kept, data.draw(st.text(max_size=8))]:
        found = [hit.row for hit in lists.find("address", asked, T0)]
        assert found == plain.get(form_of("address", asked), [])


def test_a_hash_alone_never_lists_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.typologies.listed._hash", lambda key: 7)
    forms = ["1a", "1b", "1a"]
    rows = {"row": [1, 2, 3], "entry_kind": ["address"] * 3, "value": forms, "normal_form": forms}
    version = ListVersion(list_id="x", version=1, kind="illicit", source="s", valid_from=T0, loaded_at=T0, entries_of=1)
    lists = Lists([version], {("x", 1): Entries(pa.table(rows))})
    assert [hit.row for hit in lists.find("address", "1a", T0)] == [1, 3]
    assert lists.find("address", "1c", T0) == ()


@pytest.fixture
def updated(store: ListStore, tmp_path: Path) -> ListStore:
    _load(store, _file(tmp_path, f"value,category\n{ADDRESS},mixer\n1gone,theft\n1same,theft\n"))
    _load(
        store, _file(tmp_path, f"value,category\n1same,theft\n{ADDRESS.lower()},ransomware\n1new,theft\n"), T0 + timedelta(days=1)
    )
    return store


def test_what_an_update_changed(updated: ListStore) -> None:
    told = json.loads(_run("diff", updated.folder, "ofac", "--json", "--at", "2026-07-01T00:00:00Z").output)
    assert (told["version_before"], told["version_after"]) == (1, 2)
    assert {(c["change"], form_of("address", c["value"])) for c in told["changes"]} == {
        ("changed", ADDRESS.lower()),
        ("removed", "1gone"),
        ("added", "1new"),
    }
    everything = json.loads(_run("diff", updated.folder, "ofac", "--from", "0", "--to", "1", "--json").output)
    assert everything["counts"] == {"added": 3}


def test_rescreening_names_the_transfers_and_address_books_an_update_concerns(updated: ListStore, tmp_path: Path) -> None:
    books = tmp_path / "books"
    books.mkdir()
    head = "transfer_id,requested_at,account_id,direction,asset,quantity,value_jpy,address,counterparty,status\n"
    line = "{},2026-05-0{}T00:00:00Z,{},{},ETH,1,1000,{},unknown,completed\n"
    rows = [
        ("T1", 1, "A1", "out", ADDRESS.upper().replace("0X", "0x")),
        ("T2", 2, "A1", "in", ADDRESS),
        ("T3", 3, "A2", "out", "1gone"),
    ]
    rows += [("T4", 4, "A3", "out", "1same"), ("T5", 5, "A4", "out", "1new"), ("T6", 6, "A5", "out", "1clean")]
    (books / "transfer.csv").write_text(head + "".join(line.format(*row) for row in rows))
    out = tmp_path / "rescreened.parquet"
    done = _run("rescreen", updated.folder, "--records", books, "--at", "2026-07-01T00:00:00Z", "--out", out, "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["accounts"], told["transfers"]) == (3, 4)
    by_account = {(row["account_id"], row["change"]): row for row in told["affected"]}
    assert by_account["A2", "removed"]["categories_before"] == ["theft"]
    assert by_account["A4", "added"]["transfers"] == ["T5"]
    changed = [row for row in told["affected"] if row["change"] == "changed"]
    assert {(row["categories_before"][0], row["categories_after"][0]) for row in changed} == {("mixer", "ransomware")}
    assert sorted(t for row in changed for t in row["transfers"]) == ["T1", "T2"]
    assert pq.read_table(out).num_rows == len(told["affected"])
    book = _file(tmp_path, "account_id,address,asset\nA9,1new,BTC\nA8,1same,BTC\n", "book.csv")
    done = _run("rescreen", updated.folder, "--book", book, "--list", "ofac", "--at", "2026-07-01T00:00:00Z", "--json")
    assert [row["account_id"] for row in json.loads(done.output)["affected"]] == ["A9"]
    nobody = _file(tmp_path, "account_id,address\nA8,1same\n", "nobody.csv")
    assert _run("rescreen", updated.folder, "--book", nobody, "--at", "2026-07-01T00:00:00Z").exit_code == 0


def test_commands_say_what_they_did(store: ListStore, tmp_path: Path) -> None:
    file = _file(tmp_path, f"value\n{ADDRESS}\n")
    common = ("--list", "ofac", "--kind", "sanctions", "--source", "OFAC", "--by", "P9", "--at", "2026-06-01T09:00:00Z")
    wrong = _run("load", store.folder, file, *common, "--sha256", "0" * 64)
    assert "has the hash" in str(wrong.exception)
    assert "fewer than 2" in str(_run("load", store.folder, file, *common, "--entries-min", "2").exception)
    assert json.loads(_run("load", store.folder, file, *common, "--json").output)["version"] == 1
    shown = json.loads(_run("show", store.folder, "--at", "2026-06-02T00:00:00Z", "--json").output)
    assert [(v["list_id"], v["in_force"]) for v in shown["versions"]] == [("ofac", True)]
    found = _run("lookup", store.folder, ADDRESS.lower(), "1x", "--at", "2026-06-02T00:00:00Z", "--json")
    assert found.exit_code == 1
    assert [bool(answer["listed"]) for answer in json.loads(found.output)["answers"]] == [True, False]
    assert _run("lookup", store.folder, "1x", "--at", "2026-06-02T00:00:00Z").exit_code == 0
    assert isinstance(_run("lookup", tmp_path / "none", "1x").exception, RecordsError)
