"""The gate as an ASGI application: Litestar finds the way, the service answers; single decisions take a short cut.

Behind the gate's own server they are shorter still and do not come here at all (straight.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from sekisho.gate.http.exchange import Answer, Exchange, Receive, Scope, Send
from sekisho.gate.http.problems import Problem, of_status
from sekisho.gate.http.routes import ROUTES, Route
from sekisho.gate.http.service import Service
from sekisho.gate.http.straight import STRAIGHT

FLUSH_SECONDS = 0.2


class GateApp:
    """The application. Decisions of one request go straight to the service: Litestar's way costs more than fifty rules."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._litestar: ASGIApp = litestar_app(service)
        self._short: Mapping[str, Route] = {path.decode(): route for path, route in STRAIGHT.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's event, as ASGI has it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            route = self._short.get(scope["path"])
            if route is not None:
                exchange = Exchange(scope, receive, self.service.next_request_id())
                answer = await self.service.answer(route, exchange)
                headers = answer.asgi_headers(exchange.request_id)
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body})
                return
        await self._litestar(scope, receive, send)  # type: ignore[arg-type]


def litestar_app(service: Service) -> Litestar:
    """Every route on Litestar; whatever fails on the way becomes a problem document."""

    def handler(route: Route) -> HTTPRouteHandler:
        async def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
            params = {name: str(value) for name, value in request.path_params.items()}
            exchange = Exchange(request.scope, request.receive, service.next_request_id(), params)  # type: ignore[arg-type]
            return _response(await service.answer(route, exchange), exchange.request_id)

        path = route.path
        for name in route.parameters:
            path = path.replace(f"{{{name}}}", f"{{{name}:str}}")
        return HTTPRouteHandler(path, http_method=[route.method], name=route.name, status_code=route.status)(serve)

    def lost(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        request_id = service.next_request_id()
        if isinstance(error, HTTPException) and error.status_code < 500:
            allowed = {"Allow": _allowed(request)} if error.status_code == 405 else {}
            return _response(Answer.of(Problem(of_status(error.status_code), headers=allowed), request_id), request_id)
        service.doors.log.failure(request_id, error, service.doors.clock())
        return _response(Answer.of(Problem("internal"), request_id), request_id)

    return Litestar(
        [handler(route) for route in ROUTES],
        lifespan=[lambda _app: _ticking(service)],
        exception_handlers={HTTPException: lost, Exception: lost},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=service.doors.settings.http.batch_bytes_max,
    )


def _response(answer: Answer, request_id: str) -> Response[bytes]:
    headers = {name.decode(): value.decode("latin-1") for name, value in answer.asgi_headers(request_id)}
    headers.pop("content-length")
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=answer.media_type)


def _allowed(request: Request[Any, Any, Any]) -> str:
    """The methods of an address, for the header Allow."""
    sent = request.scope["path"].rstrip("/").split("/")
    methods = set()
    for route in ROUTES:
        parts = route.path.split("/")
        if len(parts) == len(sent) and all(a == b or a.startswith("{") for a, b in zip(parts, sent, strict=True)):
            methods.add(route.method)
    return ", ".join(sorted(methods)) or "GET, POST"


@asynccontextmanager
async def _ticking(service: Service) -> AsyncIterator[None]:
    """While the gate serves: the log is written and overdue answers are given up, several times a second."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            service.doors.log.flush()
            service.bridge.look()

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        service.doors.log.flush()
