"""A simulated exchange as a whole: the same bytes from the same seed, books that add up, and a complete answer key."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer import Typer
from typer.testing import CliRunner

from sekisho.records import TABLES, open_records
from sekisho.records.validation import validate_folder
from sekisho.simulation import Options, simulate
from sekisho.simulation.commands import simulate as simulate_command
from sekisho.simulation.custody_failures import EXACTLY_FIVE, TIMETABLE, is_business_day
from sekisho.simulation.transfers import COOLING_OFF
from sekisho.typologies.custody import read_chain, read_ledger
from sekisho.typologies.outside_cold import measure
from sekisho.typologies.valuation import Cutoff, read_prices

SMALL = Options(seed=11, days=3, accounts=300, instruments=3, orders=20_000, history=28)
SELF_MATCH, GATE = "unfair_trading/self_match", "unfair_trading/front_running_gate"
MARKET_RULES = ("unfair_trading/wash_trading", "unfair_trading/matched_orders", "unfair_trading/layering")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exchange with everything planted."""
    out = tmp_path_factory.mktemp("exchange") / "records"
    simulate(SMALL, out)
    return out


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same exchange with nothing planted."""
    out = tmp_path_factory.mktemp("clean") / "records"
    simulate(Options(seed=11, days=2, accounts=200, instruments=2, orders=6_000, history=5, clean=True), out)
    return out


def key(folder: Path) -> list[dict[str, object]]:
    """The lines of an answer key."""
    rows: list[dict[str, object]] = pq.read_table(folder / "answer_key.parquet").to_pylist()
    return rows


def test_after_its_days_of_trading_it_goes_on_quietly_with_nothing_planted_in_the_market(tmp_path: Path) -> None:
    shape = Options(seed=3, days=1, accounts=100, instruments=1, orders=4_000, history=1, quiet_days=3)
    simulate(shape, tmp_path / "quiet")
    start = shape.start
    days = [start + timedelta(days=number) for number in range(4)]
    trades = pd.read_parquet(tmp_path / "quiet" / "trade.parquet", columns=["executed_at"]).executed_at.dt.tz_convert("Asia/Tokyo")
    by_day = trades.dt.date.value_counts().to_dict()
    assert sorted(by_day) == days, "prices are known on every day"
    assert max(by_day[day] for day in days[1:]) < by_day[start] / 4
    kept = pd.read_parquet(tmp_path / "quiet" / "customer_balance.parquet", columns=["as_of_date"]).as_of_date.unique()
    assert sorted(kept)[-4:] == days, "books are kept to the end"
    planted = [row for row in key(tmp_path / "quiet") if row["kind"] == "planted" and str(row["rule"]).startswith("unfair_trading")]
    assert planted
    assert {(row["window_from"] + timedelta(hours=9)).date() for row in planted} == {start}


def ids_of(folder: Path, table: str) -> set[str]:
    """The ids by which evidence names the records of a table."""
    if table == "order":
        return set(pq.read_table(folder / "order_event.parquet", columns=["order_id"])["order_id"].to_pylist())
    keys = list(TABLES[table].key)
    rows = pq.read_table(folder / f"{table}.parquet", columns=keys).to_pylist()
    return {TABLES[table].name_of(row) for row in rows}


def digests(folder: Path) -> dict[str, str]:
    """The hash of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(exchange: Path, tmp_path: Path) -> None:
    simulate(SMALL, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(exchange)


def test_another_seed_gives_another_exchange(clean: Path, tmp_path: Path) -> None:
    simulate(Options(seed=12, days=2, accounts=200, instruments=2, orders=6_000, history=5, clean=True), tmp_path / "other")
    same = {name for name, digest in digests(tmp_path / "other").items() if digest == digests(clean)[name]}
    # A clean office keeps the same registers whatever happened in the market.
    kept = (
        "asset",
        "assessment",
        "counterparty_network",
        "counterparty_vasp",
        "crypto_loan",
        "custody_duty",
        "provider",
        "wallet_key",
    )
    assert same <= {"answer_key.parquet", "answer_key.csv", *(f"{name}.parquet" for name in kept)}


def test_a_clean_exchange_has_no_fault_and_an_empty_key(clean: Path) -> None:
    assert validate_folder(clean) == []
    assert key(clean) == []


def test_planted_failures_are_not_faults_of_the_records(exchange: Path) -> None:
    assert validate_folder(exchange) == []


def test_every_table_opens_as_records(exchange: Path) -> None:
    records = open_records(exchange)
    written = {path.stem for path in exchange.glob("*.parquet")} - {"answer_key"}
    assert written == set(records.present)
    assert records.trade.count().execute() == pq.read_metadata(exchange / "trade.parquet").num_rows


def test_the_log_is_in_order_and_ids_follow_it(exchange: Path) -> None:
    events = pq.read_table(exchange / "order_event.parquet")
    trades = pq.read_table(exchange / "trade.parquet")
    numbers = sorted(events["sequence"].to_pylist() + trades["sequence"].to_pylist())
    assert numbers == list(range(1, len(numbers) + 1))
    moments = [moment for _sequence, moment in sorted(_moments(events, "occurred_at") + _moments(trades, "executed_at"))]
    assert moments == sorted(moments)
    first_seen = list(dict.fromkeys(events["order_id"].to_pylist()))
    assert first_seen == sorted(first_seen), "order ids are dealt in order of time, planned orders among all others"
    assert events["event_id"].to_pylist() == sorted(events["event_id"].to_pylist())


def _moments(table: pa.Table, column: str) -> list[tuple[int, datetime]]:
    return list(zip(table["sequence"].to_pylist(), table[column].to_pylist(), strict=True))


def test_fills_never_exceed_what_an_order_had_left(exchange: Path) -> None:
    left: dict[str, Decimal] = {}
    for _sequence, row in _merged(exchange):
        if "order_id" in row:
            left[str(row["order_id"])] = row["quantity"]  # type: ignore[assignment]
        else:
            for side in ("buy_order_id", "sell_order_id"):
                left[str(row[side])] -= row["quantity"]  # type: ignore[operator]
                assert left[str(row[side])] >= 0, row
    assert not any(left.values()), "every order is filled, withdrawn or expired by the end of its day"


def _merged(folder: Path, *more: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Order events and trades in the venue's order, with ``more`` columns where a table has them."""
    rows = []
    for table, columns in (("order_event", ["order_id"]), ("trade", ["buy_order_id", "sell_order_id"])):
        file = pq.ParquetFile(folder / f"{table}.parquet")
        wanted = ["sequence", "quantity", *columns, *(name for name in more if name in file.schema_arrow.names)]
        rows += file.read(columns=wanted).to_pylist()
    return iter(sorted(((int(row["sequence"]), row) for row in rows), key=lambda pair: pair[0]))


def test_most_orders_are_gone_within_a_tenth_of_a_second_and_sizes_have_a_heavy_tail(exchange: Path) -> None:
    events = pq.read_table(exchange / "order_event.parquet").to_pandas()
    trades = pq.read_table(exchange / "trade.parquet").to_pandas()
    ends = [events[["order_id", "occurred_at"]].set_axis(["order_id", "at"], axis=1)]
    ends += [trades[[side, "executed_at"]].set_axis(["order_id", "at"], axis=1) for side in ("buy_order_id", "sell_order_id")]
    last = pd.concat(ends).groupby("order_id")["at"].max()
    first = events[events.action == "new"].set_index("order_id")["occurred_at"]
    share = ((last - first).dt.total_seconds() < 0.1).mean()
    assert 0.6 < share < 0.85
    thickest = events[(events.action == "new") & (events.instrument == "BTC/JPY")]["quantity"].astype(float)
    assert thickest.quantile(0.99) / thickest.quantile(0.5) > 8


def test_evidence_in_the_key_names_records_that_exist(exchange: Path) -> None:
    named: dict[str, set[str]] = {}
    for line in key(exchange):
        for each in line["evidence"]:  # type: ignore[attr-defined]
            named.setdefault(each["table"], set()).add(each["id"])
    assert {"order", "trade", "transfer", "wallet_balance", "firm_balance", "chain_movement", "money_trust"} <= set(named)
    for table, ids in named.items():
        assert ids <= ids_of(exchange, table), table


def test_the_key_is_complete_for_every_rule(exchange: Path) -> None:
    lines = Counter((str(line["rule"]), str(line["kind"])) for line in key(exchange))
    for rule in (*MARKET_RULES, COOLING_OFF, *{rule for rule, *_rest in TIMETABLE}):
        assert lines[rule, "planted"] > 0, rule
        assert lines[rule, "look_alike"] > 0, rule
    planted = {str(line["pattern"]) for line in key(exchange)}
    assert {pattern for _rule, pattern, *_rest in TIMETABLE} <= planted


def test_subjects_in_the_key_exist(exchange: Path) -> None:
    known = ids_of(exchange, "account") | ids_of(exchange, "wallet") | ids_of(exchange, "asset") | {"exchange", "JPY"}
    known |= ids_of(exchange, "party") | ids_of(exchange, "crypto_loan")
    known |= {row["provider_id"] for row in pq.read_table(exchange / "provider.parquet").to_pylist()}
    known |= {row["name"] for row in pq.read_table(exchange / "provider.parquet").to_pylist()}
    known |= {row["service_id"] for row in pq.read_table(exchange / "wallet_service.parquet").to_pylist()}
    known |= {row["item"] for row in pq.read_table(exchange / "assessment.parquet").to_pylist()}
    for line in key(exchange):
        assert set(str(line["subjects"]).split(";")) <= known


def test_planted_wash_trades_have_both_sides_in_the_scheme(exchange: Path) -> None:
    trades = {row["trade_id"]: row for row in pq.read_table(exchange / "trade.parquet").to_pylist()}
    seen = 0
    for line in key(exchange):
        if line["rule"] in MARKET_RULES[:2] and line["kind"] == "planted":
            for each in line["evidence"]:  # type: ignore[attr-defined]
                if each["table"] == "trade":
                    trade = trades[each["id"]]
                    assert {trade["buy_account_id"], trade["sell_account_id"]} <= set(str(line["subjects"]).split(";"))
                    seen += 1
    assert seen > 20


def test_the_key_says_of_whoever_met_himself_that_the_door_should_have_stopped_it(exchange: Path) -> None:
    trades = pq.read_table(exchange / "trade.parquet").to_pylist()
    own = {row["trade_id"] for row in trades if row["buy_account_id"] == row["sell_account_id"]}
    told = 0
    for line in key(exchange):
        met = own & {each["id"] for each in line["evidence"] if each["table"] == "trade"}  # type: ignore[attr-defined]
        if met and line["pattern"] != "omnibus_crossing":
            assert line["rule"] == SELF_MATCH or SELF_MATCH in str(line["also"]), line["pattern"]
            told += 1
    assert told


def test_staff_act_on_a_customers_order_while_it_waits(exchange: Path) -> None:
    knowledge = pq.read_table(exchange / "customer_order_knowledge.parquet").to_pylist()
    seen = {row["order_id"]: row["learned_at"] for row in knowledge}
    entry: dict[str, object] = {}
    gone: dict[str, object] = {}
    for _sequence, row in _merged(exchange, "occurred_at", "executed_at"):
        for order in (row.get("order_id"), row.get("buy_order_id"), row.get("sell_order_id")):
            if order is not None:
                gone[str(order)] = row.get("occurred_at") or row.get("executed_at")
                entry.setdefault(str(order), row.get("occurred_at"))
    for line in key(exchange):
        if line["rule"] == GATE and line["kind"] == "planted":
            orders = {str(each["id"]) for each in line["evidence"] if each["table"] == "order"}  # type: ignore[attr-defined]
            (waiting,) = orders & set(seen)
            entered = [entry[order] for order in orders - {waiting}]
            assert entered, "somebody ordered"
            assert all(seen[waiting] < at <= gone[waiting] for at in entered), line["scheme_id"]  # type: ignore[operator]


def test_no_balance_is_negative_and_everybody_is_covered_when_clean(clean: Path) -> None:
    balances = pq.read_table(clean / "customer_balance.parquet")
    assert pc.min(balances["quantity"]).as_py() >= 0
    wallets = {row["wallet_id"]: row for row in pq.read_table(clean / "wallet.parquet").to_pylist()}
    held: Counter[tuple[date, str]] = Counter()
    for row in pq.read_table(clean / "wallet_balance.parquet").to_pylist():
        wallet = wallets[row["wallet_id"]]
        if wallet["holder"] in ("customer", "third_party"):
            held[(row["observed_at"].date(), wallet["asset"])] += row["quantity"]
    owed: Counter[tuple[str, str]] = Counter()
    for row in balances.filter(pc.field("asset") != "JPY").to_pylist():
        owed[(str(row["as_of_date"]), row["asset"])] += row["quantity"]
    assert sorted(held.values()) == sorted(owed.values())


def test_five_percent_outside_cold_storage_is_five_percent_of_what_customers_are_owed(exchange: Path) -> None:
    (line,) = (line for line in key(exchange) if line["pattern"] == EXACTLY_FIVE)
    cutoff = Cutoff.parse("24:00")
    records = open_records(exchange)
    measured = measure(read_chain(records, cutoff), read_ledger(records), read_prices(records, cutoff, "any", timedelta(days=1)))
    begins = line["window_from"]
    assert isinstance(begins, datetime)
    at = measured[(begins + timedelta(hours=9)).date()]
    assert at.excess_jpy(Decimal("0.05")) <= 0
    assert at.share == Decimal("0.05")


def test_golden_week_shows_in_the_business_days() -> None:
    days = [date(2026, 4, day) for day in (27, 28, 29, 30)]
    assert [is_business_day(day) for day in days] == [True, True, False, True]
    assert not is_business_day(date(2027, 1, 2))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"accounts": 5}, "--accounts 5: an exchange needs at least 100 accounts"),
        ({"days": 0}, "--days 0: give 1 or more"),
        ({"severity": "huge"}, "--severity huge: give blatant, subtle, mixed or a number from 0 to 1"),
        ({"orders": 0}, "--orders 0: give 1 or more, or leave it out"),
    ],
)
def test_impossible_options_say_what_to_give(wrong: dict[str, int | str], told: str) -> None:
    with pytest.raises(ValueError, match=r"^--") as error:
        Options(**wrong)  # type: ignore[arg-type]
    assert str(error.value) == told


def test_the_command_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine", encoding="utf-8")
    app = Typer()
    app.command()(simulate_command)
    result = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not an empty folder" in result.output


def test_the_command_writes_the_folder_whole_and_says_what_is_in_it(tmp_path: Path) -> None:
    app = Typer()
    app.command()(simulate_command)
    small = ["--accounts", "100", "--days", "1", "--instruments", "1", "--orders", "2000", "--history", "0"]
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "exchange"), *small, "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"]["order_event"] == pq.read_metadata(tmp_path / "exchange" / "order_event.parquet").num_rows
    assert [path.name for path in tmp_path.iterdir()] == ["exchange"]


def test_market_decimals_keep_eight_places(exchange: Path) -> None:
    schema = pq.read_schema(exchange / "order_event.parquet")
    assert schema.field("price").type == pa.decimal128(18, 8)
    assert schema.field("occurred_at").type == pa.timestamp("us", "UTC")
