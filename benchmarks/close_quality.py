"""Quality of marking the close on the account-level reference set, beside its target and the peer.

Run: ``python -m benchmarks.close_quality``

The set (SEKISHO_DATA, market/account_abuse) is judged by execution ids, as its README lays down: with links, without links,
and each once more with every quantity set to 1. The end of the session stands in its instruments.csv; it is given to the rule as
a time of day (``--assume unfair_trading/marking_the_close.fixings=HH:MM:SS+00:00``). The one-line shortcut of the set (an
execution of more than 5,000) is perfect and is printed beside our figures; the rule knows no quantity, only shares.
"""

from __future__ import annotations

import csv
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.wash_quality import DATA, RULEBOOK, _executions, _rows, _scores, _with_quantity_one
from sekisho.engine.run import Judged, japan_period, run_rule
from sekisho.records import open_records
from sekisho.records.convert import convert
from sekisho.records.convert.format import Options as ConvertOptions

RULE = "unfair_trading/marking_the_close"
TARGET = "0.80"
PEER = "0.119 / 0.533 / 0.194"
SHORTCUT = 5_000


def main() -> None:
    """Print the table."""
    source = DATA / "market" / "account_abuse"
    if not source.is_dir():
        print(f"no reference set at {source}; set SEKISHO_DATA")
        return
    with (source / "labels.csv").open(encoding="utf-8") as file:
        owed = {row["id"] for row in csv.DictReader(file) if row["pattern"] == "MarkingTheClose" and row["scored_in"] == "trade"}
    print(f"account-level reference set, {len(owed)} executions that mark the close; precision / recall / F1 by execution id\n")
    print("| books | marking_the_close | target F1 | peer |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="sekisho-close-") as place:
        ones = _with_quantity_one(source, Path(place) / "ones")
        for name, folder, target in (("as they are", source, TARGET), ("every quantity 1", ones, "none set")):
            for accounts in ("with_links", "without_links"):
                out = Path(place) / f"{folder.name}-{accounts}"
                convert("account-orders", folder, out, ConvertOptions({"accounts": accounts}))
                said = _said(out, session_end(source))
                peer = PEER if folder is source and accounts == "with_links" else ""
                print(f"| {name}, {accounts.replace('_', ' ')} | {_scores(said, owed)} | {target} | {peer} |")
    large = {row["trade_id"] for row in _rows(source / "executions.csv.gz") if float(row["qty"]) > SHORTCUT}
    print(f"| shortcut: an execution of more than {SHORTCUT:,} | {_scores(large, owed)} | | |")


def session_end(source: Path) -> str:
    """The end of the session, the same for all instruments of the set, as a time of day of the rule's parameter."""
    with (source / "instruments.csv").open(encoding="utf-8") as file:
        (ends_ns,) = {int(row["session_close_ns"]) for row in csv.DictReader(file)}
    return datetime.fromtimestamp(ends_ns // 1_000_000_000, UTC).strftime("%H:%M:%S+00:00")


def _said(folder: Path, fixing: str) -> set[str]:
    """Execution ids the rule names, judged under the law of today."""
    with open_records(folder) as records:
        period = japan_period(records)
        assert period is not None, f"{folder} holds no times"
        judged = Judged(regime="PSA-2026", law_day=date(2026, 11, 23), as_of=period[1])
        return _executions(run_rule(RULEBOOK.rules[RULE], records, judged, period, {"fixings": fixing}).found)


if __name__ == "__main__":
    main()
