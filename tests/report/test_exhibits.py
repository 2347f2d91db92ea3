"""The records behind a finding: found by their names, shown as rows, and never more than the page can hold."""

from __future__ import annotations

from report import exchange
from sekisho.findings.report.exhibits import IDS_SHOWN_MAX, ROWS_SHOWN_MAX, open_books, prices_around


def test_every_way_of_naming_a_record_finds_it() -> None:
    named = [
        ("trade", "T1"), ("order", "L00"), ("order_event", "E1"), ("wallet_balance", "W-HOT|2026-04-20T14:59:00.000000Z"),
        ("customer_balance", "A1|BTC|2026-04-21"), ("reference_price", "BTC|2026-04-20T14:00:00.000000Z|ref"),
        ("firm_balance", "2026-05-01|net_assets"),
    ]  # fmt: skip
    books = open_books(exchange.books(), [named])
    assert [len(books.of([one], one[0])) for one in named] == [1, 2, 1, 1, 1, 1, 1]
    assert {row["order_id"] for row in books.order_events(named)} == {"L00"}


def test_a_record_that_is_not_there_stands_as_its_id() -> None:
    named = [
        ("trade", "NONE"),
        ("wallet_balance", "no time in it"),
        ("wallet_balance", "W|yesterday"),
        ("dream", "D1"),
        ("communication", "C1"),
    ]
    exhibits = open_books(exchange.books(), [named]).exhibits(named)
    assert [(e.table, e.count, e.ids, e.rows) for e in exhibits] == [
        ("trade", 1, ("NONE",), ()),
        ("wallet_balance", 2, ("no time in it", "W|yesterday"), ()),
        ("dream", 1, ("D1",), ()),
        ("communication", 1, ("C1",), ()),
    ]


def test_rows_come_first_then_ids_then_a_count() -> None:
    named = [("trade", f"M{n}") for n in range(80)] + [("trade", f"missing{n}") for n in range(100)]
    [exhibit] = open_books(exchange.books(), [named]).exhibits(named)
    assert len(exhibit.rows) == ROWS_SHOWN_MAX
    assert exhibit.columns[:3] == ("trade_id", "sequence", "executed_at")
    assert "sell_order_id" not in exhibit.columns, "columns without a value are left out"
    assert exhibit.count == 180
    assert len(exhibit.ids) == IDS_SHOWN_MAX
    assert exhibit.unlisted == 180 - ROWS_SHOWN_MAX - IDS_SHOWN_MAX


def test_prices_around_a_window_are_those_of_its_instrument_and_time() -> None:
    books = exchange.books()
    found = prices_around(
        books, {"F": ("BTC/JPY", exchange.at(10), exchange.at(13)), "G": ("ETH/JPY", exchange.at(0), exchange.at(99))}
    )
    assert set(found) == {"F"}
    assert [at for at, _, _ in found["F"]] == [exchange.at(n).timestamp() for n in (10, 11, 12, 12, 13)]
    assert all(low <= high for _, low, high in found["F"])


def test_prices_of_a_long_window_are_thinned_without_losing_an_extreme() -> None:
    books = exchange.books()
    found = prices_around(books, {"F": ("BTC/JPY", exchange.at(-2_000), exchange.at(2_000))})["F"]
    assert len(found) < 92
    assert min(low for _, low, _ in found) == 14_999_300
    assert max(high for _, _, high in found) == 15_000_500


def test_much_evidence_in_one_table_leaves_room_for_the_others() -> None:
    named = [("customer_balance", f"A{n}|BTC|2026-04-21") for n in range(5_000)] + [("trade", f"M{n}") for n in range(80)]
    books = open_books(exchange.books(), [named])
    assert len(books.of(named, "trade")) == 80
    assert len(books.of(named, "customer_balance")) == 2
