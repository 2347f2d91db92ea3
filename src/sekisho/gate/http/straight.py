"""The straight way of a request for one decision: from the connection to the gate and back without a task, answered in one write.

uvicorn lets a connection hold one *cycle* at a time, the request that is being answered. The cycle here takes the place of
uvicorn's own for requests that ask for one decision, and is to the connection what uvicorn's is: pipelined requests, clients that
hang up and the end of the server find what they look for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

from sekisho.gate.http.exchange import Answer, Exchange, Scope
from sekisho.gate.http.routes import ROUTES, Route
from sekisho.gate.http.service import Service
from sekisho.gate.rendering import Answered

if TYPE_CHECKING:
    from sekisho.gate.http.server import GateProtocol

STRAIGHT: Final[Mapping[bytes, Route]] = {
    route.path.encode(): route for route in ROUTES if route.method == "POST" and not route.parameters and not route.batch
}
"""The addresses that ask for one decision."""
_STATUS: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}


class StraightCycle:
    """One request for a decision and its answer: to the connection a cycle, to the gate the place where an answer is awaited."""

    def __init__(self, protocol: GateProtocol, service: Service, route: Route) -> None:
        self._protocol, self._service, self._route = protocol, service, route
        self._exchange = Exchange(cast(Scope, protocol.scope), _nothing_more, service.next_request_id())
        self._began, self._asked = service.doors.ticks(), False
        self.body = bytearray()
        self.more_body = True
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.message_event = self
        """The connection sets this event when a part of the body has come, or all, or the client has gone."""

    # --- to the connection

    def set(self) -> None:
        """Something has come; ask as soon as the body is whole, or longer than allowed."""
        if self._asked or self.disconnected:
            return
        if self.more_body and len(self.body) <= self._service.doors.settings.http.body_bytes_max:
            self._protocol.flow.resume_reading()
            return
        self._asked = True
        self._service.decide(self._route, self._exchange, bytes(self.body), self)

    # --- to the gate

    def done(self) -> bool:
        """Whether it has been answered."""
        return self.response_complete

    def set_result(self, result: Answered) -> None:
        """The decision."""
        try:
            answer = Answer(200, result.body)
        except Exception as error:
            answer = self._service.failed(error, self._exchange)
        self._answer(answer)

    def set_exception(self, exception: BaseException) -> None:
        """Why there is none."""
        assert isinstance(exception, Exception)
        self._answer(self._service.failed(exception, self._exchange))

    def _answer(self, answer: Answer) -> None:
        self.response_complete = True
        self._service.note(self._route, self._exchange, answer, self._began)
        protocol = self._protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        headers = answer.asgi_headers(self._exchange.request_id)
        told = [_STATUS[answer.status], *_lines(protocol.server_state.default_headers), *_lines(headers)]
        if not self.keep_alive:
            told.append(b"connection: close\r\n")
        protocol.transport.write(b"".join((*told, b"\r\n", answer.body)))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    return (b"%s: %s\r\n" % (name, value) for name, value in headers)


async def _nothing_more() -> dict[str, str]:
    raise AssertionError("the body is here")
