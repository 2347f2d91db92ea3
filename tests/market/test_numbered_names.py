"""Names numbered alike are encoded by their digits, and nothing shows it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.engine.numbered_names import numbered_codes


def numbered(prefix: str, digits: int) -> st.SearchStrategy[list[list[str | None]]]:
    name = st.none() | st.integers(0, 10**digits - 1).map(lambda number: f"{prefix}{number:0{digits}d}")
    return st.lists(st.lists(name, max_size=30), min_size=1, max_size=3)


def generally(chunks: list[pa.Array]) -> tuple[list[int], list[str]]:
    encoded = pa.chunked_array(chunks, pa.string()).combine_chunks().dictionary_encode()
    return encoded.indices.fill_null(-1).to_pylist(), encoded.dictionary.to_pylist()


@settings(deadline=None)
@given(st.sampled_from([("O", 3), ("", 18), ("注文-", 8), ("A7", 1)]).flatmap(lambda form: numbered(*form)))
def test_codes_are_those_of_a_dictionary(parts: list[list[str | None]]) -> None:
    chunks = [pa.array([None, *part], pa.string()).slice(1) for part in parts]
    found = numbered_codes(chunks)
    if found is None:
        assert not any(name is not None for part in parts for name in part)
    else:
        assert (found[0].tolist(), found[1].to_pylist()) == generally(chunks)


@pytest.mark.parametrize(
    "names", [["O1", "O10"], ["O1", "P1"], ["O1", "Ox"], ["x", "y"], [""], [None], [], ["1" * 18 + "2", "2" * 19]]
)
def test_other_names_are_left_alone(names: list[str | None]) -> None:
    assert numbered_codes([pa.array(names, pa.string())]) is None
