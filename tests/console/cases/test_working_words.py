"""The working of a penalty is said in the reader's language, each phrase of it; JSON has what the engine wrote."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.translation import override

import sekisho
from sekisho.console.desk.words_of_working import PHRASES, working

SOURCE = Path(sekisho.__file__).parent
WRITERS = ("typologies/monetary_penalty.py", "engine/penalty_case.py", "rules/enforcement/*/control.py")


def test_every_label_that_the_engine_writes_has_its_words() -> None:
    labels = set()
    for pattern in WRITERS:
        for file in SOURCE.glob(pattern):
            labels |= set(re.findall(r'Line\(f?"(?:\{issue\.name\}: )?([a-z][^"{]*[a-z])"', file.read_text("utf-8")))
    assert len(labels) > 20
    assert labels - set(PHRASES) == set()


def test_names_and_numbers_stay() -> None:
    with override("ja"):
        assert working("BTC/JPY: sold") == "BTC/JPY: 売付け"
        assert working("0.413 (T1) + 6.2 (opening buy) + 3 more, listed in the allocation") == (
            "0.413 (T1) + 6.2 (開始時の買い持ち) + 3 件（配分に記載）"
        )
        assert working("max(0, 5 x (100 - lowest 90))") == "max(0, 5 x (100 - 最低 90))"
        assert working("A-soldier/JPY: excess") == "A-soldier/JPY: 超過分"
    with override("en"):
        assert working("smaller of sold and bought") == "smaller of sold and bought"
