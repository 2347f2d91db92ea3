"""The socket side of the gate: uvicorn with limits on headers and slow senders, and the client certificate of mutual TLS."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn
from cryptography import x509
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sekisho.gate.http.app import GateApp
from sekisho.gate.http.problems import MEDIA_TYPE, Problem
from sekisho.gate.http.service import Service
from sekisho.gate.http.settings import Settings
from sekisho.gate.http.straight import STRAIGHT, StraightCycle

_URL_BYTES_MAX: Final = 8_192
_HEADERS_MAX: Final = 100
_GARBAGE_EVERY: Final = 20_000


class GateProtocol(HttpToolsProtocol):
    """One connection: HTTP/1.1 by httptools, bounded in headers and time, with the client's certificate in the scope."""

    header_bytes_max: int = 32_768
    service: Service

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected; with mutual TLS its certificate has been verified by now."""
        super().connection_made(transport)
        self.began_at: float | None = self.loop.time()
        self._tls = _client_certificate(transport)
        self._header_bytes, self._too_large = 0, ""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._header_bytes = 0
        if self.began_at is None:
            self.began_at = self.loop.time()
        if self._tls is not None:
            self.scope["extensions"] = {"tls": self._tls}

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        super().on_url(url)
        if len(self.url) > _URL_BYTES_MAX:
            self._too_large = "address-too-long"
            raise ValueError("address too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        headers = self.headers
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > self.header_bytes_max or len(headers) >= _HEADERS_MAX:
            self._too_large = "headers-too-large"
            raise ValueError("headers too large")
        name = name.lower()
        if name == b"expect":
            super().on_header(name, value)
        else:
            headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The headers have come whole; who asks for one decision, and for nothing out of the ordinary, goes straight."""
        route = STRAIGHT.get(self.url)
        if route is None or not self._goes_straight():
            super().on_headers_complete()
            return
        scope = self.scope
        scope["method"], scope["path"], scope["raw_path"], scope["query_string"] = "POST", route.path, self.url, b""
        self.cycle = StraightCycle(self, self.service, route)  # type: ignore[assignment]

    def _goes_straight(self) -> bool:
        """Whether nothing is being answered here, and the client neither asks for more than an answer nor lets answers lie."""
        parser, limit = self.parser, self.limit_concurrency
        return (
            (self.cycle is None or self.cycle.response_complete)
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and (limit is None or len(self.connections) < limit)
        )

    def on_message_complete(self) -> None:
        """The request has come whole."""
        self.began_at = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP as the gate takes it, and hang up."""
        problem = Problem(self._too_large or "bad-request")
        body = problem.body()
        head = (
            f"HTTP/1.1 {problem.status} {problem.kind}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


class GateServer(uvicorn.Server):
    """uvicorn, hanging up on those who do not finish a request in time."""

    def __init__(self, config: uvicorn.Config, seconds_max: float, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._seconds_max, self._announce = seconds_max, announce

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then say so."""
        # What is known by now stays, and nearly nothing a decision leaves behind refers to itself: look for such garbage seldom.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GARBAGE_EVERY, 20, 50)
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second; once a second look for slow senders."""
        if counter % 10 == 0:
            latest = asyncio.get_running_loop().time() - self._seconds_max
            for connection in list(self.server_state.connections):
                began_at = getattr(connection, "began_at", None)
                if began_at is not None and began_at < latest:
                    connection.transport.close()
        return await super().on_tick(counter)


def gate_server(app: GateApp, settings: Settings, folder: Path, announce: Callable[[], None] = lambda: None) -> GateServer:
    """A server for the app; files of the settings are relative to the folder. Raises OSError or ssl.SSLError for bad files."""
    # What uvicorn says of a request may quote it; the gate's own log tells what a log may tell.
    quiet = logging.getLogger("uvicorn.error")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    http, tls = settings.http, settings.tls
    protocol = type("Protocol", (GateProtocol,), {"header_bytes_max": http.header_bytes_max, "service": app.service})
    config = uvicorn.Config(
        app,
        host=http.host,
        port=http.port,
        http=protocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        limit_concurrency=http.connections_max,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        ssl_certfile=folder / tls.certificate if tls.certificate else None,
        ssl_keyfile=folder / tls.key if tls.key else None,
        ssl_ca_certs=str(folder / tls.client_ca) if tls.client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if tls.client_required else (ssl.CERT_OPTIONAL if tls.client_ca else ssl.CERT_NONE),
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.client_crl:
            config.ssl.load_verify_locations(folder / tls.client_crl)
            config.ssl.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return GateServer(config, http.request_seconds_max, announce)


def listener(settings: Settings) -> socket.socket:
    """The socket the gate listens at; raises OSError where the address is taken or not this machine's."""
    http = settings.http
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    return socket.create_server((http.host, http.port), family=family, backlog=2_048)


def _client_certificate(transport: asyncio.Transport) -> dict[object, object] | None:
    """Subject (RFC 4514) and serial number of the verified client certificate; None without one."""
    connection = transport.get_extra_info("ssl_object")
    der = connection.getpeercert(binary_form=True) if connection is not None else None
    if der is None:
        return None
    certificate = x509.load_der_x509_certificate(der)
    return {"client_cert_name": certificate.subject.rfc4514_string(), "client_cert_serial": f"{certificate.serial_number:x}"}
