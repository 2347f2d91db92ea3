"""How many names of scams first seen in 2025 are recognised, without any list of scams, at one false alert in 10,000 popular names.

Run: ``python -m benchmarks.scam_names [--test FILE]``

Data: SEKISHO_DATA, transfers/scam_domains, by its README's protocol. Three are compared: the peer's fuzzy rule (MetaMask's lists
and tolerance, run here), the rules that come along, and a model fitted to names before 2025. Popular names are halved by a checksum
of the registered domain: the model is fitted to one half (and the ten thousand most popular outside the other) and tested on the
other, and the reverse.
``--test`` names another Parquet file of (domain, first_seen) to test on instead of 2025.
"""

from __future__ import annotations

import argparse
import gzip
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rapidfuzz.distance import Levenshtein

from benchmarks.wash_quality import DATA
from sekisho.intelligence.names.marks import below, is_empty, lent, marks_of
from sekisho.intelligence.names.model import NameModel
from sekisho.intelligence.names.training import fit
from sekisho.typologies.host_names import HostName, UnreadableNameError, host_name
from sekisho.typologies.scam_names import Judged, brand_names, judge, pieces_of

FOLDER = DATA / "transfers" / "scam_domains"
CUT = "2025-01-01"
RATES = (1e-4, 1e-3)
JAPANESE = ("bitflyer", "coincheck", "zaif", "gmocoin", "bitbank", "sbivc", "bittrade", "btcbox", "bitpoint", "mercoin")
_SUBS = ("app", "mail", "login", "www", "m", "shop", "api", "blog", "dev", "portal", "support", "account")

Scored = Callable[[str], float]


def main() -> None:
    """Print the tables of docs/benchmarks/scam_names.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=Path, help="Parquet file of domain, first_seen")
    given = parser.parse_args()
    if not FOLDER.is_dir():
        print(f"no data at {FOLDER}; set SEKISHO_DATA")
        return
    rows = _dated(FOLDER / "scam_domains.parquet")
    before = [name for name, day in rows if day < CUT]
    test = [name for name, day in (rows if given.test is None else _dated(given.test)) if day >= CUT]
    popular, top = _names("tranco_sample100k.txt.gz"), _names("tranco_top10k.txt.gz")
    listed = {name for name, _day in rows} | set(test)
    clean = [name for name in popular if name not in listed]
    print(
        f"{len(before):,} names before {CUT}, {len(test):,} to test, {len(popular):,} popular names"
        f" of which {len(popular) - len(clean)} are listed\n"
    )
    _peer([(name, day[:4]) for name, day in rows] if given.test is None else [(n, "test") for n in test], popular)
    _rules(test, clean, before)
    _model(before, test, clean, top, [n for n in popular if n in listed])


def _dated(file: Path) -> list[tuple[str, str]]:
    table = pq.read_table(file, columns=["domain", "first_seen"]).to_pylist()
    return sorted(((row["domain"], str(row["first_seen"])[:10]) for row in table), key=lambda each: (each[1], each[0]))


def _names(file: str) -> list[str]:
    return gzip.decompress((FOLDER / file).read_bytes()).decode().split()


# --- the peer ---------------------------------------------------------------------------------------------------------------


def _peer(dated: Sequence[tuple[str, str]], popular: Sequence[str]) -> None:
    rows = [line.split(",") for line in gzip.decompress((FOLDER / "metamask_lists.csv.gz").read_bytes()).decode().splitlines()[1:]]
    fuzzy = [_peer_form(name) for kind, name in rows if kind == "fuzzylist"]
    allowed = {name for kind, name in rows if kind == "whitelist"}
    started = time.process_time()
    hits = Counter(year for name, year in dated if _peer_says(name, fuzzy, allowed))
    spent = time.process_time() - started
    wrong = sum(_peer_says(name, fuzzy, allowed) for name in popular)
    sizes = Counter(year for _name, year in dated)
    print("| peer, fuzzy rule | " + " | ".join(sorted(sizes)) + " |\n| --- |" + " ---: |" * len(sizes))
    print("| recall | " + " | ".join(f"{100 * hits[year] / sizes[year]:.3f} %" for year in sorted(sizes)) + " |")
    print(f"\npeer: {wrong} of {len(popular):,} popular names; {spent / len(dated) * 1e6:.1f} µs a name\n")


def _peer_form(name: str) -> str:
    parts = name.split(".")
    return ".".join(parts[1 if parts[0] == "www" else 0 : -1])


def _peer_says(name: str, fuzzy: Sequence[str], allowed: set[str]) -> bool:
    parts = name.split(".")
    if any(".".join(parts[i:]) in allowed for i in range(len(parts))):
        return False
    form = _peer_form(name)
    return any(Levenshtein.distance(form, each, score_cutoff=2) <= 2 for each in fuzzy)


# --- ours -------------------------------------------------------------------------------------------------------------------


def _rules(test: Sequence[str], clean: Sequence[str], before: Sequence[str]) -> None:
    score = _of_judged(lambda judged: -1.0 if judged.own else float(judged.points))
    halves = [[n for n in clean if _half(n) == side] for side in (0, 1)]
    print(
        "| rules that come along: points | popular names, first half | second half | before 2025 | tested |\n"
        "| ---: | ---: | ---: | ---: | ---: |"
    )
    popular = [np.array([score(n) for n in half]) for half in halves]
    old, new = (np.array([score(n) for n in names]) for names in (before, test))
    for points in (30, 34, 38, 42, 46, 48, 50, 54, 58):
        cells = [f"{int((half >= points).sum())} of {half.size:,}" for half in popular]
        print(
            f"| {points} | {cells[0]} | {cells[1]} | {100 * (old >= points).mean():.1f} % | {100 * (new >= points).mean():.1f} % |"
        )
    print()
    both = np.concatenate(popular)
    _breakdown({"rules": [(score, {rate: _limit(both, rate) for rate in RATES})]}, test, before)
    started = time.process_time()
    for name in clean:
        host_name(name)
    between = time.process_time()
    for name in clean:
        judge(name)
    print(
        f"\nrules: {(time.process_time() - between) / len(clean) * 1e6:.1f} µs a name,"
        f" of which {(between - started) / len(clean) * 1e6:.1f} to take it apart\n"
    )


def _model(before: Sequence[str], test: Sequence[str], clean: Sequence[str], top: Sequence[str], listed: Sequence[str]) -> None:
    halves = [[n for n in clean if _half(n) == side] for side in (0, 1)]
    judges: list[tuple[Scored, dict[float, float]]] = []
    print(
        "| model tested on | rate | names allowed | recall | threshold set in training: false alerts | recall |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |"
    )
    for side in (0, 1):
        own, other = halves[side], halves[1 - side]
        unseen = {host.registered for n in other if (host := _host(n))}
        started = time.process_time()
        model = fit(before, [*own, *(n for n in top if (h := _host(n)) and h.registered not in unseen)], seed=1)
        spent = time.process_time() - started
        score = _of_judged(model.score)
        popular, new = np.array([score(n) for n in other]), np.array([score(n) for n in test])
        limits = {rate: _limit(popular, rate) for rate in RATES}
        judges.append((score, limits))
        for rate in RATES:
            beforehand = model.learned.threshold_1e_4 if rate == 1e-4 else model.learned.threshold_1e_3
            assert beforehand is not None
            print(
                f"| half {2 - side} | {rate:.0e} | {int(rate * popular.size)} | {100 * (new > limits[rate]).mean():.1f} % |"
                f" {int((popular > beforehand).sum())} of {popular.size:,} | {100 * (new > beforehand).mean():.1f} % |"
            )
        _artefacts(model, limits, other, listed)
        print(f"<!-- fitted in {spent:.0f} s of processor time; {model.learned.scam:,} scam, {model.learned.benign:,} benign -->")
        print("<!-- most suspicious popular names: " + ", ".join(other[i] for i in np.argsort(-popular)[:15]) + " -->")
    print()
    _breakdown({"model": judges}, test, before)
    judged = [j for n in clean[:20000] if (j := _judged(n))]
    judges[0][0]("warm.example")
    started = time.process_time()
    for each in judged:
        model.score(each)
    print(f"\nmodel: {(time.process_time() - started) / len(judged) * 1e6:.1f} µs a name on top of the rules' reading")


def _artefacts(model: NameModel, limits: dict[float, float], popular: Sequence[str], listed: Sequence[str]) -> None:
    """What the lists' making alone would do: the same popular names lent by a host, or with one more label in front."""
    judged = [j for n in popular if (j := _judged(n)) and not j.own and not is_empty(j.name)]
    under = np.array([model.score_marks(lent(j)) for j in judged])
    longer = np.array([model.score_marks(below(marks_of(j), _SUBS[i % len(_SUBS)])) for i, j in enumerate(judged)])
    score = _of_judged(model.score)
    told = ", ".join(
        f"at {rate:.0e}: {int((under > limits[rate]).sum())} as if lent, {int((longer > limits[rate]).sum())} with one more label,"
        f" {sum(score(n) > limits[rate] for n in listed)} of the {len(listed)} listed ones"
        for rate in RATES
    )
    print(f"<!-- of {len(judged):,} popular names {told} -->")


def _breakdown(scorers: dict[str, list[tuple[Scored, dict[float, float]]]], test: Sequence[str], before: Sequence[str]) -> None:
    """Recall by kind of name; where there are two models, the mean of both."""
    known = {host.registered for n in before if (host := _host(n))}
    hosts = {n: h for n in test if (h := _host(n))}
    fresh = [n for n, h in hosts.items() if h.registered not in known]
    once = list({h.registered: n for n, h in sorted(hosts.items(), reverse=True)}.values())
    groups: dict[str, Sequence[str]] = {
        "all names": test,
        "registered domain not seen before 2025": fresh,
        "each registered domain once": once,
        "own domain (no lending host)": [n for n, h in hosts.items() if h.hosting is None],
        "lent by a host": [n for n, h in hosts.items() if h.hosting is not None],
    }
    for host, _count in Counter(h.hosting for h in hosts.values() if h.hosting).most_common(5):
        groups[f"· {host}"] = [n for n, h in hosts.items() if h.hosting == host]
    swapped = [(n, s) for i, n in enumerate(sorted(hosts)) if (s := substituted(hosts[n], i))]
    groups["names with a brand we know"] = [n for n, _s in swapped]
    groups["the same, a Japanese brand in its place"] = [s for _n, s in swapped]
    for name, judges in scorers.items():
        print(f"| {name}: which names | how many | recall at 1e-4 | at 1e-3 |\n| --- | ---: | ---: | ---: |")
        for group, names in groups.items():
            cells = [_mean(float(np.mean([score(n) > limits[rate] for n in names])) for score, limits in judges) for rate in RATES]
            print(f"| {group} | {len(names):,} | {100 * cells[0]:.1f} % | {100 * cells[1]:.1f} % |")


def substituted(name: HostName, number: int) -> str | None:
    """The name with the brands it borrows replaced by a Japanese one, disguised where the brand was; None where it borrows none."""
    brand = JAPANESE[number % len(JAPANESE)]
    assert brand in brand_names("exchange_japan")
    labels, tail = (
        list(name.labels),
        name.host.split(".")[len(name.host.split(".")) - (name.hosting or name.suffix).count(".") - 1 :],
    )
    changed = False
    for i, label in enumerate(labels):
        for piece in pieces_of(name._replace(labels=(label,))):
            if piece.kind in ("brand", "imitation") and piece.text in labels[i]:
                labels[i] = labels[i].replace(piece.text, brand if piece.kind == "brand" else _disguised(brand, number), 1)
                changed = True
    return ".".join([*labels, *tail]) if changed else None


def _disguised(brand: str, number: int) -> str:
    at = 1 + number % (len(brand) - 1)
    swapped = brand.replace("i", "l", 1) if "i" in brand else brand.replace("o", "0", 1)
    return (brand[:at] + brand[at + 1 :], brand[:at] + brand[at - 1] + brand[at:], swapped)[number % 3]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _limit(scores: Any, rate: float) -> float:
    """The score that at most this share of names exceeds."""
    return float(np.sort(scores)[::-1][int(rate * scores.size)])


def _half(name: str) -> int:
    host = _host(name)
    return zlib.crc32((host.registered if host else name).encode()) % 2


def _host(name: str) -> HostName | None:
    judged = _judged(name)
    return judged.name if judged else None


_KEPT: dict[str, Judged | None] = {}


def _judged(name: str) -> Judged | None:
    if name not in _KEPT:
        try:
            _KEPT[name] = judge(name)
        except UnreadableNameError:
            _KEPT[name] = None
    return _KEPT[name]


def _of_judged(of: Callable[[Judged], float]) -> Scored:
    kept: dict[str, float] = {}

    def score(name: str) -> float:
        if name not in kept:
            judged = _judged(name)
            kept[name] = float("-inf") if judged is None else of(judged)
        return kept[name]

    return score


if __name__ == "__main__":
    main()
