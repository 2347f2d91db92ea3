"""How long the office's journal takes to check: the chain, its heads, and every row against what the journal last said of it.

Run: ``python -m benchmarks.office_journal [--lines 1000000]``

Persons are made (about seven lines each) until the journal has so many lines, on SQLite; then everything is checked, with progress.
Times are of the processor (this process alone, comparable on a busy machine) and of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

AT_ONCE = 2_000


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    wanted = parser.parse_args().lines
    with tempfile.TemporaryDirectory(prefix="office-journal-") as name:
        config = Path(name) / "office.toml"
        config.write_text('database = "office.sqlite"\n')
        os.environ["SEKISHO_CONSOLE"] = str(config)
        from sekisho.console.commands import opened

        opened(config)
        print(json.dumps(measured(wanted), indent=2))


def measured(wanted: int) -> dict[str, float | int]:
    """The figures for a journal of about so many lines."""
    from sekisho.console.journal.acting import SYSTEM, acting
    from sekisho.console.journal.models import Change
    from sekisho.console.journal.rows import check
    from sekisho.console.people.models import Person

    begun, clock = time.process_time(), time.perf_counter()
    made = 0
    while (Change.objects.order_by("-number").values_list("number", flat=True).first() or 0) < wanted:
        people = [
            Person(person_id=f"P{made + n}", party_id=f"S{made + n}", name=f"Name {n}", name_ja=f"名前{n}", unit="unit")
            for n in range(AT_ONCE)
        ]
        with acting(SYSTEM, "make persons", effect="set up people"):
            Person.objects.bulk_create(people)
        made += AT_ONCE
    lines = Change.objects.count()
    written, written_clock = time.process_time() - begun, time.perf_counter() - clock
    begun, clock = time.process_time(), time.perf_counter()
    breaks = len(list(check()))
    return {
        "lines": lines,
        "rows": made,
        "breaks": breaks,
        "written in (processor s)": round(written, 1),
        "written in (clock s)": round(written_clock, 1),
        "checked in (processor s)": round(time.process_time() - begun, 1),
        "checked in (clock s)": round(time.perf_counter() - clock, 1),
    }


if __name__ == "__main__":
    main()
