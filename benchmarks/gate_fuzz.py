"""Malformed requests against a gate behind a real socket: none may be answered by a 500, none may bring it down.

Run as ``python -m benchmarks.gate_fuzz`` (100,000 requests by our own mutations, then schemathesis over the description); see
docs/benchmarks/gate_fuzz.md. The same seed sends the same requests.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import httptools

from sekisho.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.opening import first_rule_set, opened
from sekisho.gate.http.rates import Rate
from sekisho.gate.http.roles import ROLES
from sekisho.gate.http.routes import ROUTES, Route
from sekisho.gate.http.server import gate_server
from sekisho.gate.http.settings import Http, RateSettings, Rules, Settings
from sekisho.gate.http.tokens import Signer, new_caller

MALFORMED: Final = 100_000
_WIDE: Final = RateSettings(per_second=1e9, burst=1e9)
_ODD_STRINGS: Final = (
    "", " ", "\x00", "\n", "NaN", "Infinity", "-0", "1e400", "0x10", "１２", "1_000", "1,000", "٣", "\u200b", "\u202e", "𝟏",
    "é" * 300, "../../etc/passwd", "' OR 1=1 --", "<script>", "${jndi:ldap://x}", "%00", "A" * 5000, "\ud800", "\uffff", "null",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "{}", "[]",
)  # fmt: skip
_ODD_JSON: Final = (
    b"null", b"true", b"0", b"-0", b"1e400", b"-1e-400", b"1" * 400, b"NaN", b"Infinity", b"{}", b"[]", b"[[]]", b'""', b"01",
    b'"\\ud800"', b'"\\u0000"', b"1.5", b"9007199254740993", b"[" * 3000 + b"]" * 3000, b'{"a":' * 200 + b"1" + b"}" * 200,
    b"+1", b"'a'",
)  # fmt: skip
_HEADERS: Final = (
    "authorization", "content-type", "content-length", "idempotency-key", "access-reason", "accept", "expect", "host", "cookie",
    "transfer-encoding", "connection", "content-encoding", "x-http-method-override", "range", "upgrade",
)  # fmt: skip
_METHODS: Final = ("PUT", "DELETE", "PATCH", "GET", "POST", "OPTIONS", "HEAD", "TRACE")
_QUERIES: Final = ("?", "?after=x", "?after=99999999999999999999", "?a=%ff&a=2", "//", "/", "?after=-1", "#x", "?=&&")
_BAD_CHUNKS: Final = (b"zz\r\n", b"5\r\nabc", b"-1\r\n\r\n", b"ffffffffff\r\nx")
_ENCODINGS: Final = ("utf-16", "utf-32", "cp932", "euc_jp", "latin-1", "utf-7", "utf-8-sig")


def good_bodies() -> Mapping[str, Any]:
    """A body for each operation that takes one, as it ought to be."""
    transfer = {
        "transfer_id": "T1", "requested_at": "2026-06-08T12:04:05+09:00", "account_id": "A1", "direction": "out", "asset": "BTC",
        "quantity": "0.25", "value_jpy": "2500000", "address": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "counterparty": "unhosted", "purpose": "rent", "travel_rule_payload": {"originator": {"name": ["山田"]}},
    }  # fmt: skip
    order = {
        "order_id": "O1", "received_at": "2026-06-08T12:04:05Z", "account_id": "A1", "instrument": "BTC/JPY", "side": "buy",
        "order_type": "limit", "quantity": "0.01", "price": "10000000", "product": "margin", "leverage": "2",
    }  # fmt: skip
    event = {"kind": "purpose_given", "party_id": "P1", "version": "1", "text": "rent"}
    row = {"account_id": "A1", "occurred_at": "2026-06-08T00:00:00Z", "kind": "login", "device_id": "d"}
    return {
        "decide_transfer": transfer,
        "decide_transfers": {"requests": [transfer, {**transfer, "transfer_id": "T2"}]},
        "decide_order": order,
        "decide_orders": {"requests": [order]},
        "tell_transfer": event,
        "tell_order": event,
        "learn": {"rows": [row, row]},
        "rule_step": {"content": {"name": "n", "rules": ["*"], "undetermined": {"*": "list"}}, "why": "w"},
    }


@dataclass(frozen=True)
class Malformed:
    """One request as bytes on the wire, and whether the connection may be used again after it."""

    sent: bytes
    ends: bool


class Mutations:
    """Malformed requests without end, by one source of chance."""

    def __init__(self, chance: random.Random, tokens: Mapping[str, str]) -> None:
        self._chance, self._tokens, self._number = chance, tokens, 0
        self._good = good_bodies()
        self._bodies: tuple[Callable[[Any], bytes], ...] = (
            self._odd_value, self._odd_value, self._odd_value, self._without, self._with, self._duplicate, self._truncated,
            self._flipped, self._flipped, self._encoded, self._nested, self._swapped, self._rubbish, self._spliced,
        )  # fmt: skip

    def next(self) -> Malformed:
        """One more."""
        self._number += 1
        if self._chance.random() < 0.06:
            return self._broken_http()
        route = self._chance.choice(ROUTES)
        path = self._path(route)
        method = (
            route.method
            if self._chance.random() < 0.95
            else self._chance.choice(("PUT", "DELETE", "PATCH", "GET", "POST", "OPTIONS"))
        )
        headers = {"host": "gate", "authorization": f"Bearer {self._token(route)}"}
        body = b""
        if route.name in self._good:
            headers["content-type"] = "application/json"
            headers["idempotency-key"] = f"k{self._chance.randrange(50)}"
            body = self._chance.choice(self._bodies)(self._good[route.name])
        elif self._chance.random() < 0.5:
            headers["access-reason"] = "fuzz"
        if self._chance.random() < 0.25:
            self._spoil(headers)
        return self._written(method, path, headers, body)

    def _token(self, route: Route) -> str:
        role = {"decide_order": "trading", "decide_orders": "trading", "tell_order": "trading", "order_decision": "trading"}.get(
            route.name, "wallet"
        )
        if route.name in ("rule_step", "access_log", "rule_set") or self._chance.random() < 0.1:
            role = self._chance.choice(ROLES)
        return self._tokens[role]

    def _path(self, route: Route) -> str:
        words = {
            "id": ("T1", "O1", "D1", "D99999999999999999999", "T%00", "%E5%B1%B1", "a" * 300, "..", "%2e%2e", "T1;x", "D-1"),
            "table": ("party", "account_event", "transfer", "nothing", "request_event", "%ff", ""),
            "step": ("draft", "shadow", "commit", "activate", "roll_back", "unshadow", "x"),
        }
        path = route.path
        for name in route.parameters:
            chosen = self._chance.choice(words[name])
            path = path.replace(f"{{{name}}}", "".join(c if c.isascii() else f"%{ord(c) & 255:02x}" for c in chosen))
        if self._chance.random() < 0.1:
            path += self._chance.choice(
                ("?", "?after=x", "?after=99999999999999999999", "?a=%ff&a=2", "//", "/", "?after=-1", "#x", "?=&&")
            )
        return path

    def _spoil(self, headers: dict[str, str]) -> None:
        name = self._chance.choice(_HEADERS)
        odd = self._chance.choice(_ODD_STRINGS).encode("utf-8", "replace").decode("latin-1")
        headers[name] = "".join(c for c in odd if c not in "\r\n\x00")[:2000]

    def _written(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Malformed:
        told = dict(headers)
        ends = any(name in told for name in ("expect", "transfer-encoding", "upgrade", "content-length", "connection"))
        if "content-length" not in told and "transfer-encoding" not in told:
            told["content-length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
        return Malformed("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body, ends)

    def _broken_http(self) -> Malformed:
        good = json.dumps(self._good["decide_transfer"]).encode()
        head = f"POST /v1/transfers/decisions HTTP/1.1\r\nauthorization: Bearer {self._tokens['wallet']}\r\n"
        head += "content-type: application/json\r\n"
        whole = head.encode() + b"content-length: %d\r\n\r\n" % len(good) + good
        kinds: tuple[Callable[[], bytes], ...] = (
            lambda: whole[: self._chance.randrange(len(whole))],
            lambda: bytes(self._chance.randrange(256) for _ in range(self._chance.randrange(1, 200))),
            lambda: self._flip(whole),
            lambda: head.encode() + b"transfer-encoding: chunked\r\n\r\n" + self._chance.choice(_BAD_CHUNKS),
            lambda: head.encode() + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            lambda: b"GET / HTTP/9.9\r\n\r\n",
            lambda: b"GET " + b"/a" * self._chance.randrange(1, 6000) + b" HTTP/1.1\r\n\r\n",
            lambda: head.encode() + b"".join(b"x%d: y\r\n" % n for n in range(self._chance.randrange(200))) + b"\r\n",
            lambda: whole.replace(b"\r\n", b"\n"),
            lambda: head.encode() + head.split("\r\n")[1].encode() + b"\r\ncontent-length: %d\r\n\r\n" % len(good) + good,
        )  # fmt: skip
        return Malformed(self._chance.choice(kinds)(), True)

    # --- bodies

    def _odd_value(self, good: Any) -> bytes:
        """One value somewhere replaced by something odd."""
        mark = "\x01mark"
        text = json.dumps(self._replaced(good, mark), ensure_ascii=self._chance.random() < 0.5).encode("utf-8", "replace")
        if self._chance.random() < 0.5:
            odd = self._chance.choice(_ODD_JSON)
        else:
            odd = json.dumps(self._chance.choice(_ODD_STRINGS)).encode()
        return text.replace(json.dumps(mark).encode(), odd)

    def _replaced(self, value: Any, by: Any) -> Any:
        if isinstance(value, dict) and value and self._chance.random() < 0.9:
            key = self._chance.choice(list(value))
            return {**value, key: self._replaced(value[key], by)}
        if isinstance(value, list) and value and self._chance.random() < 0.9:
            place = self._chance.randrange(len(value))
            return [*value[:place], self._replaced(value[place], by), *value[place + 1 :]]
        return by

    def _without(self, good: Any) -> bytes:
        gone = self._chance.choice(list(good))
        return json.dumps({name: value for name, value in good.items() if name != gone}).encode()

    def _with(self, good: Any) -> bytes:
        return json.dumps({**good, self._chance.choice(_ODD_STRINGS): self._chance.choice((1, None, [], {}))}).encode()

    def _duplicate(self, good: Any) -> bytes:
        text = json.dumps(good)
        name = self._chance.choice(list(good))
        written = json.dumps(name) if self._chance.random() < 0.5 else '"' + "".join(f"\\u{ord(c):04x}" for c in name) + '"'
        return f"{{{written}: {json.dumps(good[name])}, {text[1:]}".encode()

    def _truncated(self, good: Any) -> bytes:
        text = json.dumps(good).encode()
        return text[: self._chance.randrange(len(text))]

    def _flipped(self, good: Any) -> bytes:
        return self._flip(json.dumps(good, ensure_ascii=False).encode())

    def _flip(self, text: bytes) -> bytes:
        changed = bytearray(text)
        for _ in range(self._chance.choice((1, 1, 1, 2, 5, 20))):
            changed[self._chance.randrange(len(changed))] = self._chance.randrange(256)
        return bytes(changed)

    def _encoded(self, good: Any) -> bytes:
        return json.dumps(good, ensure_ascii=False).encode(self._chance.choice(_ENCODINGS), "replace")

    def _nested(self, good: Any) -> bytes:
        deep = self._chance.choice((20, 31, 32, 33, 100, 1000, 20_000))
        opened = self._chance.choice(("[", '{"a":'))
        value = opened * deep + "1" + ("]" if opened == "[" else "}") * deep
        return json.dumps(self._replaced(good, "MARK")).replace('"MARK"', value).encode()

    def _swapped(self, good: Any) -> bytes:
        return json.dumps(self._good[self._chance.choice(list(self._good))]).encode()

    def _rubbish(self, _good: Any) -> bytes:
        return self._chance.randbytes(self._chance.choice((0, 1, 10, 1000, 70_000)))

    def _spliced(self, good: Any) -> bytes:
        text = json.dumps(good).encode()
        place = self._chance.randrange(len(text))
        return text[:place] + self._chance.choice(_ODD_JSON) + text[place:]


@dataclass
class Told:
    """What the gate answered: how often each status, and every answer that must not be."""

    statuses: Counter[int] = field(default_factory=Counter)
    hung_up: int = 0
    failures: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many requests were refused for what they are (not for who asks), by an answer or by hanging up."""
        return self.hung_up + sum(times for status, times in self.statuses.items() if status >= 400 and status != 403)


class _Answers:
    """Parses the answers of one connection."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self._parser = httptools.HttpResponseParser(self)

    def on_message_complete(self) -> None:
        """One answer has come whole."""
        self.done.append(self._parser.get_status_code())

    def feed(self, data: bytes) -> None:
        """More bytes."""
        self._parser.feed_data(data)


def fuzz(port: int, count: int, seed: int, tokens: Mapping[str, str], progress: Callable[[int], None] = lambda _: None) -> Told:
    """Send mutated requests until the gate has refused ``count``; a connection is used until the gate or the request ends it.

    A mutation that leaves a request well formed is answered like any other, and does not count.
    """
    told, mutations = Told(), Mutations(random.Random(seed), tokens)
    connection: socket.socket | None = None
    answers = _Answers()
    while told.refused < count:
        request = mutations.next()
        if connection is None:
            connection, answers = socket.create_connection(("127.0.0.1", port), timeout=0.5 if request.ends else 10), _Answers()
        connection.settimeout(0.05 if request.ends else 20)
        before, got, open_still = len(answers.done), b"", True
        try:
            connection.sendall(request.sent)
            if request.ends:
                connection.shutdown(socket.SHUT_WR)
            while len(answers.done) == before:
                part = connection.recv(65_536)
                got += part
                if not part:
                    open_still = False
                    break
                answers.feed(part)
        except TimeoutError:
            # A request that promises more than it sends is waited for; the gate hangs up on it in its own time.
            open_still = False
            if not request.ends:
                told.failures.append((request.sent, b"no answer"))
        except (ConnectionResetError, BrokenPipeError):
            open_still = False
        for status in answers.done[before:]:
            told.statuses[status] += 1
            if status >= 500:
                told.failures.append((request.sent, got))
        if len(answers.done) == before:
            told.hung_up += 1
        if request.ends or not open_still or b"connection: close" in got.lower():
            connection.close()
            connection = None
        progress(told.refused)
    if connection is not None:
        connection.close()
    return told


@contextmanager
def gate_for_fuzzing(folder: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """A gate with an account, in this process, behind a socket: its port and a token of each role."""
    signers = {}
    for role in ROLES:
        new_caller(folder / "callers.toml", folder / f"{role}.pem", f"X-{role}", [role], datetime.now(UTC))
        signers[role] = Signer.from_file(folder / f"{role}.pem")
    settings = Settings(
        http=Http(port=0, request_seconds_max=2.0),
        rules=Rules(undetermined={"*": "list"}),
        rates=dict.fromkeys((*ROLES, "unknown"), _WIDE),
    )
    listening = Event()
    with ExitStack() as stack:
        service = stack.enter_context(opened(settings, folder, (folder / "log").open("w")))
        gate = service.doors.gate
        assert isinstance(gate, Gate)
        first_rule_set(gate, settings)
        gate.learn("party", [{"party_id": "P1", "kind": "individual", "country": "JP"}])
        gate.learn("account", [{"account_id": "A1", "party_id": "P1", "kind": "customer", "opened_at": "2020-01-01T00:00:00Z"}])
        server = gate_server(GateApp(service), settings, folder, listening.set)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        if not listening.wait(30):
            raise TimeoutError("the gate does not listen")
        try:
            yield (
                server.servers[0].sockets[0].getsockname()[1],
                {role: each.token(time.time(), 3600) for role, each in signers.items()},
            )
        finally:
            server.should_exit = True
            thread.join(20)


def main() -> None:
    """Fuzz and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=MALFORMED)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, gate_for_fuzzing(Path(name)) as (port, tokens):
        began, shown = time.monotonic(), 10_000

        def progress(done: int) -> None:
            nonlocal shown
            if done >= shown:
                print(f"{done:>7,} refused, {done / (time.monotonic() - began):,.0f} a second", flush=True)
                shown += 10_000

        told = fuzz(port, asked.count, asked.seed, tokens, progress)
        failures = [line for line in (Path(name) / "log").read_text().splitlines() if '"failure"' in line]
    print(f"{told.refused:,} malformed requests refused (seed {asked.seed}) in {time.monotonic() - began:,.0f} s")
    for status, times in sorted(told.statuses.items()):
        print(f"  {status}: {times:>7,}")
    print(f"  hung up without an answer, on what is not HTTP or never ends: {told.hung_up:,}")
    print(f"  answered by 500 or more, or not at all: {len(told.failures)}; failures in the gate's log: {len(failures)}")
    for sent, got in told.failures[:5]:
        print("   ", sent[:2000], "->", got[:300])
    for line in failures[:5]:
        print("   ", line)
    raise SystemExit(1 if told.failures or failures else 0)


__all__ = ["Malformed", "Mutations", "Rate", "Told", "fuzz", "gate_for_fuzzing", "good_bodies"]

if __name__ == "__main__":
    main()
