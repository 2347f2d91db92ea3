"""The queue: filters in the address, search in both languages, saved views, acts on many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.alerts.conftest import finding
from console.asking import post
from sekisho.console.alerts import bulk, quality, working
from sekisho.console.alerts.dispositions import propose_disposition
from sekisho.console.alerts.models import Alert, SavedView
from sekisho.console.alerts.text_search import lexemes, wanted
from sekisho.console.approvals.four_eyes import decide
from sekisho.console.approvals.models import Proposal

F = {number: finding(number)["finding_id"] for number in range(1, 7)}
Browser = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _six(take_in: Any) -> None:
    take_in(
        finding(1),
        finding(2, severity="critical", instrument="ETH/JPY"),
        finding(3, rule="capital/minimum", subject_id="exchange", subject_kind="exchange", severity="low"),
        finding(4, subject_id="ACC-00012|ACC-00013", subject_kind="accounts", severity="medium"),
        finding(5, rule="unfair_trading/layering", summary_ja="見せ玉による相場操縦の疑い。", severity="medium", score=0.5),
        finding(6, severity="low", score=0.1),
    )


def keys(client: Client, query: str) -> list[int]:
    return [int(row["key"][1:]) for row in client.get(f"/api/alerts/{query}").json()["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1, 4, 5, 3, 6]),
        ("?severity=critical", [2]),
        ("?severity=critical&severity=high", [2, 1]),
        ("?chapter=capital", [3]),
        ("?rule=unfair_trading/layering", [5]),
        ("?instrument=ETH/JPY", [2]),
        ("?subject=P1", [1]),
        ("?assignee=nobody", [2, 1, 4, 5, 3, 6]),
        ("?assignee=me", []),
        ("?due=late", []),
        ("?state=closed", []),
        ("?state=", [2, 1, 4, 5, 3, 6]),
        ("?raised_from=2020-01-01&severity=high", [1]),
        ("?raised_until=2020-01-01", []),
        ("?raised_from=tomorrow", []),
        ("?severity=unheard", [2, 1, 4, 5, 3, 6]),
        ("?proposal=x", []),
    ],
)
def test_filters_stand_in_the_address(browser: Browser, query: str, found: list[int]) -> None:
    assert keys(browser("audit"), query) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (F[2], [2]),
        ("acc-00013", [4]),
        ("00012", [4]),
        ("ETH/JPY", [2]),
        ("見せ玉", [5]),
        ("相場操縦", [5]),
        ("仮装売買", [2, 1, 4, 6]),
        ("wash 6 times", [6]),
        ("layer", [5]),
        ("nowhere", []),
        ('") OR 1=1 --', []),
        ("の", []),
    ],
)
def test_words_are_found_in_both_languages(browser: Browser, words: str, found: list[int]) -> None:
    answer = browser("audit").get("/api/alerts/", {"q": words})
    assert [int(row["key"][1:]) for row in answer.json()["rows"]] == found


@pytest.mark.parametrize("limits", [(2, 60_000), (1, 2)], ids=["many", "most"])
@pytest.mark.parametrize("spelt", [40, 0], ids=["words spelt out", "beginnings"])
def test_however_many_hits_they_are_found_in_the_order_of_the_queue(
    limits: tuple[int, int], spelt: int, browser: Browser, monkeypatch: Any
) -> None:
    for name, value in zip(("FEW", "MANY", "_SPELT"), (*limits, spelt), strict=True):
        monkeypatch.setattr(f"sekisho.console.alerts.text_search.{name}", value)
    assert keys(browser("audit"), "?q=wash") == [2, 1, 4, 6]
    assert keys(browser("audit"), "?q=was+tim") == [2, 1, 4, 6]


def test_whatever_is_looked_for_is_written_down() -> None:
    for text in ("ACC-00012", "BTC/JPY", "仮装売買", "ＢＴＣ", "見せ玉"):
        assert set(wanted(text)) <= lexemes(f"before {text} after")


def test_an_alert_put_in_by_any_way_is_found(browser: Browser) -> None:
    from sekisho.console.journal.acting import SYSTEM, acting

    like = Alert.objects.get(pk=F[1])
    values = {each.attname: getattr(like, each.attname) for each in Alert._meta.concrete_fields}
    with acting(SYSTEM, "make an alert"):
        Alert(**{**values, "alert_id": "MADE-1", "number": None, "subject_id": "P77", "parties": ["P77"]}).save()
        Alert.objects.bulk_create(
            [Alert(**{**values, "alert_id": "MADE-2", "number": None, "subject_id": "P78", "parties": ["P78"]})]
        )
    client = browser("audit")
    assert [row["key"] for row in client.get("/api/alerts/?q=P77").json()["rows"]] == ["MADE-1"]
    assert [row["key"] for row in client.get("/api/alerts/?subject=P78").json()["rows"]] == ["MADE-2"]


@pytest.mark.parametrize(("lang", "words"), [("en", "Wash trading"), ("ja", "仮装売買")])
def test_the_queue_and_an_alert_speak_the_readers_language(browser: Browser, lang: str, words: str) -> None:
    client = browser("compliance")
    for path in ("/alerts/", f"/alerts/{F[1]}/", "/alerts/quality/"):
        assert words in client.get(path, headers={"accept-language": lang}).content.decode()
    said = client.get(f"/api/alerts/{F[1]}/", headers={"accept-language": lang}).json()["alert"]["said"]
    assert said == finding(1)[f"summary_{lang}"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_the_list_is_a_file_too(browser: Browser, kind: str) -> None:
    answer = browser("audit").get(f"/alerts/?severity=critical&as={kind}")
    assert answer.status_code == 200
    if kind == "csv":
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert len(lines) == 2
        assert "ETH/JPY" in lines[1]


def test_views_are_ones_own_or_shared(browser: Browser) -> None:
    mine = browser("compliance")
    body = {"title": "Grave", "query": "severity=critical&page=3&as=csv"}
    assert post(mine, "/alerts/views/", **body).status_code == 200
    assert SavedView.objects.get().query == "severity=critical"
    titles = [view["title"] for view in browser("compliance2").get("/api/alerts/").json()["views"]]
    assert not any("Grave" in title for title in titles)
    post(mine, "/alerts/views/", **body, shared=True)
    others = browser("compliance2")
    assert any("Grave" in view["title"] for view in others.get("/api/alerts/").json()["views"])
    pk = SavedView.objects.get().pk
    assert post(others, f"/alerts/views/{pk}/remove/").status_code == 403
    assert post(mine, f"/alerts/views/{pk}/remove/").status_code == 200
    assert post(mine, "/alerts/views/", title="  ").status_code == 422


def test_ticked_rows_are_claimed_all_or_none(browser: Browser, actor: Any) -> None:
    working.claim(actor("compliance2"), F[2])
    refused = post(browser("compliance"), "/alerts/bulk/", do="claim", keys=[F[1], F[2]])
    assert refused.status_code == 422
    assert Alert.objects.get(pk=F[1]).assignee == ""
    done = browser("compliance").post("/alerts/bulk/", {"do": "claim", "keys": [F[1], F[4]], "query": "severity=high"})
    assert done.headers["Location"] == "/alerts/?severity=high"
    assert set(Alert.objects.filter(assignee="PERSON-COMPLIANCE").values_list("pk", flat=True)) == {F[1], F[4]}


def test_all_that_the_filter_keeps_is_meant_beyond_the_page(browser: Browser) -> None:
    until = (timezone.localdate() + timedelta(days=5)).isoformat()
    body = {"do": "snooze", "everything": "on", "query": "chapter=unfair_trading", "snooze.until": until}
    client = browser("compliance")
    client.post("/alerts/bulk/", body)
    assert not Alert.objects.filter(state="snoozed").exists(), "the reason is missing"
    client.post("/alerts/bulk/", {**body, "snooze.reason_code": "monitoring"})
    assert Alert.objects.filter(state="snoozed").count() == 5
    assert Alert.objects.get(pk=F[3]).state == "open"


def test_bulk_disposition_waits_for_another_person(browser: Browser, actor: Any) -> None:
    given = {"as": "false_positive:records_wrong", "reason": "prices were wrong that day"}
    answer = post(browser("compliance"), "/alerts/bulk/", do="dispose", keys=[F[1], F[2], F[3]], given=given)
    assert answer.status_code == 200
    assert keys(browser("audit"), "?state=&mark=proposed") == [2, 1, 3]
    proposals = list(Proposal.objects.all())
    assert keys(browser("audit"), f"?state=&proposal={proposals[0].pk}") in ([2, 1], [3])
    for each in proposals:
        assert post(browser("compliance"), f"/proposals/{each.pk}/approve/").status_code == 409
        decide(actor("compliance2"), each.pk, True)
    assert Alert.objects.filter(disposition="false_positive").count() == 3


@pytest.mark.parametrize(
    "body",
    [
        {"do": "claim", "keys": []},
        {"do": "unheard", "keys": [F[1]]},
        {"do": "claim", "keys": [F[1], "not there"]},
        {"do": "assign", "keys": [F[1]]},
        {"do": "claim", "keys": "x"},
    ],
)
def test_a_bulk_act_that_does_not_fit_does_nothing(browser: Browser, body: dict[str, Any]) -> None:
    assert post(browser("compliance"), "/alerts/bulk/", **body).status_code == 422
    assert not Alert.objects.exclude(assignee="").exists()


def test_too_many_at_once_are_refused(browser: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr("sekisho.console.alerts.pages.TOGETHER_MOST", 3)
    answer = post(browser("compliance"), "/alerts/bulk/", do="claim", everything=True)
    assert answer.status_code == 422
    assert "filter further" in answer.json()["error"]


def test_parts_above_add_acts_of_their_own(browser: Browser) -> None:
    seen: list[Any] = []

    def join(request: Any, alerts: Any, given: Any) -> tuple[str, str]:
        seen.append((list(alerts), dict(given)))
        return "joined", "/elsewhere/"

    asks = (bulk.Asks(name="title", title="Title", required=True),)
    bulk.bulk_act(bulk.BulkAct(name="join", title="Join", act="work on alerts", do=join, asks=asks))
    try:
        client = browser("compliance")
        assert b"Join" in client.get("/alerts/").content
        done = client.post("/alerts/bulk/", {"do": "join", "keys": [F[1]], "join.title": "One", "claim.title": "no"})
        assert done.headers["Location"] == "/elsewhere/"
        assert seen == [([F[1]], {"title": "One"})]
    finally:
        del bulk.ACTS["join"]


def test_readers_see_no_acts(browser: Browser) -> None:
    page = browser("audit").get("/alerts/").content
    assert b'name="keys"' not in page
    assert b"Claim next" not in page
    assert post(browser("audit"), "/alerts/bulk/", do="claim", keys=[F[1]]).status_code == 403
    assert post(browser("audit"), "/alerts/next/").status_code == 403


def test_claim_next_honours_the_filters(browser: Browser) -> None:
    client = browser("compliance")
    assert post(client, "/alerts/next/", query="chapter=capital&state=closed").json()["alert"] == F[3]
    assert post(client, "/alerts/next/", query="chapter=capital").json()["alert"] is None
    assert client.post("/alerts/next/", {"query": ""}).headers["Location"] == f"/alerts/{F[2]}/"


def test_pages_neither_repeat_nor_lose_rows(browser: Browser, monkeypatch: Any) -> None:
    from sekisho.console.alerts import the_queue

    object.__setattr__(the_queue.QUEUE, "on_page", 2)
    try:
        client = browser("audit")
        assert [keys(client, f"?page={page}") for page in (1, 2, 3, 4)] == [[2, 1], [4, 5], [3, 6], []]
        assert client.get("/api/alerts/?page=1").json()["count"] == 6
    finally:
        object.__setattr__(the_queue.QUEUE, "on_page", 50)


def test_quality_counts_what_two_people_decided(browser: Browser, actor: Any) -> None:
    for number, way in ((1, "false_positive:legitimate"), (2, "confirmed:breach"), (4, "false_positive:legitimate")):
        disposition, _, code = way.partition(":")
        proposal = propose_disposition(actor("compliance"), F[number], disposition, code)
        decide(actor("compliance2"), proposal.pk, True)
    working.claim(actor("compliance"), F[5])
    told = browser("audit").get("/api/alerts/quality/").json()
    wash = next(row for row in told["rules"] if row["rule"] == "unfair_trading/wash_trading")
    assert (wash["judged"], wash["false_positive"], wash["ratio"], wash["few"], wash["without"]) == (3, 2, 0.6667, True, 1)
    assert {row["chapter"]: row["counts"] for row in told["ages"]} == {"capital": [1, 0, 0, 0], "unfair_trading": [2, 0, 0, 0]}
    assert told["people"] == [{"person": "PERSON-COMPLIANCE", "in_hand": 1, "snoozed": 0, "late": 0, "proposed": 0}]
    assert b"<svg" in browser("audit").get("/alerts/quality/").content


def test_counts_that_took_long_are_kept_a_while_and_say_so(
    browser: Browser, actor: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(cache.clear)
    assert browser("audit").get("/api/alerts/quality/").json()["counted_before"] is False
    monkeypatch.setattr(quality, "SLOW_SECONDS", 0)
    first = browser("audit").get("/api/alerts/quality/").json()
    working.claim(actor("compliance"), F[5])
    again = browser("audit").get("/api/alerts/quality/").json()
    assert (again["counted_before"], again["counted_at"], again["people"]) == (True, first["counted_at"], [])
    assert "so many alerts are counted once in five minutes" in browser("audit").get("/alerts/quality/").content.decode()
    cache.clear()
    assert browser("audit").get("/api/alerts/quality/").json()["people"]


def test_counts_leave_out_what_one_has_an_interest_in(browser: Browser, actor: Any, take_in: Any) -> None:
    """Counted over all and taken away again gives what counting the alerts he may see gives."""
    from sekisho.console.journal.acting import acting
    from sekisho.console.people.models import Conflict

    take_in(finding(31, subject_id="P1"), finding(32, subject_id="P1|P2", subject_kind="parties"))
    working.claim(actor("compliance2"), finding(31)["finding_id"])
    with acting(actor("administrator").author, "declare"):
        for party in ("P1", "P2"):
            Conflict(person=actor("compliance").person, party_id=party, why="family", since=date(2020, 1, 1)).save()
    told = browser("compliance").get("/api/alerts/quality/").json()
    wash = next(row for row in told["rules"] if row["rule"] == "unfair_trading/wash_trading")
    seen = working.seen_by(actor("compliance"))
    assert wash["without"] == seen.filter(rule="unfair_trading/wash_trading").count() == 2
    assert {row["chapter"]: row["all"] for row in told["ages"]} == {"capital": 1, "unfair_trading": 3}
    assert told["people"] == []
    counts = {each["chapter"]: each["open"] for each in browser("compliance").get("/api/alerts/").json()["counts"]}
    assert counts == {"capital": 1, "unfair_trading": 3}
    far = working.seen_by(actor("compliance"), passed_over=working.FEW + 1)
    assert set(far) == set(seen)
    assert far.count() == 4


@pytest.mark.store
def test_a_removed_alert_leaves_no_word_behind(browser: Browser) -> None:
    from sekisho.console.journal.acting import REMOVAL, SYSTEM, acting

    def found(words: str) -> int:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT count(*) FROM alerts_words WHERE words @@ %s::tsquery", [f"'{words}'"])
            else:
                cursor.execute("SELECT count(*) FROM alerts_words WHERE alerts_words MATCH %s", [f'"{words}"'])
            return int(cursor.fetchone()[0])

    assert (found("00012"), found("仮装")) == (1, 4)
    with acting(SYSTEM, "remove", effect=REMOVAL):
        Alert.objects.get(pk=F[4]).delete()
    assert (found("00012"), found("仮装")) == (0, 3)
    assert keys(browser("audit"), "?q=wash") == [2, 1, 6]


def test_the_alert_page_tells_law_evidence_relations_and_history(browser: Browser, actor: Any, take_in: Any) -> None:
    take_in(finding(21, subject_id="P1", rule="unfair_trading/layering"))
    working.claim(actor("compliance"), F[1])
    told = browser("audit").get(f"/api/alerts/{F[1]}/").json()
    assert told["law"]["provisions"][0]["quote"]
    assert told["values"] == [{"name": "score_min", "value": "0.40"}]
    assert told["evidence"] == [{"table": "trade", "ids": ["T1"]}]
    assert [row["alert"] for row in told["same_subject"]] == [finding(21)["finding_id"]]
    assert F[2] in [row["alert"] for row in told["same_rule"]]
    assert told["history"][0]["person"] == "PERSON-COMPLIANCE"
    assert told["intake"]["sha256"]
    assert not any(told["may"].values()), "audit reads"
    assert browser("audit").get("/alerts/unheard/").status_code == 404


def test_an_alert_of_an_unknown_rule_is_shown_plainly(browser: Browser, take_in: Any) -> None:
    take_in(finding(31, rule="unheard/of"))
    take_in(finding(32, regime="UNHEARD"))
    for number in (31, 32):
        assert browser("audit").get(f"/alerts/{finding(number)['finding_id']}/").status_code == 200
