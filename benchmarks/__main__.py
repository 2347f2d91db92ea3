"""Every measurement, one after the other: ``python -m benchmarks`` (about two hours on 2 cores); ``--quick`` takes small sizes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FULL = (
    ("benchmarks.order_book",),
    ("benchmarks.fraud_rules",),
    ("benchmarks.account_abuse",),
    ("benchmarks.real_flow",),
    ("benchmarks.layering_quality",),
    ("benchmarks.wash_quality",),
    ("benchmarks.close_quality",),
    ("benchmarks.front_running_quality",),
    ("benchmarks.pump_quality",),
    ("benchmarks.custody_quality",),
    ("benchmarks.simulator_quality",),
    ("benchmarks.reserve",),
    ("benchmarks.scam_names",),
    ("benchmarks.operators",),
    ("benchmarks.outflow_quality",),
    ("benchmarks.outflow_quality", "--speed", "10"),
    ("benchmarks.convert",),
    ("benchmarks.throughput", "--events", "20"),
    ("benchmarks.throughput", "--linearity", "5,20,50"),
    ("benchmarks.watch",),
    ("benchmarks.wind_down",),
    ("benchmarks.lists",),
    ("benchmarks.stix",),
    ("benchmarks.liabilities",),
    ("benchmarks.custody",),
    ("benchmarks.address_poisoning",),
    ("benchmarks.address_forms",),
    ("benchmarks.order_rules",),
    ("benchmarks.ivms101",),
    ("benchmarks.gate_quality",),
    ("benchmarks.gate_memory",),
    ("benchmarks.gate_faults",),
    ("benchmarks.gate_http",),
    ("benchmarks.gate_fuzz",),
    ("benchmarks.office_crowd",),
    ("benchmarks.office_pages",),
    ("benchmarks.spark_overhead",),
)
QUICK = (
    ("benchmarks.order_book",),
    ("benchmarks.simulator_quality", "--seeds", "101-101"),
    ("benchmarks.throughput", "--events", "0.5"),
    ("benchmarks.custody", "--accounts", "0", "--pandas-accounts", "20000"),
)


def main() -> None:
    """Run them all, each in its own process; stop at the first that fails."""
    chosen = QUICK if "--quick" in sys.argv[1:] else FULL
    for module, *options in chosen:
        print(f"\n## {module} {' '.join(options)}\n", flush=True)
        subprocess.run([sys.executable, "-m", module, *options], check=True, cwd=Path(__file__).resolve().parent.parent)


if __name__ == "__main__":
    main()
