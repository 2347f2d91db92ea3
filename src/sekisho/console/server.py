"""The console's server: Django behind waitress, some threads in one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import waitress
from django.core.wsgi import get_wsgi_application

THREADS: Final = 8


def serve(host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; ``ready`` is told the address once the port listens. ``start`` was called before."""
    server = waitress.create_server(get_wsgi_application(), host=host, port=port, threads=THREADS, ident=None)
    taken = getattr(server, "effective_port", port)
    ready(f"http://{host}:{taken}/")
    try:
        server.run()
    finally:
        server.close()
