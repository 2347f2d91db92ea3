"""STIX over TAXII with a real server: what comes in becomes lists, what goes out names no client, red is not kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import stix2
from typer.testing import CliRunner

from authority import certify
from intelligence.taxii_server import PASSWORD, READABLE, TOKEN, USER, WRITABLE, Server, mutual_tls, taxii_server
from sekisho.cli import app
from sekisho.intelligence.archive import RECEIVED, Archive
from sekisho.intelligence.receiving import pull
from sekisho.intelligence.stix.validation import validate
from sekisho.intelligence.stix.vocabularies import TLP, TLP_2
from sekisho.intelligence.store import ListStore
from sekisho.intelligence.taxii import Access, Remote
from sekisho.records import RecordsError

AT = datetime(2026, 6, 10, tzinfo=UTC)
ADDRESS = "0x8589427373D6D84E98730D7795D8f6f8731FDA16"
TLP1 = {level: name for name, level in TLP.items()}
TLP2 = {level: name for name, level in TLP_2.items()}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with taxii_server(tmp_path_factory.mktemp("taxii")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    for held in running._data:
        held["objects"].clear()
        held["manifest"].clear()
    return running


def _indicator(pattern: str, marking: str | None = TLP1["green"], **more: Any) -> dict[str, Any]:
    given = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{uuid4()}",
        "created": "2026-06-01T00:00:00.000Z",
        "modified": "2026-06-01T00:00:00.000Z",
        "name": "Wallet of a thief",
        "description": "Seen in an outflow.",
        "indicator_types": ["malicious-activity"],
        "labels": ["theft"],
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-06-01T00:00:00Z",
        **more,
    }
    return given if marking is None else {**given, "object_marking_refs": [marking]}


def _run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["intelligence", *(str(each) for each in arguments)])


def _remote(server: Server, collection: str = READABLE, password: str = PASSWORD) -> Remote:
    return Remote(Access(url=server.url(collection), user=USER, password=password))


def _secret(place: Path, text: str = PASSWORD) -> Path:
    file = place / "password"
    file.write_text(text + "\n", encoding="utf-8")
    return file


def _pull(server: Server, place: Path, at: str, *more: str | Path) -> dict[str, Any]:
    common = ("--collection", server.url(), "--organisation", "JPCrypto-ISAC", "--user", USER, "--password-file", _secret(place))
    done = _run("pull", place / "archive", *common, "--lists", place / "lists", "--by", "P9", "--at", at, *more, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_indicators_become_lists_and_revoked_ones_fall_away(server: Server, tmp_path: Path) -> None:
    first = _indicator(f"[x-cryptocurrency-wallet:address = '{ADDRESS}']", valid_until="2026-07-01T00:00:00Z", confidence=90)
    second = _indicator("[domain-name:value = 'evil.example' OR url:value IN ('https://Evil.example:443/a', 'http://b.example/')]")
    both = _indicator("[domain-name:value = 'only-with.example' AND domain-name:resolves_to_refs[*].value = '1.2.3.4']")
    server.add([first, second, both], "2026-06-02T00:00:00.000000Z")
    told = _pull(server, tmp_path, "2026-06-10T00:00:00Z")
    assert (told["objects"], told["new"], told["refused"]) == (3, 3, 0)
    assert [(row["list_id"], row["entries"]) for row in told["lists"]] == [("isac-addresses", 1), ("isac-domains", 3)]
    lists = ListStore(tmp_path / "lists").open(at=AT)
    hit = lists.find("address", ADDRESS.lower(), AT)[0]
    assert (hit.kind, hit.category, hit.reference, hit.marking) == ("illicit", "theft", first["id"], "green")
    assert lists.find("url", "https://evil.example/a#x", AT)
    assert lists.domain("www.evil.example", AT)
    assert not lists.domain("only-with.example", AT)
    assert not lists.find("address", ADDRESS, datetime(2026, 7, 1, tzinfo=UTC)), (
        "valid_until is the first moment at which it is not valid"
    )
    assert not lists.find("address", ADDRESS, datetime(2026, 6, 1, tzinfo=UTC)), "nothing was loaded then"

    server.add([{**first, "modified": "2026-06-11T00:00:00.000Z", "revoked": True}], "2026-06-11T00:00:00.000000Z")
    told = _pull(server, tmp_path, "2026-06-12T00:00:00Z")
    assert [(row["list_id"], row["version"], row["entries"]) for row in told["lists"]] == [("isac-addresses", 2, 0)]
    assert not ListStore(tmp_path / "lists").open().find("address", ADDRESS, datetime(2026, 6, 12, tzinfo=UTC))
    assert _pull(server, tmp_path, "2026-06-13T00:00:00Z")["lists"] == [], "nothing new, no new version"


def test_pages_are_read_to_the_end_and_only_what_is_new_the_next_time(server: Server, tmp_path: Path) -> None:
    server.add([_indicator(f"[url:value = 'http://e.example/{n}']") for n in range(25)], "2026-06-02T00:00:00.000000Z")
    told = _pull(server, tmp_path, "2026-06-10T00:00:00Z", "--per-page", "4")
    assert (told["pages"], told["objects"], told["new"]) == (7, 25, 25)
    server.add([_indicator("[url:value = 'http://late.example/']")], "2026-06-02T00:00:00.000000Z")
    server.add([_indicator("[url:value = 'http://later.example/']")], "2026-06-05T00:00:00.000000Z")
    assert _pull(server, tmp_path, "2026-06-11T00:00:00Z")["new"] == 2, "one came late with the time of the last page"
    again = _pull(server, tmp_path, "2026-06-12T00:00:00Z")
    assert (again["objects"], again["new"]) == (1, 0), "only what was added at the last moment is asked for again"


def test_what_is_not_stix_is_refused_with_its_reason_and_the_rest_taken(server: Server, tmp_path: Path) -> None:
    wrong = _indicator("[url:value = ")
    server.add([wrong, _indicator("[url:value = 'http://a.example/']")], "2026-06-02T00:00:00.000000Z")
    told = _pull(server, tmp_path, "2026-06-10T00:00:00Z")
    assert (told["new"], told["refused"]) == (1, 1)
    refused = Archive(tmp_path / "archive").refused()
    assert refused[0]["id"] == wrong["id"]
    assert "pattern" in refused[0]["why"]


@pytest.mark.parametrize(
    ("marking", "level", "kept"),
    [
        (TLP1["white"], "clear", True),
        (TLP1["green"], "green", True),
        (TLP1["amber"], "amber", True),
        (TLP1["red"], "red", False),
        (TLP2["amber+strict"], "amber+strict", True),
        (TLP2["red"], "red", False),
        (None, "amber+strict", True),
        ("marking-definition--11111111-1111-4111-8111-111111111111", "amber+strict", True),
    ],
)
def test_the_traffic_light_says_what_is_kept_and_who_sees_it(
    server: Server, tmp_path: Path, marking: str | None, level: str, kept: bool
) -> None:
    one = _indicator("[url:value = 'http://secret.example/']", marking)
    server.add([one], "2026-06-02T00:00:00.000000Z")
    archive = Archive(tmp_path / "archive")
    pull(_remote(server), archive, collection=server.url(), organisation="I", at=AT)
    (held,) = archive.objects(direction=RECEIVED)
    assert (held.marking, held.body is not None) == (level, kept)
    stored = b"".join(file.read_bytes() for file in (tmp_path / "archive").iterdir())
    assert (b"secret.example" in stored) == kept, "red is nowhere on the disk"
    order = ["public", "community", "clients", "organisation"]
    allowed = {"clear": 4, "green": 3, "amber": 2, "amber+strict": 1, "red": 0}[level]
    for number, audience in enumerate(order):
        shown = json.loads(_run("show", tmp_path / "archive", "--audience", audience, "--json").output)
        assert bool(shown["exchanges"]) == (number >= 4 - allowed), audience
        assert shown["not_shown"] == (0 if number >= 4 - allowed else 1)


def test_a_part_marked_more_strictly_marks_the_whole(server: Server, tmp_path: Path) -> None:
    one = _indicator(
        "[url:value = 'http://a.example/']", granular_markings=[{"marking_ref": TLP1["red"], "selectors": ["description"]}]
    )
    server.add([one], "2026-06-02T00:00:00.000000Z")
    archive = Archive(tmp_path / "archive")
    pull(_remote(server), archive, collection=server.url(), organisation="I", at=AT)
    assert next(archive.objects()).body is None


def test_confidence_below_the_firms_own_least_is_kept_but_not_listed(server: Server, tmp_path: Path) -> None:
    sure, unsure = (_indicator(f"[url:value = 'http://{n}.example/']", confidence=n) for n in (80, 79))
    server.add([sure, unsure, _indicator("[url:value = 'http://silent.example/']")], "2026-06-02T00:00:00.000000Z")
    told = _pull(server, tmp_path, "2026-06-10T00:00:00Z", "--confidence-min", "80")
    assert told["new"] == 3
    assert [row["entries"] for row in told["lists"]] == [1]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"password": "wrong"}, "answered 401"),
        ({"collection": "00000000-0000-4000-8000-000000000000"}, "answered 404"),
    ],
)
def test_a_server_that_says_no_is_one_clear_error(server: Server, tmp_path: Path, change: dict[str, str], word: str) -> None:
    with pytest.raises(RecordsError) as told:
        pull(_remote(server, **change), Archive(tmp_path), collection="c", organisation="I", at=AT)  # type: ignore[arg-type]
    assert word in str(told.value)
    assert Archive(tmp_path).position("c") is None


def test_nobody_there_and_nothing_in_the_clear(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="cannot be reached"):
        list(Remote(Access(url="http://127.0.0.1:9/x/collections/y/")).added_since(None))
    with pytest.raises(RecordsError, match="not encrypted"):
        Remote(Access(url="http://isac.example/x/collections/y/"))
    with pytest.raises(RecordsError, match="password inside the URL"):
        Remote(Access(url="https://u:p@isac.example/x/collections/y/"))


REPORT = {
    "name": "Phishing of exchange customers",
    "occurred_at": "2026-06-03T04:05:06Z",
    "description": "Victims were told to send to the address below.",
    "addresses": [{"address": ADDRESS, "asset": "ETH", "role": "scam", "category": "phishing"}],
    "domains": [{"value": "kraken-login.example"}],
    "urls": [{"value": "https://kraken-login.example/it's"}],
    "valid_days": 90,
}


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "account.csv").write_text("account_id,party_id,kind,opened_at\nA-17,P-17,customer,2026-01-01T00:00:00Z\n")
    (folder / "wallet.csv").write_text(
        "wallet_id,asset,address,tier,holder,ever_online\nW1,ETH,0xAbC0000000000000000000000000000000000001,hot,customer,true\n"
    )
    return folder


def _push(server: Server, place: Path, books: Path, report: dict[str, Any], *more: str) -> Any:
    file = place / "report.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    common = (
        "--collection",
        server.url(WRITABLE),
        "--organisation",
        "JPCrypto-ISAC",
        "--user",
        USER,
        "--password-file",
        _secret(place),
    )
    return _run(
        "push", place / "archive", *common, "--report", file, "--records", books, "--at", "2026-06-10T00:00:00Z", *more, "--json"
    )


def test_an_incident_goes_out_whole_anonymous_and_once(server: Server, tmp_path: Path, books: Path) -> None:
    done = _push(server, tmp_path, books, REPORT)
    assert done.exit_code == 0, done.output
    held = server.objects()
    assert len(held) == len(json.loads(done.output)["sent"])
    kinds = [each["type"] for each in held]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "marking-definition": 1,
        "identity": 1,
        "incident": 1,
        "x-cryptocurrency-wallet": 1,
        "domain-name": 1,
        "url": 1,
        "indicator": 3,
        "relationship": 6,
    }
    for each in held:
        assert validate(each) == [], each
        stix2.parse(each, allow_custom=True, version="2.1")
    assert "Sekisho" not in next(each["name"] for each in held if each["type"] == "identity")
    again = _push(server, tmp_path, books, REPORT)
    assert json.loads(again.output) == {"made": len(held), "sent": [], "known": len(held)}
    assert len(server.objects()) == len(held)


def test_identifiers_are_the_same_for_the_same_firm_and_other_for_another(server: Server, tmp_path: Path, books: Path) -> None:
    def made(place: Path) -> dict[str, set[str]]:
        place.mkdir(exist_ok=True)
        told = json.loads(_push(server, place, books, REPORT, "--dry-run", "--with-definition").output)["objects"]
        ids: dict[str, set[str]] = {}
        for each in told:
            ids.setdefault(each["type"], set()).add(each["id"])
        return ids

    one, same, other = made(tmp_path / "a"), made(tmp_path / "a"), made(tmp_path / "b")
    assert one == same
    for kind in ("identity", "incident", "indicator", "relationship"):
        assert one[kind].isdisjoint(other[kind])
    for kind in ("x-cryptocurrency-wallet", "domain-name", "url", "extension-definition"):
        assert one[kind] == other[kind], "an observable has one identifier for everybody"


def test_what_one_member_pushes_another_pulls_into_its_lists(server: Server, tmp_path: Path, books: Path) -> None:
    assert _push(server, tmp_path, books, REPORT).exit_code == 0
    archive = Archive(tmp_path / "other")
    told = pull(_remote(server, WRITABLE), archive, collection=server.url(WRITABLE), organisation="JPCrypto-ISAC", at=AT)
    assert told.refused == 0
    from sekisho.intelligence.receiving import load_lists

    store = ListStore(tmp_path / "their-lists")
    rows = load_lists(archive, store, organisation="JPCrypto-ISAC", list_prefix="isac", source="ISAC", by="P1", at=AT)
    assert {row["list_id"]: row["entries"] for row in rows} == {"isac-addresses": 1, "isac-domains": 2}
    assert store.open().find("url", "https://kraken-login.example/it's", AT)
    assert store.open().find("address", ADDRESS.lower(), AT)[0].category == "phishing"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "Theft from A-17"}, "is a client"),
        ({"description": "Ask taro@example.jp"}, "looks like an e-mail"),
        ({"description": "Call 03-1234-5678"}, "looks like"),
        (
            {"addresses": [{"address": "0xabc0000000000000000000000000000000000001", "asset": "ETH", "role": "scam"}]},
            "wallet of the firm",
        ),
        ({"marking": "amber"}, "may not be handed"),
        ({"marking": "blue"}, "is not a marking"),
        ({"account": "A-17"}, "unknown field"),
        ({"addresses": [{"address": "x", "asset": "ETH", "role": "client"}]}, "is not a role"),
        ({"occurred_at": "2026-06-03T04:05:06"}, "no time zone"),
    ],
)
def test_nothing_of_a_client_leaves(server: Server, tmp_path: Path, books: Path, change: dict[str, Any], word: str) -> None:
    done = _push(server, tmp_path, books, {**REPORT, **change})
    assert done.exit_code != 0
    assert word in str(done.exception)
    assert server.objects() == []


def test_a_read_only_collection_takes_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="may not be written"):
        _remote(server).hand_over([_indicator("[url:value = 'http://a.example/']")])


def test_the_exchange_is_a_record_table_by_kind_and_date(server: Server, tmp_path: Path, books: Path) -> None:
    server.add([_indicator(f"[x-cryptocurrency-wallet:address = '{ADDRESS}']")], "2026-06-02T00:00:00.000000Z")
    _pull(server, tmp_path, "2026-06-10T00:00:00Z")
    assert _push(server, tmp_path, books, REPORT).exit_code == 0
    noted = ("--organisation", "JPCrypto-ISAC", "--kind", "best_practice", "--subject", "Keys in two places", "--owner", "security")
    assert _run("note", tmp_path / "archive", *noted, "--direction", "received", "--at", "2026-06-11T00:00:00Z").exit_code == 0
    for name in ("information_exchange.csv", "information_exchange.parquet"):
        folder = tmp_path / name.partition(".")[2]
        folder.mkdir()
        assert _run("show", tmp_path / "archive", "--out", folder / name).exit_code == 0
        from sekisho.records import open_records

        with open_records(folder) as records:
            rows = records.information_exchange.to_pyarrow().to_pylist()
        assert {(row["direction"], row["kind"]) for row in rows} == {
            ("received", "attack_trend"),
            ("shared", "attack_trend"),
            ("received", "best_practice"),
        }
        assert all("A-17" not in row["subject"] for row in rows)


def test_a_pull_that_breaks_off_is_read_again_and_nothing_is_doubled(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add([_indicator(f"[url:value = 'http://e.example/{n}']") for n in range(9)], "2026-06-02T00:00:00.000000Z")
    archive, remote, asked = Archive(tmp_path), _remote(server), []
    get = type(remote._collection).get_objects

    def breaks(self: object, **more: object) -> object:
        asked.append(more)
        if len(asked) == 2:
            raise requests.exceptions.ConnectionError("gone")
        return get(self, **more)

    with monkeypatch.context() as cut:
        cut.setattr(type(remote._collection), "get_objects", breaks)
        with pytest.raises(RecordsError, match="cannot be reached"):
            pull(remote, archive, collection="c", organisation="I", at=AT, per_page=4)
    assert (len(list(archive.objects())), archive.position("c")) == (4, None)
    told = pull(_remote(server), archive, collection="c", organisation="I", at=AT, per_page=4)
    assert (told.objects, told.new) == (9, 5)
    assert archive.position("c") == "2026-06-02T00:00:00.000000Z"


def test_a_server_that_lists_what_it_does_not_send_is_told_on(server: Server, tmp_path: Path) -> None:
    server.add([_indicator("[url:value = 'http://a.example/']") for _ in range(2)], "2026-06-02T00:00:00.000000Z")
    server._data[0]["objects"].pop()
    with pytest.raises(RecordsError, match="lists 1 objects it did not send"):
        pull(_remote(server), Archive(tmp_path), collection="c", organisation="I", at=AT)
    assert Archive(tmp_path).position("c") is None


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_a_token_opens_the_collection_and_another_does_not(tmp_path: Path, scheme: str) -> None:
    told = () if scheme == "Bearer" else ("--token-scheme", scheme)
    with taxii_server(tmp_path, token_scheme=scheme) as server:
        server.add([_indicator(f"[cryptocurrency-wallet:address = '{ADDRESS}']")], "2026-06-02T00:00:00.000000Z")
        common = ("pull", tmp_path / "archive", "--collection", server.url(), "--organisation", "ISAC", "--json", *told)
        wrong = _run(*common, "--token-file", _secret(tmp_path, "another"))
        assert isinstance(wrong.exception, RecordsError)
        assert "answered 401" in str(wrong.exception)
        assert "or the token" in str(wrong.exception)
        assert not list((tmp_path / "archive").rglob("*.json*")), "nothing was taken"
        right = _run(*common, "--token-file", _secret(tmp_path, TOKEN))
        assert right.exit_code == 0, right.output
        assert json.loads(right.output)["new"] == 1


def test_a_token_scheme_of_two_words_is_refused(tmp_path: Path) -> None:
    more = ("--organisation", "ISAC", "--token-file", _secret(tmp_path, TOKEN), "--token-scheme", "Bearer x\nHost: y")
    refused = _run("pull", tmp_path / "archive", "--collection", "https://127.0.0.1/isac/collections/1/", *more)
    assert isinstance(refused.exception, RecordsError)
    assert "is not one word" in str(refused.exception)


@pytest.mark.parametrize("elsewhere_trusted", [False, True])
def test_both_sides_are_known_by_certificate_and_who_has_none_stays_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere_trusted: bool
) -> None:
    ca = certify(tmp_path, ("isac", "member"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    strange = certify(elsewhere, ("stranger",))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    if elsewhere_trusted:  # by whoever runs this machine; the firm named its own authority
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(strange))
    with taxii_server(tmp_path, tls=mutual_tls(ca, tmp_path / "isac")) as server:
        sent = [_indicator(f"[cryptocurrency-wallet:address = '{ADDRESS}']")]

        def remote(trusted: Path, own: Path | None) -> Remote:
            certificate, key = (own / "cert.pem", own / "key.pem") if own else (None, None)
            whose = Access(
                url=server.url(WRITABLE), user=USER, password=PASSWORD, ca_file=trusted, certificate=certificate, key=key
            )
            return Remote(whose)

        for trusted, own in ((ca, None), (ca, elsewhere / "stranger"), (strange, tmp_path / "member")):
            with pytest.raises(RecordsError, match="check the URL, the network and the certificates"):
                remote(trusted, own).hand_over(sent)
        assert server.objects() == []
        assert remote(ca, tmp_path / "member").hand_over(sent) == [sent[0]["id"]]
        assert [each["id"] for each in server.objects()] == [sent[0]["id"]]
