"""A fitted model of scam names: what a firm learns from the lists it may use, kept in one file that holds numbers only."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from sekisho.findings.outputs import whole
from sekisho.intelligence.names.marks import Marks, is_empty, marks_of, mean_weight
from sekisho.records import RecordsError
from sekisho.typologies.scam_names import SIGNS, Judged

FORMAT = "sekisho scam-name model 1"
OWN = float("-inf")
"""Score of a brand's own domain."""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a model reads names: lengths of the runs of bytes, bits of their hash, and the weight of a sign before fitting."""

    shortest: int = 2
    longest: int = 6
    bits: int = 20
    sign_scale: float = 0.3


class Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how many names a model was fitted, and the lowest score above which one benign name in 1,000 and in 10,000 lies.

    A threshold is None where there were too few benign names to tell it. ``sources`` are the names and SHA-256 of the lists.
    """

    scam: int
    benign: int
    seed: int
    threshold_1e_3: float | None
    threshold_1e_4: float | None
    sources: dict[str, str]


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    signs: list[str]
    shape: Shape
    learned: Learned


@dataclass(frozen=True)
class NameModel:
    """Weights of runs (2**bits, float32) and of signs (float32), and a constant; a score is a sum, above 0 rather scam than not."""

    shape: Shape
    runs: NDArray[np.float32]
    signs: NDArray[np.float32]
    constant: float
    learned: Learned

    def score(self, judged: Judged) -> float:
        """The score of a name; ``OWN`` for a brand's own domain and for a bare suffix."""
        return OWN if judged.own or is_empty(judged.name) else self.score_marks(marks_of(judged))

    def score_marks(self, marks: Marks) -> float:
        """The score of the marks of a name."""
        shape = self.shape
        text = np.frombuffer(marks.text, np.uint8)
        total = self.constant + mean_weight(text, shape.shortest, shape.longest, shape.bits, self.runs)
        return total + shape.sign_scale * sum(float(self.signs[sign]) for sign in marks.signs)

    def level(self, score: float) -> str:
        """``likely`` above the score one benign name in 10,000 has, ``suspect`` above that of one in 1,000, else ``none``."""
        for threshold, level in ((self.learned.threshold_1e_4, "likely"), (self.learned.threshold_1e_3, "suspect")):
            if threshold is not None and score > threshold:
                return level
        return "none"


def write_model(model: NameModel, out: Path) -> None:
    """Write a model, whole or not at all: a ZIP of NumPy arrays and one JSON text. The same model gives the same bytes."""
    head = _Head(FORMAT, list(SIGNS), model.shape, model.learned)
    held = io.BytesIO()
    arrays = {
        "head": np.frombuffer(msgspec.json.encode(head), np.uint8),
        "runs": model.runs,
        "signs": model.signs,
        "constant": np.array([model.constant], np.float64),
    }
    np.savez_compressed(held, **arrays)  # type: ignore[arg-type]
    with whole(out.parent) as place:
        place(out.name).write_bytes(held.getvalue())


def read_model(file: Path) -> NameModel:
    """Read a model; one clear error for anything else. Nothing in the file is ever run."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return _read(arrays)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, msgspec.MsgspecError, EOFError) as error:
        if isinstance(error, FileNotFoundError):
            raise RecordsError(str(file), "does not exist", "'sekisho names train' makes a model") from None
        raise RecordsError(str(file), f"is not a model of scam names ({error})", "'sekisho names train' makes one") from None


def _read(arrays: Any) -> NameModel:
    head = msgspec.json.decode(arrays["head"].tobytes(), type=_Head)
    if head.format != FORMAT or tuple(head.signs) != SIGNS:
        raise ValueError("made by another version; train it again")
    runs, signs, constant = arrays["runs"], arrays["signs"], arrays["constant"]
    shape = head.shape
    if not 1 <= shape.shortest <= shape.longest <= 16 or not 8 <= shape.bits <= 28:
        raise ValueError("lengths or bits out of range")
    if runs.shape != (1 << shape.bits,) or signs.shape != (len(SIGNS),) or constant.shape != (1,):
        raise ValueError("an array has another size")
    if not all(np.isfinite(each).all() for each in (runs, signs, constant)):
        raise ValueError("a weight is not a number")
    return NameModel(shape, runs.astype(np.float32), signs.astype(np.float32), float(constant[0]), head.learned)
