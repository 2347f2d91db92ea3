"""What the compliance department keeps: that every client was checked at the opening, and who the other operators are."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from sekisho.simulation.columns import ids, times, write
from sekisho.simulation.population import HOUSE, Population
from sekisho.simulation.transfers import VASPS

SUPERVISORS = {"JP": "FSA", "SG": "MAS", "US": "FinCEN"}
DEPARTMENT = "Compliance"


def write_known(folder: Path, people: Population, first_day: date) -> dict[str, int]:
    """Write ``customer_check`` and ``counterparty_vasp``; everybody is known, so that no rule has anything to say of it."""
    asked = np.flatnonzero(people.kind != HOUSE)
    order = asked[np.argsort(people.number[asked])]
    words = {"kind": "ordinary", "method": "identity document", "owner": DEPARTMENT}
    checks = {
        "check_id": ids("K", people.number[order]),
        "party_id": ids("P", np.array(people.party_number)[people.party[order]]),
        "checked_at": times(people.opened_at[order]),
        **{name: pa.array(np.full(order.size, word)) for name, word in words.items()},
    }
    started = first_day - timedelta(days=400)
    operators = [
        {
            "vasp_id": name,
            "name": name,
            "country": country,
            "is_registered": True,
            "supervised_by": SUPERVISORS[country],
            "is_shell": False,
            "deals_with_unsupervised": False,
            "assessed_on": started,
            "approved_by": "compliance",
            "approved_on": started,
            "responsibilities_on": started,
            "review_due_on": first_day + timedelta(days=400),
            "since": started,
        }
        for name, country in VASPS
    ]
    return {
        "customer_check": write(folder, "customer_check", checks),
        "counterparty_vasp": write(folder, "counterparty_vasp", operators),
    }
