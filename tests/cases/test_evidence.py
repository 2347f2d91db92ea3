"""The evidence package: the same bytes for the same case, everything verified by hash, every tampering seen, nobody else's data."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from sekisho.cases import verify_package
from sekisho.cases.result import find
from sekisho.cli import app

AT = "2026-11-25T08:00:00Z"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange, inspected, and its first layering and wash findings packed."""
    home = tmp_path_factory.mktemp("evidence")
    run = CliRunner().invoke
    made = ["simulate", "--out", str(home / "books"), "--days", "1", "--accounts", "200", "--instruments", "2", "--seed", "5"]
    assert run(app, made).exit_code == 0
    inspected = [
        "inspect",
        str(home / "books"),
        "--rules",
        "unfair_trading/wash_trading,unfair_trading/layering",
        "--out",
        str(home / "result"),
    ]
    assert run(app, inspected).exit_code == 0
    assert _export(home, home / "package.zip").exit_code == 0
    return home / "package.zip"


def _export(home: Path, out: Path, *more: str):  # type: ignore[no-untyped-def]
    import pyarrow.parquet as pq

    rows = pq.read_table(home / "result" / "findings.parquet").to_pylist()
    names = [next(r["finding_id"] for r in rows if r["rule"].endswith(kind)) for kind in ("layering", "wash_trading")]
    asked = [*names, "--result", str(home / "result"), "--records", str(home / "books"), "--out", str(out)]
    told = ["--by", "N. Examiner", "--case", "2026-1", "--reason", "referral", "--at", AT]
    return CliRunner().invoke(app, ["evidence", *asked, *told, *more])


def _parts(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _write(package: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(package, "w") as out:
        for name, content in parts.items():
            out.writestr(zipfile.ZipInfo(name, verify_package.FIXED_TIME), content)
    return package


def test_the_same_case_gives_the_same_bytes(exported: Path, tmp_path: Path) -> None:
    assert _export(exported.parent, tmp_path / "again.zip").exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == exported.read_bytes()


def test_it_holds_what_an_authority_needs(exported: Path) -> None:
    parts = _parts(exported)
    for name in ("README.md", "run.json", "report.html", "verify.py", "records/trade.csv", "records/order_event.parquet"):
        assert name in parts
    for start in ("replay/", "charts/", "rules/", "findings/"):
        assert any(name.startswith(start) for name in parts), start


def test_each_chart_is_of_a_finding_and_names_its_axes(exported: Path) -> None:
    parts = _parts(exported)
    charts = {name: content.decode() for name, content in parts.items() if name.startswith("charts/")}
    told = {name.removeprefix("findings/").removesuffix(".json") for name in parts if name.startswith("findings/")}
    assert {name.removeprefix("charts/").partition("_")[0] for name in charts} == told
    assert all("価格（" in svg and "Time (UTC)" in svg for name, svg in charts.items() if "Who sold to whom" not in svg)


def test_it_says_whether_the_sesc_had_the_power_on_the_day_of_each_act(exported: Path) -> None:
    import json

    parts = _parts(exported)
    told = json.loads(parts["powers.json"])
    assert {one["violation"] for one in told} == {"manipulation", "wash"}
    for one in told:
        finding = json.loads(parts[f"findings/{one['finding']}.json"])
        last = datetime.fromisoformat(finding["window_until"]) - timedelta.resolution
        assert {power["on"] for power in one["powers"]} == {last.astimezone(ZoneInfo("Asia/Tokyo")).date().isoformat()}
        assert {power["power"]: power["standing"] for power in one["powers"]}["criminal_investigation"] == "not_held"
    page = parts["powers.md"].decode()
    assert "犯則調査 / criminal investigation | 不可 / no | FIEA 210, 211, 226; Order 45" in page


def test_a_third_party_verifies_with_the_script_inside_and_nothing_else(exported: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported) as opened:
        opened.extractall(tmp_path)
    for arguments in ([], [str(exported)]):
        ran = subprocess.run(
            [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), *arguments], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout
        assert ran.stdout.startswith("OK")
    (tmp_path / "records" / "trade.csv").write_bytes(b"trade_id\n")
    ran = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "verify.py")], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "records/trade.csv" in ran.stdout


def test_every_file_altered_or_removed_is_seen(exported: Path, tmp_path: Path) -> None:
    parts = _parts(exported)
    assert verify_package.check(_write(tmp_path / "same.zip", parts))[0] == []
    for name, content in parts.items():
        altered = parts | {name: content[:-1] + bytes([content[-1] ^ 1])}
        assert verify_package.differences(altered, list(altered)), f"{name} altered"
        removed = {other: parts[other] for other in parts if other != name}
        assert verify_package.differences(removed, list(removed)), f"{name} removed"


def test_a_file_added_or_moved_is_seen(exported: Path, tmp_path: Path) -> None:
    parts = _parts(exported)
    added = _write(tmp_path / "added.zip", parts | {"records/more.csv": b"x"})
    assert any("was added" in line for line in verify_package.check(added)[0])
    names = list(parts)
    moved = _write(tmp_path / "moved.zip", {name: parts[name] for name in [*names[:2], names[-1], *names[2:-1]]})
    assert any("order" in line for line in verify_package.check(moved)[0])
    longer = tmp_path / "longer.zip"
    longer.write_bytes(exported.read_bytes() + b"more")
    assert verify_package.check(longer)[0]
    assert CliRunner().invoke(app, ["evidence", "verify", str(longer)]).exit_code == 1


def test_a_forged_log_does_not_carry_the_announced_seal(exported: Path) -> None:
    seal = verify_package.seal_of(exported)
    assert CliRunner().invoke(app, ["evidence", "verify", str(exported), "--seal", seal]).exit_code == 0
    assert CliRunner().invoke(app, ["evidence", "verify", str(exported), "--seal", "0" * 64]).exit_code == 1


def test_of_others_no_more_than_the_ids_that_trades_carry(exported: Path) -> None:
    parts = _parts(exported)
    names = tuple(sorted({n.removeprefix("findings/").removesuffix(".json") for n in parts if n.startswith("findings/")}))
    subjects = {s for f in find(exported.parent / "result", names) for s in f["subject_id"].split("|")}
    accounts = {row["account_id"] for row in csv.DictReader(io.StringIO(parts["records/account.csv"].decode()))}
    assert accounts == subjects
    with_id = [
        row["subject"]
        for n in parts
        if n.startswith("replay/") and n.endswith(".csv")
        for row in csv.DictReader(io.StringIO(parts[n].decode()))
    ]
    assert {one for row in with_id if row for one in row.split("|")} <= subjects


def test_the_replay_runs_only_what_it_carries(exported: Path) -> None:
    pages = [
        content.decode() for name, content in _parts(exported).items() if name.startswith("replay/") and name.endswith(".html")
    ]
    assert pages
    for page in pages:
        assert "default-src 'none'" in page
        assert "unsafe-inline" not in page
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in page


def test_a_request_abroad_is_a_draft_until_reciprocity_is_assured(exported: Path, tmp_path: Path) -> None:
    drafted = _export(exported.parent, tmp_path / "draft.zip", "--foreign", "MAS", "--country", "SG")
    assert "not executable" in drafted.stdout
    parts = _parts(tmp_path / "draft.zip")
    assert b'"executable": false' in parts["foreign/request.json"]
    assert "DRAFT" in parts["foreign/request.md"].decode()
    assured = _export(
        exported.parent, tmp_path / "sent.zip", "--foreign", "MAS", "--country", "SG", "--reciprocity", "Letter 12/2026"
    )
    assert assured.exit_code == 0
    assert b'"executable": true' in _parts(tmp_path / "sent.zip")["foreign/request.json"]


def test_books_that_changed_are_not_evidence(exported: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(exported.parent / "books", tmp_path / "books")
    shutil.copytree(exported.parent / "result", tmp_path / "result")
    file = tmp_path / "books" / "account.parquet"
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(file).slice(0, 150), file, compression="gzip")
    ran = _export(tmp_path, tmp_path / "package.zip")
    assert ran.exit_code != 0
    assert "not the table that was inspected" in str(ran.exception)


def test_a_finding_that_is_not_there_is_named(exported: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app, ["evidence", "Fnone", "--result", str(exported.parent / "result"), "--out", str(tmp_path / "x.zip")]
    )
    assert "no finding begins with 'Fnone'" in str(ran.exception)


def test_a_penalty_case_is_filled_from_a_finding(exported: Path, tmp_path: Path) -> None:
    import json

    name = next(n for n in _parts(exported) if n.startswith("findings/")).removeprefix("findings/").removesuffix(".json")
    home = exported.parent
    asked = ["penalty", "--from-finding", name, "--result", str(home / "result"), "--records", str(home / "books")]
    ran = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "case.json"), "--json"])
    answer = json.loads(ran.stdout)
    assert answer["price_source"].startswith("trade of the records")
    assert answer["amount_jpy"] is not None or "prices are known until" in answer["undetermined"][0]
    again = CliRunner().invoke(app, ["penalty", str(tmp_path / "case.json"), "--json"])
    assert json.loads(again.stdout) == answer
