"""Fills a small office for journeys, in a process of its own: its people, what an inspection of its books found, what it attests.

The one with two accounts is Sato Aoi, a supervisor. Called with the settings file and the folder of the inspection.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sekisho.console.start import opened

VALUES = {"clearance_hours": 24, "cooling_hours": 12, "minutes_per_alert": 15}


def fill(result: Path) -> None:
    """Everything a journey begins with; nothing of it is a step of a journey."""
    from django.utils import timezone

    from sekisho.console import urls  # noqa: F401 - reads every part's pages
    from sekisho.console.administration.first_people import Newcomer, let_in
    from sekisho.console.alerts.intake import take_in_run
    from sekisho.console.attestations.models import UnitMeaning
    from sekisho.console.attestations.taking import take_up
    from sekisho.console.journal.acting import SYSTEM, acting
    from sekisho.console.registers.models import FirmValue
    from sekisho.console.trial import PASSWORD, let_people_in

    let_people_in()
    again = Newcomer(person_id="P-CCO", name="Sato Aoi", account="sato-again", roles=("supervisor",), password=PASSWORD)
    let_in([again])
    now, today = timezone.now(), timezone.localdate()
    take_in_run(result, SYSTEM, now, books=result.parent / "books")
    take_up(SYSTEM, now, today)
    with acting(SYSTEM, "set up", effect="set firm's value"):
        for name, value in VALUES.items():
            FirmValue(name=name, value=Decimal(value), since=today - timedelta(days=1), source="board").save()
    with acting(SYSTEM, "set up"):
        UnitMeaning(word="custody department", units=[]).save()


if __name__ == "__main__":
    opened(Path(sys.argv[1]))
    fill(Path(sys.argv[2]))
