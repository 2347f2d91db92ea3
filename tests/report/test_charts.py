"""The pictures: what they draw is what the records say, and the same records give the same marks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from report import exchange
from sekisho.findings.report import Text
from sekisho.findings.report.charts import gauge, ladder, ledger_gap, ring, tier_share, trade_line
from sekisho.findings.report.charts.alone import alone
from sekisho.findings.report.charts.canvas import Label, Picture, Plot, amount_of, number_ticks, price_title, time_ticks, time_title
from sekisho.findings.report.charts.deadline import Marks


def test_an_order_rests_until_it_is_pulled_moved_or_filled() -> None:
    at = exchange.at
    events = [
        {**exchange._event("A", 0, "new", Decimal(100), Decimal(2)), "sequence": 1},
        {**exchange._event("A", 5, "replace", Decimal(101), Decimal(2)), "sequence": 2},
        {**exchange._event("A", 9, "cancel", Decimal(101), Decimal(0)), "sequence": 3},
        {**exchange._event("B", 1, "new", Decimal(99), Decimal(1), "buy"), "sequence": 4},
        {**exchange._event("C", 1, "reject", Decimal(98), Decimal(1)), "sequence": 5},
    ]
    trades = [{"buy_order_id": "B", "sell_order_id": None, "executed_at": at(4)}]
    stretches = [(r.order_id, r.price, r.since, r.until, r.pulled) for r in ladder.resting(events, trades, at(20))]
    assert stretches == [
        ("A", 100, at(0), at(5), False),
        ("A", 101, at(5), at(9), True),
        ("B", 99, at(1), at(4), False),
    ]


def test_ladder_draws_each_order_once_and_each_fill() -> None:
    events, fills = exchange.order_events(), [t for t in exchange.trades() if t["trade_id"].startswith("T")]
    picture = ladder.draw(events, fills, [])
    assert picture is not None
    titles = re.findall(r"<title>(.*?)</title>", picture.marks)
    assert sum(t.startswith("L") for t in titles) == 12
    assert sum(t.startswith("G") for t in titles) == 3
    assert [t for t in titles if t.startswith("T")] == [
        "T0: 0.4 @ 15,000,000, 03:00:12", "T1: 0.4 @ 15,000,000, 03:00:32", "T2: 0.4 @ 15,000,000, 03:00:52",
    ]  # fmt: skip
    assert picture.described.en == "15 orders of 1 account at 5 prices; 12 cancelled; 3 executions."


def test_ring_weighs_each_arrow_by_volume() -> None:
    picture = ring.draw([t for t in exchange.trades() if t["trade_id"].startswith("W")])
    assert picture is not None
    titles = set(re.findall(r"<title>(.*?)</title>", picture.marks))
    assert {"A31 → A30: 6 (3)", "A32 → A31: 9 (3)", "A30 → A32: 12 (3)"} <= titles
    assert picture.described.en == "3 accounts traded 27 among themselves in 9 executions."


def test_ring_shows_a_trade_of_an_account_with_itself() -> None:
    picture = ring.draw([exchange._trade("X", 0, 1, "A1", "A1", quantity="5")])
    assert picture is not None
    assert "A1 → A1: 5 (1)" in picture.marks


def test_shares_above_the_limit_are_drawn_in_alarm() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    below = tier_share.draw([(start, Decimal("0.04")), (start + timedelta(days=1), Decimal("0.05"))], Decimal("0.05"))
    above = tier_share.draw([(start, Decimal("0.04")), (start + timedelta(days=1), Decimal("0.07"))], Decimal("0.05"))
    assert below is not None
    assert above is not None
    assert above.described.en == "Highest 7\u202f%; the limit is 5\u202f%."
    assert [tick.text.en for tick in above.y_ticks] == [f"{n}\u202f%" for n in (0, 2, 4, 6, 8)]


def test_gap_names_the_largest_shortfall_and_the_deadline() -> None:
    days = [(date(2026, 5, n), Decimal(100), Decimal(100 - n)) for n in (1, 2, 3)]
    picture = ledger_gap.draw(days, "BTC", Marks(due_on=date(2026, 5, 11)))
    assert picture is not None
    assert picture.described == Text(
        "Largest shortfall 3 BTC on 3 May 2026; to be cured by 11 May 2026.",
        "最大の不足は2026年5月3日の3 BTC。解消期限は2026年5月11日。",
    )


def test_gauge_marks_every_threshold_and_the_value() -> None:
    bands = [(Decimal(n), Text(str(n), str(n))) for n in (140, 120, 100)]
    picture = gauge.draw(Decimal(131), "percent", bands, Text("Ratio", "比率"))
    assert picture is not None
    assert [tick.text.en for tick in picture.x_ticks] == ["100\u202f%", "120\u202f%", "140\u202f%"]
    assert picture.labels[0].text.en == "131\u202f%"
    assert gauge.draw_series([(date(2026, 5, 1), Decimal(131))], "percent", bands, Text("Ratio", "比率")) is None


@pytest.mark.parametrize("draw", ["ladder", "ring"])
def test_the_same_records_give_the_same_marks(draw: str) -> None:
    def drawn() -> str:
        if draw == "ring":
            picture = ring.draw([t for t in exchange.trades() if t["trade_id"].startswith("W")])
        else:
            picture = ladder.draw(exchange.order_events(), [], [(1.0, 2.0, 3.0)])
        assert picture is not None
        return str(picture.marks)

    assert drawn() == drawn()


def test_nothing_to_draw_is_no_picture() -> None:
    assert ladder.draw([], [], []) is None
    assert ring.draw([]) is None
    assert tier_share.draw([], Decimal("0.05")) is None
    assert ledger_gap.draw([], "BTC", Marks()) is None
    assert gauge.draw(Decimal(1), "ratio", [], Text("", "")) is None


def test_marks_hold_only_paths_in_the_tones_of_the_page() -> None:
    plot = Plot((0, 10), (0, 1))
    plot.line([0, 5, 10], [0, 1, 0], "buy", title='<b>"x"</b>')
    plot.dots([(5, 0.5)], "ink")
    marks = str(plot.marks())
    assert set(re.findall(r"<(\w+)", marks)) == {"svg", "path", "title"}
    assert not re.search(r"#[0-9a-f]{3}", marks), "no colour of its own"
    assert "var(--tone-buy)" in marks
    assert "&lt;b&gt;&#34;x&#34;&lt;/b&gt;" in marks


def test_ticks_are_round_and_told_in_full_where_steps_are_small() -> None:
    assert [t.text.en for t in number_ticks(Plot((0, 1), (15_000_100, 15_000_900)), 4)] == [
        "15,000,200",
        "15,000,400",
        "15,000,600",
        "15,000,800",
    ]
    assert [t.text.en for t in number_ticks(Plot((0, 1), (0, 50_000_000)), 5)][:2] == ["0M", "10M"]
    start = datetime(2026, 4, 30, 15, 0, tzinfo=UTC).timestamp()
    days = time_ticks(Plot((start, start + 3 * 86_400), (0, 1)))
    assert [t.text for t in days] == [Text(f"{n} May", f"5/{n}") for n in (1, 2, 3, 4)]


def test_a_window_and_a_deadline_are_marked_and_described_alone() -> None:
    days = [(date(2026, 5, n), Decimal(100), Decimal(100 - gap)) for n, gap in ((1, 1), (2, 0), (3, 9))]
    since = datetime(2026, 4, 30, 15, tzinfo=UTC)
    picture = ledger_gap.draw(days, "BTC", Marks(since, since + timedelta(days=1), date(2026, 5, 2)))
    assert picture is not None
    assert picture.described.en == "Largest shortfall 1 BTC on 1 May 2026; to be cured by 2 May 2026."
    assert [key.text.en for key in picture.keys][-1] == "this finding"
    assert "var(--tone-wash)" in picture.marks


def test_a_closer_look_is_taken_at_a_cycle_with_executions() -> None:
    events = [
        {**exchange._event(f"O{cycle}{level}", cycle * 1_000 + second, action, Decimal(100 + level), Decimal(1)), "sequence": 1}
        for cycle, levels in ((0, 5), (1, 3), (2, 4))
        for level in range(levels)
        for second, action in ((0, "new"), (20, "cancel"))
    ]
    trades = [{**exchange._trade("T", 1_010, 99, "A17", "A9", quantity="1"), "sequence": 9}]
    window = ladder.close_up(events, trades)
    assert window == (exchange.at(990), exchange.at(1_030))
    picture = ladder.draw_close_up(events, trades, [], window)
    assert picture is not None
    assert picture.described.en == "3 orders of 1 account at 3 prices; 3 cancelled; 1 execution."
    assert ladder.close_up([e for e in events if e["order_id"].startswith("O1")], trades) is None, (
        "one cycle needs no second picture"
    )


def test_a_picture_of_thousands_shows_the_largest_and_says_so() -> None:
    trades = [exchange._trade(f"T{n}", n, 100, f"A{n % 400}", f"B{n % 400}", quantity=str(1 + n % 900)) for n in range(2_000)]
    graph, line = ring.draw(trades), trade_line.draw(trades, [])
    assert graph is not None
    assert line is not None
    assert graph.described.en.endswith("The 60 largest of 400 are drawn.")
    assert line.described.en == "2,000 trades over the window. The 400 largest of 2,000 are drawn."
    events = [
        {**exchange._event(f"O{n}", n + second, action, Decimal(100), Decimal(1 + n)), "sequence": n}
        for n in range(1_000)
        for second, action in ((0, "new"), (1, "cancel"))
    ]
    orders = ladder.draw(events, trades, [])
    assert orders is not None
    assert orders.described.en.startswith("1,000 orders of 1 account at 1 price; 1,000 cancelled; 2,000 executions.")
    assert orders.described.en.endswith("The 400 largest of 1,000 are drawn.")
    assert all(len(picture.marks) < 150_000 for picture in (graph, line, orders))


def test_accounts_stand_in_the_order_the_volume_flows() -> None:
    flow = {("A", "C"): Decimal(5), ("C", "B"): Decimal(5), ("B", "D"): Decimal(5), ("D", "A"): Decimal(5), ("A", "B"): Decimal(1)}
    assert ring._round(["A", "B", "C", "D"], flow) == ["A", "C", "B", "D"]


def test_every_axis_says_what_it_measures_and_in_which_unit() -> None:
    events, fills = exchange.order_events(), [t for t in exchange.trades() if t["trade_id"].startswith("T")]
    drawn = ladder.draw(events, fills, [])
    assert drawn is not None
    assert drawn.y_title == Text("Price (JPY for 1 BTC)", "価格（1BTC当たりJPY）")
    assert drawn.x_title == Text("Time (UTC), from 2026-05-01", "時刻（UTC）、2026-05-01から")
    days = [(date(2026, 9, 1) + timedelta(days=n), Decimal(n) / 10) for n in range(4)]
    figure = gauge.draw_series(days, "share", [(Decimal("0.1"), Text("limit", "上限"))], Text("Share", "割合"))
    assert figure is not None
    assert (figure.y_title, figure.x_title) == (Text("Share (%)", "割合（％）"), Text("Japan date", "日付（日本時間）"))
    with pytest.raises(AssertionError):
        Picture(marks=Markup(""), title=Text("t", "t"), described=Text("d", "d"), y_ticks=(Label(0, 0, Text("1", "1")),))


def test_over_weeks_the_axis_counts_in_japan_dates() -> None:
    weeks = Plot((0, 30 * 86_400), (0, 1))
    assert time_title(weeks, datetime(1970, 1, 1, tzinfo=UTC)) == Text("Japan date", "日付（日本時間）")


def test_a_name_that_is_no_pair_gets_no_unit_invented() -> None:
    assert price_title("BTCJPY") == price_title(None) == Text("Price", "価格")
    assert amount_of(Decimal("1.50"), "BTCJPY").en == "1.5"


def test_a_picture_alone_carries_axes_legend_and_sentence_in_both_languages() -> None:
    events, fills = exchange.order_events(), [t for t in exchange.trades() if t["trade_id"].startswith("T")]
    picture = ladder.draw(events, fills, [])
    assert picture is not None
    told = alone(picture)
    root = ElementTree.fromstring(told)
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "価格（1BTC当たりJPY） / Price (JPY for 1 BTC)" in words
    assert any(word and word.endswith("Time (UTC), from 2026-05-01") for word in words)
    assert {tick.text.en for tick in (*picture.x_ticks, *picture.y_ticks)} <= set(words)
    assert {f"{key.text.ja} / {key.text.en}" for key in picture.keys} <= set(words)
    assert picture.described.en in words
    assert "http" not in told.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert told == alone(picture)


def test_words_from_outside_stay_words_in_a_picture_alone() -> None:
    picture = ring.draw([exchange._trade("X", 0, 1, "<script>x</script>", "A&B", quantity="5")])
    assert picture is not None
    told = alone(picture)
    assert "<script" not in told
    assert any(node.text == "A&B" for node in ElementTree.fromstring(told).iter("{http://www.w3.org/2000/svg}text"))
