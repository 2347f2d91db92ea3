"""Faults of the gate: processes killed under load, a full disk, a database that goes and comes back. Is anything answered lost?

Run: ``python -m benchmarks.gate_faults [--kills 200] [--store sqlite|postgres|both]``

An asker in its own process sends requests as fast as it can and writes down every answer the moment it has it; after a random time
it is killed with SIGKILL, and the next one goes on. After every kill a fresh gate opens the journal: every answer written down must
be in it with the same bytes, no request may stand in it twice, the chain must hold, and two gates that open it must remember the
same. Times are drawn from a seed that is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.gate_askers import full_disk, gone_and_back, journal_of, killed


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    told: dict[str, Any] = {"seed": options.seed}
    with tempfile.TemporaryDirectory(prefix="gate-faults-") as scratch:
        stores = ("sqlite", "postgres") if options.store == "both" else (options.store,)
        for store in stores:
            with journal_of(store, Path(scratch)) as where:
                told[store] = killed(where, options.kills, options.seed, Path(scratch) / f"{store}.answers")
        told["disk full"] = full_disk(str(Path(scratch) / "full.sqlite"))
        if "postgres" in stores:
            told["database gone and back"] = gone_and_back(Path(scratch) / "gone")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
