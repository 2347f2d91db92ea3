"""The HTTP side of TRP: takes inquiries, resolutions and confirmations of other operators."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath

from sekisho.travel_rule.trp.exchange import Exchange, RefusedError
from sekisho.travel_rule.trp.messages import API_VERSION, BODY_BYTES_MAX, REQUEST_HEADER, VERSION_HEADER, Resolution
from sekisho.travel_rule.trp.store import ConflictError, StoreError

VENDOR = "Sekisho"
REQUEST_ID_LENGTH_MAX = 200
_Work = Callable[[], Resolution | None]


def app(exchange: Exchange, clock: Callable[[], datetime], identity: dict[str, str]) -> Litestar:
    """The application of one instance; ``identity`` is what it tells about itself (name, lei, x509)."""
    started = clock()

    @post("/transfers/{token:str}", status_code=200)
    async def inquiry(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
        """An inquiry about a transfer to the customer of a travel address."""
        request_id = _request_id(request)
        body = await request.body()
        return await _answered(lambda: exchange.receive_inquiry(token, request_id, body, clock()), request_id)

    @post("/resolutions/{token:str}", status_code=200)
    async def resolution(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
        """The answer to an inquiry that this instance sent."""
        body = await request.body()
        return await _answered(lambda: exchange.receive_resolution(token, body, clock()), _request_id(request))

    @post("/confirmations/{token:str}", status_code=200)
    async def confirmation(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
        """The transaction of a transfer that this instance approved, or its cancellation."""
        body = await request.body()
        return await _answered(lambda: exchange.receive_confirmation(token, body, clock()), _request_id(request))

    @get("/version")
    async def version() -> dict[str, str]:
        """The version of the protocol and who made this."""
        return {"version": API_VERSION, "vendor": VENDOR}

    @get("/uptime", media_type=MediaType.TEXT)
    async def uptime() -> str:
        """Whole seconds since the start."""
        return str(int((clock() - started).total_seconds()))

    @get("/extensions")
    async def extensions() -> dict[str, list[str]]:
        """No extension is required or supported."""
        return {"required": [], "supported": []}

    @get("/identity")
    async def who() -> dict[str, str]:
        """Who this is."""
        return identity

    return Litestar(
        route_handlers=[inquiry, resolution, confirmation, version, uptime, extensions, who],
        request_max_body_size=BODY_BYTES_MAX,
        exception_handlers={RefusedError: _refused},
        openapi_config=None,
    )


def _request_id(request: Request[Any, Any, Any]) -> str:
    """The request's identifier; raises RefusedError where the headers of the protocol are missing."""
    version, request_id = request.headers.get(VERSION_HEADER, ""), request.headers.get(REQUEST_HEADER, "")
    if version.partition(".")[0] != API_VERSION.partition(".")[0]:
        raise RefusedError(400, f"{VERSION_HEADER} {API_VERSION} is spoken here")
    if not request_id or len(request_id) > REQUEST_ID_LENGTH_MAX or not request_id.isprintable():
        raise RefusedError(400, f"{REQUEST_HEADER} is missing or no identifier")
    return request_id


async def _answered(work: _Work, request_id: str) -> Response[Any]:
    """Do the work in a thread, durable before it is answered; what cannot be taken becomes one line."""
    headers = {VERSION_HEADER: API_VERSION, REQUEST_HEADER: request_id}
    try:
        resolution = await asyncio.to_thread(work)
    except ConflictError as error:
        return Response(str(error), status_code=409, media_type=MediaType.TEXT, headers=headers)
    except StoreError as error:
        return Response(str(error), status_code=409, media_type=MediaType.TEXT, headers=headers)
    if resolution is None:
        return Response(None, status_code=204, headers=headers)
    return Response(resolution, status_code=200, headers=headers)


def _refused(_request: Request[Any, Any, Any], error: RefusedError) -> Response[str]:
    return Response(str(error), status_code=error.status, media_type=MediaType.TEXT, headers={VERSION_HEADER: API_VERSION})
