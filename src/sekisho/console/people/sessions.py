"""Sessions in the database, each with its account and where it is, so that they can be listed and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as InDatabase

from sekisho.console.people.models import Stay


class SessionStore(InDatabase):
    """Django's sessions, with what the list of sessions shows beside them."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The rows they are kept in."""
        return Stay

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row of a session."""
        stay: Any = super().create_model_instance(data)
        stay.account_id = data.get("_auth_user_id")
        for name in ("began_at", "seen_at"):
            setattr(stay, name, datetime.fromisoformat(data[name]) if name in data else None)
        stay.address, stay.browser = data.get("address", ""), data.get("browser", "")
        return stay
