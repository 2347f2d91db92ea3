"""Pictures of pages, made small, and whether two of them look the same."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

SCALE: Final = 4
TALLEST: Final = 1_600
"""Of a longer page its beginning is kept: the rest is more rows of the same."""
COLOURS: Final = 16
BLOCK: Final = 8
"""Blocks of so many points of the small picture are compared: two lines of text high, three letters wide."""
SHADE_MAX: Final = 14.0
"""By how much, of 255, a block may differ on average: two machines smooth letters differently."""
BLOCKS_MAX: Final = 2
"""How many blocks may differ by more."""


def small(png: bytes) -> Image.Image:
    """The picture a quarter as wide, in few colours: a kilobyte for each hundred lines, and still everything in its place."""
    whole = Image.open(BytesIO(png)).convert("RGB")
    top = whole.crop((0, 0, whole.width, min(whole.height, TALLEST)))
    return top.reduce(SCALE).quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def difference(seen: Image.Image, kept: Image.Image) -> str:
    """In what two small pictures differ for the eye; nothing: ``""``."""
    if seen.width != kept.width or abs(seen.height - kept.height) > 1:
        return f"{seen.width} x {seen.height} points, not {kept.width} x {kept.height}"
    height = min(seen.height, kept.height)
    a, b = (np.asarray(each.convert("RGB"), dtype=np.float64)[:height] for each in (seen, kept))
    apart = np.abs(a - b).mean(axis=2)
    rows, columns = -(-height // BLOCK), -(-seen.width // BLOCK)
    padded = np.zeros((rows * BLOCK, columns * BLOCK))
    padded[:height, : seen.width] = apart
    blocks = padded.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
    changed = np.argwhere(blocks > SHADE_MAX)
    if len(changed) <= BLOCKS_MAX:
        return ""
    y, x = changed[0] * BLOCK * SCALE
    return f"{len(changed)} places differ, the first at {x}, {y}"
