"""The console's server: Django behind waitress, some threads in one process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

import waitress
from django.core.wsgi import get_wsgi_application

THREADS: Final = 8
FOLLOW_SECONDS: Final = 5.0
"""Between two looks at the gate's journal, and two tries to tell the gate what waits."""


def serve(host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; ``ready`` is told the address once the port listens. ``start`` was called before."""
    from sekisho.console.transfers.following import steadily
    from sekisho.console.transfers.telling import tell_all

    stopped = Event()
    server = waitress.create_server(get_wsgi_application(), host=host, port=port, threads=THREADS, ident=None)
    taken = getattr(server, "effective_port", port)
    ready(f"http://{host}:{taken}/")
    Thread(target=steadily, args=(FOLLOW_SECONDS, stopped, tell_all), name="gate", daemon=True).start()
    try:
        server.run()
    finally:
        stopped.set()
        server.close()
