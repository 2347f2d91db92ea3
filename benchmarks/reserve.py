"""The reserve's model beside the usual references, and how far the figures hang on choices, events and sources.

Run: ``python -m benchmarks.reserve [INCIDENTS]``

The incidents (SEKISHO_DATA, custody/incidents/cex_incidents.csv unless named) are back-tested by their README's protocol. Then
the same with every variant of the model that was tried, other populations of incidents, other bounds of the amounts, and each
event or source left out. Nothing is fitted here: each line is one more run of the same back-test.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.wash_quality import DATA
from sekisho.reserve.backtest import MODEL, Protocol, Settings, backtest, counted
from sekisho.reserve.commands import print_backtest
from sekisho.reserve.incidents import THEFT, Incident, read_incidents
from sekisho.reserve.references import REFERENCES
from sekisho.reserve.severity import Floats, Severity, Tail, severity_of

DISCOUNTS = (1.0, 0.95, 0.9, 0.8)
ALPHAS = (0.5, 0.75, 1.0)
CAPS = (5.0, 7.0, 10.0)
FUTURE_RATES = (2.6, 5.0, 8.0)
FUTURES = 30


def main() -> None:
    """Print the tables."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "custody" / "incidents" / "cex_incidents.csv"
    if not file.is_file():
        print(f"no incidents at {file}; set SEKISHO_DATA")
        return
    incidents = read_incidents(file)
    started = time.process_time()
    told = backtest(incidents, Protocol())
    print_backtest(told)
    print(f"\n{time.process_time() - started:.1f} s of processor time, references and stability included\n")
    _by_year(told)
    _choices(incidents)
    _populations(incidents)
    _stability(told)
    _futures(incidents)


def _by_year(told: dict[str, Any]) -> None:
    print("| year | lost, m USD | 90 % | 95 % | 99 % |\n| --- | ---: | ---: | ---: | ---: |")
    levels = told["methods"][MODEL]["levels"]
    for year, lost in told["years"].items():
        cells = " | ".join(f"{levels[level]['quantiles_usd'][year] / 1e6:,.0f}" for level in levels)
        print(f"| {year} | {lost / 1e6:,.1f} | {cells} |")
    print("\n| method | level | exceeded | binomial | Kupiec | Christoffersen |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for name, method in told["methods"].items():
        for level, each in method["levels"].items():
            third = "–" if each["christoffersen_p"] is None else f"{each['christoffersen_p']:.2f}"
            tests = f"{each['binomial_p']:.2f} | {each['kupiec_p']:.2f} | {third}"
            print(f"| {name} | {level} | {each['exceeded']} of {each['years']} | {tests} |")


def _choices(incidents: Sequence[Incident]) -> None:
    print("\n| discount | tail index | cap | 90 % | 95 % | 99 % | CRPS |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for settings in _grid():
        method = backtest(incidents, Protocol(settings=settings, simulations=100), stability=False)["methods"][MODEL]
        tail = settings.tail
        print(
            f"| {settings.discount:g} | {tail.alpha:g} | {tail.cap_multiple:g} | {_losses(method)} | {method['crps_log10']:.3f} |"
        )


def _grid() -> Iterator[Settings]:
    for discount in DISCOUNTS:
        for alpha in ALPHAS:
            for cap in CAPS:
                yield Settings(discount=discount, tail=Tail(alpha, cap))


def _populations(incidents: Sequence[Incident]) -> None:
    base = Protocol()
    wider = {
        "the protocol": base,
        "thefts from 5 m USD": replace(base, threshold=5e6),
        "other custodians too": replace(base, kinds=("exchange_theft", "other_custodial")),
        "the lower reading of each amount": replace(base, amount="usd_min"),
        "the higher reading": replace(base, amount="usd_max"),
        "predicted from 2018": replace(base, first=2018),
        "predicted from 2016": replace(base, first=2016),
        "fraud counted as theft": replace(base, kinds=("exchange_theft", "other_custodial", "fraud_or_exit")),
    }
    print("\n| incidents | losses | years | sekisho 90 / 95 / 99 % | best of the references |\n| --- | ---: | ---: | --- | --- |")
    for name, protocol in wider.items():
        told = backtest(incidents, protocol, stability=False)
        methods = told["methods"]
        best = {
            level: min(methods[each]["levels"][level]["mean_pinball_usd"] for each in REFERENCES)
            for level in methods[MODEL]["levels"]
        }
        ours = _losses(methods[MODEL]).replace(" | ", " / ")
        theirs = " / ".join(f"{each / 1e6:,.1f}" for each in best.values())
        print(f"| {name} | {told['events']} | {len(told['years'])} | {ours} | {theirs} |")


def _stability(told: dict[str, Any]) -> None:
    moved = told["stability"]
    levels = list(moved["quantiles_usd"])
    print(f"\n| left out, quantiles of {moved['year']} | " + " | ".join(levels) + " |\n| --- |" + " ---: |" * len(levels))
    print("| nothing, m USD | " + " | ".join(f"{each / 1e6:,.0f}" for each in moved["quantiles_usd"].values()) + " |")
    changes = moved["change_by_event"]
    largest = sorted(changes, key=lambda name: -max(abs(each) for each in changes[name].values()))[:5]
    for name in largest:
        print(f"| {name} | " + " | ".join(f"{each:+.1%}" for each in changes[name].values()) + " |")
    for key in ("change_by_source", "change_by_amount"):
        for name, found in moved[key].items():
            cells = " | ".join("–" if found is None else f"{found[level]:+.1%}" for level in levels)
            print(f"| {name.replace('_', ' ')} | {cells} |")


def _futures(incidents: Sequence[Incident]) -> None:
    """Three years to come, made up: thefts as large as the past ones and a tail beyond, as often as before, more, and much more."""
    losses = counted(incidents, Protocol()).before(2024)
    size = severity_of(losses, 1e6, Tail(0.75, 8.0))
    amounts = np.geomspace(1e6, size.cap, 20_001)
    print("\n| thefts a year, 2024 to 2026 made up | sekisho 90 / 95 / 99 % | exceeded | lognormal | empirical |")
    print("| ---: | --- | --- | --- | --- |")
    for rate in FUTURE_RATES:
        runs = []
        for seed in range(FUTURES):
            random = np.random.default_rng(seed)
            made = [_made_up(year, random, rate, size, amounts) for year in (2024, 2025, 2026)]
            protocol = Protocol(first=2024, last=2026, simulations=20_000)
            runs.append(backtest((*incidents, *(one for year in made for one in year)), protocol, stability=False)["methods"])
        means = {name: _mean_losses(runs, name) for name in (MODEL, "lognormal", "empirical")}
        share = [sum(run[MODEL]["levels"][level]["exceeded"] for run in runs) / (3 * FUTURES) for level in runs[0][MODEL]["levels"]]
        exceeded = " / ".join(f"{each:.0%}" for each in share)
        print(f"| {rate:g} | {means[MODEL]} | {exceeded} | {means['lognormal']} | {means['empirical']} |")


def _made_up(year: int, random: np.random.Generator, rate: float, size: Severity, amounts: Floats) -> list[Incident]:
    drawn = np.interp(random.random(random.poisson(rate)), size.below(amounts), amounts)
    return [
        Incident(name=f"{year}-{at}", occurred_on=date(year, 6, 1), entity="made up", kind=THEFT, usd=Decimal(round(float(each))))
        for at, each in enumerate(drawn)
    ]


def _mean_losses(runs: Sequence[dict[str, Any]], name: str) -> str:
    levels = runs[0][name]["levels"]
    return " / ".join(f"{np.mean([run[name]['levels'][level]['mean_pinball_usd'] for run in runs]) / 1e6:,.0f}" for level in levels)


def _losses(method: dict[str, Any]) -> str:
    return " | ".join(f"{each['mean_pinball_usd'] / 1e6:,.1f}" for each in method["levels"].values())


if __name__ == "__main__":
    main()
