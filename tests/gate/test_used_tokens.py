"""A token that was used for an act counts as used at every gate process over the same journal, as long as it could count at all."""

from __future__ import annotations

from sekisho.gate.journals import open_journal


def test_a_name_is_used_once_over_all_processes(where: str) -> None:
    one, other = open_journal(where), open_journal(where)
    try:
        assert one.use_once("key token-1", 160.0, 100.0)
        assert not other.use_once("key token-1", 170.0, 110.0)
        assert other.use_once("key token-2", 170.0, 110.0)
        assert one.use_once("key token-1", 230.0, 160.0)
    finally:
        one.close()
        other.close()
