"""Many cameras' newest pictures as one: a wall of 64 receives and decodes one picture instead of 64 larger ones."""

import io
import math
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image

from api.showing import Picture

MOST_WIDTH_PX = 360
"""Of one tile; a wall whose tiles are larger shows the pictures themselves."""
_QUALITY = 80
_KEPT = 256
"""Small pictures in memory, 57 MiB at most: whoever watches the same cameras shares them."""
_NOTHING = (32, 38, 40)


def columns_of(count: int) -> int:
    """Return how many tiles stand side by side: the root of their number, rounded up."""
    return math.isqrt(count - 1) + 1


def sheet_of(pictures: Sequence[Picture | None], width_px: int) -> bytes:
    """Return a JPEG of 16:9 tiles, row by row; dark where there is no picture or none that can be read."""
    columns, height_px = columns_of(len(pictures)), round(width_px * 9 / 16)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width_px, rows * height_px), _NOTHING)
    for number, picture in enumerate(pictures):
        small = _small(picture.jpeg, width_px, height_px) if picture else None
        if small is not None:
            sheet.paste(small, (number % columns * width_px, number // columns * height_px))
    told = io.BytesIO()
    sheet.save(told, "JPEG", quality=_QUALITY)
    return told.getvalue()


@lru_cache(maxsize=_KEPT)
def _small(jpeg: bytes, width_px: int, height_px: int) -> Image.Image | None:
    """Return a picture at the size of its tile; decoded at a fraction of its size where that suffices."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            image.draft("RGB", (width_px, height_px))
            return image.convert("RGB").resize((width_px, height_px), Image.Resampling.BILINEAR)
    except (ValueError, OSError):
        return None  # only its head was looked at when it came
