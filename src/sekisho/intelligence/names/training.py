"""Fits the model of scam names to a list of scams and lists of other names; the same lists and seed give the same model."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier

from sekisho.intelligence.names.marks import Marks, below, is_empty, lent, marks_of, runs_of
from sekisho.intelligence.names.model import Learned, NameModel, Shape
from sekisho.typologies.host_names import UnreadableNameError
from sekisho.typologies.scam_names import SIGNS, Judged, judge

FOLDS = 5
Told = Callable[[str, int, int], None]
"""What is told of the progress: what is being done, how much is done, of how much."""

_BELOW = ("app", "mail", "login", "www", "m", "shop", "api", "blog", "dev", "portal", "support", "account")
_ALPHA, _ROUNDS = 3e-7, 15


class _Benign(NamedTuple):
    judged: Judged
    marks: Marks


def fit(
    scam: Iterable[str], benign: Iterable[str], *, seed: int = 1, sources: dict[str, str] | None = None, told: Told | None = None
) -> NameModel:
    """Fit a model; raises ValueError where a list holds no name that can be read.

    Names that read alike once brands are hidden count once. A benign name that the list of scams also holds is left out, and
    so are brands' own domains. To keep a model from learning how lists are made, a third of the benign names
    are also shown to it as lent by a host, and a third with one more label in front. The thresholds come from benign names scored
    by models that never saw them.
    """
    told = told or (lambda _what, _done, _of: None)
    shape = Shape()
    told("reading the names", 0, FOLDS + 2)
    bad = _read(scam)
    listed = {judged.name.host for judged in bad}
    good = [_Benign(judged, marks_of(judged)) for judged in _read(benign) if judged.name.host not in listed]
    if not bad or not good:
        raise ValueError("no scam name can be read" if not bad else "no benign name is left")
    positives = list(dict.fromkeys(marks_of(judged) for judged in bad))
    held_out = _held_out(positives, good, shape, seed, told)
    told("fitting the model", FOLDS + 1, FOLDS + 2)
    runs, signs, constant = _fit_once(positives, good, shape, seed)
    learned = Learned(len(positives), len(good), seed, _threshold(held_out, 1000), _threshold(held_out, 10000), sources or {})
    return NameModel(shape, runs, signs, constant, learned)


def _read(names: Iterable[str]) -> list[Judged]:
    kept: dict[str, Judged] = {}
    for text in names:
        try:
            judged = judge(text)
        except UnreadableNameError:
            continue
        if not judged.own and not is_empty(judged.name):
            kept.setdefault(judged.name.host, judged)
    return list(kept.values())


def _held_out(positives: list[Marks], good: list[_Benign], shape: Shape, seed: int, told: Told) -> list[float]:
    """Scores of the benign names, each by a model fitted to the other folds."""
    folds = [zlib.crc32(each.judged.name.registered.encode()) % FOLDS for each in good]
    scores: list[float] = []
    blank = Learned(0, 0, seed, None, None, {})
    for fold in range(FOLDS):
        told("setting the thresholds", fold + 1, FOLDS + 2)
        rest = [each for each, own in zip(good, folds, strict=True) if own != fold]
        if not rest:
            continue
        model = NameModel(shape, *_fit_once(positives, rest, shape, seed), blank)
        scores += [model.score_marks(each.marks) for each, own in zip(good, folds, strict=True) if own == fold]
    return scores


def _threshold(scores: Sequence[float], one_in: int) -> float | None:
    """The lowest score that at most one benign name in so many exceeds; None for fewer names than that."""
    allowed = len(scores) // one_in
    return round(sorted(scores, reverse=True)[allowed], 6) if allowed else None


def _fit_once(
    positives: list[Marks], good: list[_Benign], shape: Shape, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    chance = random.Random(seed)
    third = len(good) // 3
    negatives = [each.marks for each in good]
    negatives += [lent(each.judged) for each in chance.sample(good, third)]
    negatives += [below(each.marks, chance.choice(_BELOW)) for each in chance.sample(good, third)]
    seen = _matrix([*negatives, *positives], shape)
    truth = np.concatenate([np.zeros(len(negatives)), np.ones(len(positives))])
    classifier = SGDClassifier(loss="log_loss", alpha=_ALPHA, max_iter=_ROUNDS, tol=None, average=True, random_state=seed)
    classifier.fit(seen, truth)
    weights = classifier.coef_[0]
    runs = weights[: 1 << shape.bits].astype(np.float32)
    return runs, weights[1 << shape.bits :].astype(np.float32), float(classifier.intercept_[0])


def _matrix(marks: list[Marks], shape: Shape) -> csr_matrix:
    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    ends = np.zeros(len(marks) + 1, np.int64)
    for row, each in enumerate(marks):
        runs = runs_of(np.frombuffer(each.text, np.uint8), shape.shortest, shape.longest, shape.bits)
        columns += [runs, np.array(each.signs, np.int64) + (1 << shape.bits)]
        values += [
            np.full(runs.size, 1 / np.sqrt(max(1, runs.size)), np.float32),
            np.full(len(each.signs), shape.sign_scale, np.float32),
        ]
        ends[row + 1] = ends[row] + runs.size + len(each.signs)
    width = (1 << shape.bits) + len(SIGNS)
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=(len(marks), width))
