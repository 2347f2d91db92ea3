"""What is kept in a spool comes back as it was, whatever threads do at once, and cannot be changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from sekisho.engine import spool as spools
from sekisho.engine.spool import Spool


@settings(deadline=None)
@given(some.lists(arrays(np.int64, some.integers(0, 50)), max_size=20))
def test_arrays_come_back_as_they_were(given_arrays: list[np.ndarray]) -> None:
    spool = Spool()
    kept = [spool.keep(array) for array in given_arrays]
    for array, back in zip(given_arrays, kept, strict=True):
        np.testing.assert_array_equal(array, back)
        assert back.dtype == array.dtype
        assert not back.flags.writeable


def test_threads_keep_side_by_side_across_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "SEGMENT", 1 << 12)
    spool = Spool()
    rows = [np.full((n % 7, 3), n, np.int32) for n in range(400)] + [np.arange(5_000)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(spool.keep, rows))
    for array, back in zip(rows, kept, strict=True):
        np.testing.assert_array_equal(array, back)
    assert len(list(Path(spool.folder.name).iterdir())) > 2


@settings(deadline=None)
@given(some.lists(some.text(), max_size=20), some.integers(0, 5), some.sampled_from([pa.string(), pa.large_string()]))
def test_names_come_back_from_any_slice(texts: list[str], start: int, kind: pa.DataType) -> None:
    names = pa.array(texts, kind).slice(start)
    kept = Spool().keep_names(names)
    assert kept.type == kind
    assert kept.to_pylist() == texts[start:]


def test_files_go_with_the_spool_but_what_was_read_stays() -> None:
    spool = Spool()
    kept = spool.keep(np.arange(1_000))
    folder = Path(spool.folder.name)
    assert folder.exists()
    del spool
    assert not folder.exists()
    assert kept.sum() == 499_500
