"""Scam names: the same lists give the same model, the model file holds numbers only, and a damaged one is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sekisho.cli import app
from sekisho.intelligence.names.model import NameModel, read_model, write_model
from sekisho.intelligence.names.training import fit
from sekisho.records import RecordsError
from sekisho.rulebook import load_rulebook
from sekisho.typologies.scam_names import judge

BRANDS = ("uniswap", "metamask", "opensea", "arbitrum", "layerzero", "coinbase", "binance", "ethena")
SCAM = [
    f"{lure}-{brand}.{tail}"
    for lure in ("claim", "airdrop", "reward", "mint")
    for brand in BRANDS
    for tail in ("xyz", "top", "pages.dev")
]
GOOD = [
    f"{a}{b}.{c}"
    for a in ("garden", "water", "book", "music", "stone", "river")
    for b in ("shop", "world", "house", "news")
    for c in ("com", "jp", "org")
]
GOOD += [f"{word}{n}.com" for word in ("alpha", "beta", "gamma", "delta") for n in range(300)]


@pytest.fixture(scope="module")
def model() -> NameModel:
    return fit(SCAM, GOOD, seed=7)


def test_what_was_learnt_holds_for_a_brand_never_seen(model: NameModel) -> None:
    assert model.score(judge("claim-bitflyer.xyz")) > 0
    assert model.score(judge("gardenshop.com")) < 0
    assert model.score(judge("bitflyer.com")) == float("-inf")
    assert model.score(judge("pages.dev")) == float("-inf")


def test_a_threshold_is_set_only_where_there_are_names_enough(model: NameModel) -> None:
    assert model.learned.threshold_1e_3 is not None
    assert model.learned.threshold_1e_4 is None
    assert model.level(model.learned.threshold_1e_3) == "none"
    assert model.level(model.learned.threshold_1e_3 + 1) == "suspect"


def test_the_same_lists_give_the_same_bytes(model: NameModel, tmp_path: Path) -> None:
    write_model(model, tmp_path / "one.npz")
    write_model(fit(SCAM, GOOD, seed=7), tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = read_model(tmp_path / "one.npz")
    assert again.score(judge("claim-bitflyer.xyz")) == model.score(judge("claim-bitflyer.xyz"))
    assert again.learned == model.learned


def test_a_benign_name_on_the_list_of_scams_is_not_taught(model: NameModel) -> None:
    assert fit(SCAM, [*GOOD, SCAM[0]], seed=7).learned.benign == model.learned.benign


@pytest.mark.parametrize("damage", ["truncated", "text", "pickle", "other_size", "not_a_number", "gone"])
def test_a_damaged_model_is_refused(model: NameModel, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "model.npz"
    write_model(model, file)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[:2000])
    elif damage == "text":
        file.write_text("not a model", encoding="utf-8")
    elif damage == "gone":
        file.unlink()
    else:
        held = dict(np.load(file))
        if damage == "pickle":
            held["head"] = np.array([object()], dtype=object)
        elif damage == "other_size":
            held["runs"] = held["runs"][:10]
        else:
            held["runs"][3] = np.nan
        with file.open("wb") as stream:
            np.savez(stream, **held)
    with pytest.raises(RecordsError, match=r"model\.npz"):
        read_model(file)


def test_train_and_score_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "scam.csv").write_text(
        "domain,first_seen\n"
        + "".join(f"{name},2024-0{1 + i % 9}-01\n" for i, name in enumerate(SCAM))
        + "late.example,2025-01-01\n",
        encoding="utf-8",
    )
    (tmp_path / "good.txt.gz").write_bytes(gzip.compress("\n".join(GOOD).encode()))
    out = tmp_path / "made" / "model.npz"
    common = ["--scam", str(tmp_path / "scam.csv"), "--benign", str(tmp_path / "good.txt.gz"), "--out", str(out), "--json"]
    told = CliRunner().invoke(app, ["names", "train", *common, "--until", "2025-01-01"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["benign"] == len(GOOD)
    scored = CliRunner().invoke(app, ["names", "score", "claim-zaif.xyz", "zaif.jp", "a b", "--model", str(out), "--json"])
    assert scored.exit_code == 0, scored.output
    first, own, unreadable = json.loads(scored.output)["names"]
    assert (first["brand"], own["own"], unreadable["level"]) == ("zaif", True, "unreadable")
    assert first["score"] > 0


def test_without_a_model_the_rules_points_speak() -> None:
    told = CliRunner().invoke(app, ["names", "score", "claim-bitflyer.com", "solana-mkts.com", "google.com", "--json"])
    assert told.exit_code == 0, told.output
    assert [each["level"] for each in json.loads(told.output)["names"]] == ["likely", "suspect", "none"]
    assert "points_hold" in load_rulebook()["perimeter/scam_name"].parameters


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["names", "score", "missing.csv"], "does not exist"),
        (["names", "train", "--scam", "missing.txt", "--benign", "missing.txt", "--out", "x.npz"], "does not exist"),
        (["names", "score", "x.com", "--model", "missing.npz"], "does not exist"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], said: str) -> None:
    told = CliRunner().invoke(app, arguments)
    assert isinstance(told.exception, RecordsError)
    assert said in str(told.exception)
