"""Clearance of staff trades: what the rules answer, that nobody clears himself, that it runs out, and what trades show."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from console.asking import post
from sekisho.console.journal.acting import SYSTEM, Author, NotTwoPeople, acting
from sekisho.console.people.models import Conflict, Person
from sekisho.console.registers import trades
from sekisho.console.registers.models import Clearance, FirmValue, RegisterRow, StaffTrade

Browser = Callable[[str], Client]
BEFORE = "2026-11-20T09:00:00+09:00"
WISH = {"account_id": "A-OPS", "asset": "xyz", "side": "buy", "quantity": "1.5"}


def set_value(name: str, value: str, days_ago: int = 10) -> None:
    with acting(SYSTEM, "t", effect="set firm's value"):
        FirmValue(
            name=name, value=Decimal(value), since=timezone.localdate() - timedelta(days=days_ago), source="board of 2026-10-01"
        ).save()


@pytest.fixture
def hours(db: None) -> None:
    set_value("clearance_hours", "24")


def asked(browser: Browser, role: str = "operations", **more: str) -> int:
    answer = post(browser(role), "clearances/ask/", **{**WISH, **more})
    assert answer.status_code == 200, answer.content
    number: int = answer.json()["clearance"]
    return number


def record(browser: Browser, asset: str = "XYZ") -> None:
    told = {"fact_id": f"F-{asset}", "asset": asset, "category": "issuer", "arose_at": BEFORE, "summary": "x"}
    assert post(browser("compliance"), "information/record/", **told).status_code == 200


def forbids(client: Client, number: int) -> set[str]:
    return {each["rule"] for each in client.get(f"/api/clearances/{number}/").json()["grounds"] if each["forbids"]}


def test_what_nothing_speaks_against_is_cleared_by_another_person_and_runs_out(hours: None, browser: Browser) -> None:
    number = asked(browser)
    assert Clearance.objects.get().answer == "clear"
    assert post(browser("compliance"), f"clearances/{number}/clear/").status_code == 200
    row = Clearance.objects.get()
    assert row.expires_at - row.decided_at == timedelta(hours=24)
    shown = browser("operations").get(f"/api/clearances/{number}/").json()
    assert shown["state"]["state"] == "cleared"


def test_a_clearance_says_when_it_ran_out(hours: None, browser: Browser) -> None:
    number = asked(browser)
    post(browser("compliance"), f"clearances/{number}/clear/")
    row = Clearance.objects.get()
    with acting(Author(account="compliance", person="PERSON-COMPLIANCE"), "t"):
        row.expires_at = row.decided_at
        row.save()
    assert browser("operations").get(f"/api/clearances/{number}/").json()["state"]["state"] == "expired"


def test_nobody_clears_himself_by_page_json_code_or_database(hours: None, browser: Browser) -> None:
    number = asked(browser, "supervisor")
    for account in ("supervisor", "supervisor-again"):
        assert post(browser(account), f"clearances/{number}/clear/").status_code == 409
        assert browser(account).post(f"/clearances/{number}/clear/", {}).status_code == 409
        assert "/clear/" not in browser(account).get(f"/clearances/{number}/").content.decode()
    row = Clearance.objects.get()
    row.state, row.decided_by = "cleared", "PERSON-SUPERVISOR"
    with pytest.raises(NotTwoPeople), acting(Author(account="supervisor", person="PERSON-SUPERVISOR"), "t"):
        row.save()
    row.decided_by = "PERSON-COMPLIANCE"
    with pytest.raises(NotTwoPeople), acting(Author(account="supervisor", person="PERSON-SUPERVISOR"), "in another's name"):
        row.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        super(type(Clearance.objects.all()), Clearance.objects.filter(pk=number)).update(
            state="cleared", decided_by="PERSON-SUPERVISOR"
        )


def test_a_restricted_asset_is_not_cleared_by_anybody(hours: None, browser: Browser) -> None:
    record(browser)
    number = asked(browser)
    assert forbids(browser("operations"), number) == {"restricted list"}
    assert post(browser("compliance"), f"clearances/{number}/clear/").status_code == 422
    assert post(browser("compliance"), f"clearances/{number}/refuse/").status_code == 422, "says why"
    assert post(browser("compliance"), f"clearances/{number}/refuse/", words="restricted").status_code == 200


def test_what_was_clear_when_asked_is_asked_again_when_decided(hours: None, browser: Browser) -> None:
    number = asked(browser)
    record(browser)
    assert post(browser("compliance"), f"clearances/{number}/clear/").status_code == 422


def test_a_clearance_is_suspended_while_its_asset_is_restricted(hours: None, browser: Browser) -> None:
    number = asked(browser)
    post(browser("compliance"), f"clearances/{number}/clear/")
    record(browser)
    assert browser("operations").get(f"/api/clearances/{number}/").json()["state"]["state"] == "suspended"


def test_the_knowledge_of_a_relative_forbids_and_is_not_told_to_the_asker(hours: None, browser: Browser) -> None:
    record(browser)
    insider = {"party_id": "P-WIFE", "learned_at": BEFORE, "capacity": "issuer"}
    post(browser("compliance"), "information/facts/F-XYZ/insiders/", **insider)
    values = {"party_id": "P-WIFE", "linked_party_id": "STAFF-OPERATIONS", "relation": "household"}
    post(browser("compliance"), "registers/party_link/change/", reason_code="new", values=values)
    number = asked(browser)
    assert "somebody tied knows" in forbids(browser("compliance"), number)
    own = browser("operations").get(f"/api/clearances/{number}/")
    assert "somebody tied knows" not in forbids(browser("operations"), number)
    assert "F-XYZ" not in own.content.decode()


def test_staff_waits_after_publication_as_long_as_the_firm_says(hours: None, browser: Browser) -> None:
    record(browser)
    today = (timezone.now() - timedelta(hours=1)).isoformat()
    sent = {"channel": "exchange_website", "published_at": today, "address": "https://ex.example/1"}
    number = post(browser("compliance"), "information/facts/F-XYZ/publish/", **sent).json()["proposal"]
    post(browser("supervisor"), f"proposals/{number}/approve/")
    assert forbids(browser("operations"), asked(browser)) == set()
    set_value("cooling_hours", "12")
    assert forbids(browser("operations"), asked(browser)) == {"cooling"}


def test_nobody_trades_the_other_way_within_the_time_to_hold(hours: None, browser: Browser) -> None:
    set_value("holding_days", "30")
    number = asked(browser)
    post(browser("compliance"), f"clearances/{number}/clear/")
    assert forbids(browser("operations"), asked(browser, side="sell")) == {"holding"}
    assert forbids(browser("operations"), asked(browser, side="buy")) == set()
    assert forbids(browser("compliance"), asked(browser, "compliance", side="sell")) == set(), "each for himself"


def test_without_a_length_set_by_the_firm_nothing_is_cleared(browser: Browser) -> None:
    number = asked(browser)
    answer = post(browser("compliance"), f"clearances/{number}/clear/")
    assert answer.status_code == 422
    assert "how long" in answer.json()["error"]


def test_others_see_no_clearance_but_the_control_room_does(hours: None, browser: Browser) -> None:
    number = asked(browser)
    assert browser("administrator").get(f"/clearances/{number}/").status_code == 404
    assert browser("administrator").get("/api/clearances/").json()["rows"] == []
    assert len(browser("audit").get("/api/clearances/").json()["rows"]) == 1
    assert post(browser("administrator"), f"clearances/{number}/clear/").status_code == 403
    assert post(browser("administrator"), f"clearances/{number}/withdraw/").status_code == 404
    assert post(browser("operations"), f"clearances/{number}/withdraw/").status_code == 200
    assert post(browser("compliance"), f"clearances/{number}/clear/").status_code == 422


def test_who_has_an_interest_neither_sees_nor_decides(hours: None, browser: Browser) -> None:
    number = asked(browser)
    person = Person.objects.get(pk="PERSON-COMPLIANCE")
    with acting(SYSTEM, "t"):
        Conflict(person=person, party_id="STAFF-OPERATIONS", why="married", since=datetime(2020, 1, 1, tzinfo=UTC).date()).save()
    assert browser("compliance").get(f"/clearances/{number}/").status_code == 404
    assert post(browser("compliance"), f"clearances/{number}/clear/").status_code == 403
    assert post(browser("compliance2"), f"clearances/{number}/clear/").status_code == 200


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "1e-19"}, "quantity"),
        ({"side": "hold"}, "side"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_the_field(browser: Browser, more: dict[str, str], field: str) -> None:
    answer = post(browser("operations"), "clearances/ask/", **{**WISH, **more})
    assert answer.status_code == 422
    assert set(answer.json()["faults"]) == {field}


def test_a_quantity_that_is_no_number_is_one_clear_message(browser: Browser) -> None:
    answer = post(browser("operations"), "clearances/ask/", **{**WISH, "quantity": "much"})
    assert answer.status_code == 422
    assert "quantity" in answer.json()["error"]
    assert post(browser("operations"), "clearances/ask/", **{**WISH, "quantity": "NaN"}).status_code == 422


def test_a_value_of_the_firm_takes_two_people_and_a_day_that_has_not_passed(browser: Browser) -> None:
    today = timezone.localdate()
    told = {"name": "holding_days", "value": "30", "since": today.isoformat(), "source": "board"}
    past = post(browser("compliance"), "clearances/values/set/", **{**told, "since": (today - timedelta(days=1)).isoformat()})
    assert set(past.json()["faults"]) == {"since"}
    number = post(browser("compliance"), "clearances/values/set/", **told).json()["proposal"]
    assert post(browser("compliance2"), f"proposals/{number}/approve/").status_code == 403, "a supervisor approves it"
    assert FirmValue.on("holding_days", today) is None
    post(browser("supervisor"), f"proposals/{number}/approve/")
    assert FirmValue.on("holding_days", today) == 30
    with pytest.raises(NotTwoPeople), acting(SYSTEM, "t"):
        FirmValue(name="holding_days", value=Decimal(1), since=today + timedelta(days=1), source="alone").save()


# Staff trades

ACCOUNTS = [("A-OPS", "STAFF-OPERATIONS", "staff"), ("A-C", "P-C", "customer")]


def books(folder: Path, rows: list[tuple[str, datetime, str, str]]) -> Path:
    """Books with a staff account and a client's; each trade: id, when, quantity, the buyer."""
    folder.mkdir()
    written = {
        "account": [("account_id", "party_id", "kind", "opened_at"), *((a, p, k, "2020-01-01T00:00:00Z") for a, p, k in ACCOUNTS)],
        "instrument": [
            ("instrument", "base_asset", "quote_asset", "tick_size", "lot_size"),
            ("XYZ/JPY", "XYZ", "JPY", "1", "0.1"),
        ],
        "trade": [
            (
                "trade_id", "sequence", "executed_at", "instrument", "price", "quantity", "buy_order_id", "sell_order_id",
                "buy_account_id", "sell_account_id", "aggressor_side",
            ),
            *(
                (t, i, at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "XYZ/JPY", "100", quantity, f"B{i}", f"S{i}", buyer,
                 "A-C" if buyer == "A-OPS" else "A-OPS", "buy")
                for i, (t, at, quantity, buyer) in enumerate(rows, 1)
            ),
        ],
    }  # fmt: skip
    for table, lines in written.items():
        with (folder / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    return folder


def test_trades_of_the_staff_are_held_against_clearances(hours: None, browser: Browser, tmp_path: Path) -> None:
    number = asked(browser, quantity="1.5")
    post(browser("compliance"), f"clearances/{number}/clear/")
    at = Clearance.objects.get().decided_at
    rows = [
        ("T1", at - timedelta(days=1), "1", "A-OPS"),
        ("T2", at + timedelta(hours=1), "1", "A-OPS"),
        ("T3", at + timedelta(hours=2), "1", "A-OPS"),
        ("T4", at + timedelta(hours=3), "0.5", "A-OPS"),
        ("T5", at + timedelta(hours=4), "1", "A-C"),
        ("T6", at + timedelta(hours=25), "1", "A-OPS"),
    ]
    folder = books(tmp_path / "books", rows)
    trades.compare(SYSTEM, folder, at)
    verdicts = dict(StaffTrade.objects.values_list("trade_id", "verdict"))
    assert verdicts == {"T1": "late", "T2": "cleared", "T3": "beyond", "T4": "cleared", "T5": "none", "T6": "late"}
    assert trades.compare(SYSTEM, folder, at) == {}, "what is known is not taken in again"
    shown = browser("audit").get("/api/clearances/trades/?verdict=none").json()
    assert [row["trade"] for row in shown["rows"]] == ["T5"]
    assert browser("operations").get("/clearances/trades/").status_code == 403


def test_a_trade_while_the_asset_was_restricted_says_so_whatever_was_cleared(hours: None, browser: Browser, tmp_path: Path) -> None:
    number = asked(browser)
    post(browser("compliance"), f"clearances/{number}/clear/")
    record(browser)
    at = timezone.now() + timedelta(minutes=5)
    trades.compare(SYSTEM, books(tmp_path / "books", [("T1", at, "1", "A-OPS")]), at)
    row = StaffTrade.objects.get()
    assert (row.verdict, row.clearance_id) == ("restricted", number)


def test_books_that_cannot_be_read_are_one_clear_message(browser: Browser, tmp_path: Path, settings: Any) -> None:
    assert post(browser("compliance"), "clearances/trades/compare/").status_code == 422, "no books were named"
    import msgspec

    folder = books(tmp_path / "books", [])
    (folder / "trade.csv").write_text("trade_id\nT1\n")
    settings.CHOSEN = msgspec.structs.replace(settings.CHOSEN, books=folder)
    answer = post(browser("compliance"), "clearances/trades/compare/")
    assert answer.status_code == 422
    assert "trade.csv" in answer.json()["error"]
    assert not RegisterRow.objects.exists()
