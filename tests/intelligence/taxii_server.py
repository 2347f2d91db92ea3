"""A real TAXII 2.1 server for tests: medallion on a free port of this machine, with one collection to read and one to write."""

from __future__ import annotations

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from medallion import handle_backend_error, handle_processing_error, register_blueprints, set_config
from medallion.exceptions import BackendError, ProcessingError
from werkzeug.serving import make_server

USER, PASSWORD = "sekisho", "open-the-gate"
TOKEN = "5f1c-a-token-of-the-isac"
READABLE, WRITABLE = "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4"
MEDIA = "application/stix+json;version=2.1"


class Server:
    """The running server; ``add`` puts objects into the readable collection as if a member had added them at a moment."""

    def __init__(self, url: str, app: Flask) -> None:
        self.root = f"{url}/isac/"
        self._data = app.medallion_backend.data["isac"]["collections"]

    def url(self, collection: str = READABLE) -> str:
        return f"{self.root}collections/{collection}/"

    def add(self, objects: Sequence[Mapping[str, Any]], added: str) -> None:
        held = self._data[0]
        for each in objects:
            held["objects"].append({**each, "_date_added": added})
            version = each.get("modified", each.get("created", added))
            held["manifest"].append({"id": each["id"], "date_added": added, "version": version, "media_type": MEDIA})

    def objects(self, collection: str = WRITABLE) -> list[dict[str, Any]]:
        held = next(each for each in self._data if each["id"] == collection)
        return [{k: v for k, v in each.items() if not k.startswith("_")} for each in held["objects"]]


def _collection(identity: str, title: str, *, write: bool) -> dict[str, Any]:
    return {
        "id": identity,
        "title": title,
        "can_read": True,
        "can_write": write,
        "media_types": [MEDIA],
        "objects": [],
        "manifest": [],
    }


def _for_token(application: Any, scheme: str) -> Any:
    """What stands before a server that asks for a token: whoever shows it is the member, anybody else shows nothing."""
    basic = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def asked(environ: dict[str, Any], start_response: Any) -> Any:
        shown = environ.pop("HTTP_AUTHORIZATION", "")
        if shown == f"{scheme} {TOKEN}":
            environ["HTTP_AUTHORIZATION"] = basic
        return application(environ, start_response)

    return asked


def mutual_tls(ca: Path, own: Path) -> ssl.SSLContext:
    """A server's side of TLS that asks the other for a certificate of the same authority; ``own`` holds cert.pem and key.pem."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ca))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(own / "cert.pem", own / "key.pem")
    return context


@contextmanager
def taxii_server(
    place: Path, page: int = 100, token_scheme: str | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    data = {
        "/discovery": {"title": "Test ISAC", "api_roots": ["http://localhost/isac/"], "default": "http://localhost/isac/"},
        "isac": {
            "information": {"title": "ISAC", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 9_765_625},
            "status": [],
            "collections": [_collection(READABLE, "Indicators", write=False), _collection(WRITABLE, "From members", write=True)],
        },
    }
    file = place / "taxii.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    app = Flask("medallion-for-tests")
    configuration = {
        "users": {USER: PASSWORD},
        "taxii": {"max_page_size": page},
        "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": str(file)},
    }
    for name in ("users", "taxii", "backend"):
        set_config(app, name, configuration)
    register_blueprints(app)
    app.register_error_handler(ProcessingError, handle_processing_error)
    app.register_error_handler(BackendError, handle_backend_error)
    if token_scheme is not None:
        app.wsgi_app = _for_token(app.wsgi_app, token_scheme)  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=tls)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Server(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", app)
    finally:
        server.shutdown()
        thread.join()
