"""How a program asks the office: the JSON twin of an act."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def post(client: Client, at: str, **fields: Any) -> Any:
    """Send an act to its address under ``/api/``; dates and amounts go as their text."""
    return client.post(f"/api/{at.lstrip('/')}", data=json.dumps(fields, default=str), content_type="application/json")
