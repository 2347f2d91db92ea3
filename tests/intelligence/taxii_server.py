"""A real TAXII 2.1 server for tests: medallion on a free port of this machine, with one collection to read and one to write."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from medallion import handle_backend_error, handle_processing_error, register_blueprints, set_config
from medallion.exceptions import BackendError, ProcessingError
from werkzeug.serving import make_server

USER, PASSWORD = "sekisho", "open-the-gate"
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


@contextmanager
def taxii_server(place: Path, page: int = 100) -> Iterator[Server]:
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
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", app)
    finally:
        server.shutdown()
        thread.join()
