"""What the compliance department keeps: that every client was checked when the account was opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from sekisho.simulation.columns import ids, times, write
from sekisho.simulation.population import HOUSE, Population

DEPARTMENT = "Compliance"


def write_checks(folder: Path, people: Population) -> dict[str, int]:
    """Write ``customer_check``; everybody is known, so that no rule has anything to say of it."""
    asked = np.flatnonzero(people.kind != HOUSE)
    order = asked[np.argsort(people.number[asked])]
    words = {"kind": "ordinary", "method": "identity document", "owner": DEPARTMENT}
    checks = {
        "check_id": ids("K", people.number[order]),
        "party_id": ids("P", np.array(people.party_number)[people.party[order]]),
        "checked_at": times(people.opened_at[order]),
        **{name: pa.array(np.full(order.size, word)) for name, word in words.items()},
    }
    return {"customer_check": write(folder, "customer_check", checks)}
