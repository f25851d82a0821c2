"""The mark: the nonce as a QR code that the page burns into the lower right corner, so that it is part of the photo."""

import io

import cv2
import segno

from vision.frames import Image
from vision.picture_file import decoded

SHARE = 0.2
"""Side of the mark as a share of the picture's shorter side, its white border included."""
BORDER = 4
"""Modules of white around it, as ISO/IEC 18004 asks."""
_SEARCHED = 1.25
"""Read from a corner this many marks wide: pages round pixels."""
_READ_PX = 420
"""The corner is enlarged to this side before it is read."""
GREY = 128


def png(nonce: str, module_px: int = 6) -> bytes:
    """Return the mark as a PNG, to be scaled to `SHARE` of the shorter side without smoothing."""
    out = io.BytesIO()
    segno.make_qr(nonce, error="m", boost_error=False).save(out, kind="png", scale=module_px, border=BORDER)
    return out.getvalue()


def burnt_in(image: Image, nonce: str) -> Image:
    """Return a copy of uint8 (h, w, 3) BGR pixels with the mark, as the page draws it."""
    side = side_px(image)
    code, copy = decoded(png(nonce)), image.copy()
    assert code is not None  # noqa: S101 - we have just written it
    copy[-side:, -side:] = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
    return copy


def read(image: Image) -> str:
    """Return what the mark in the corner says; empty where none can be read."""
    side = min(round(side_px(image) * _SEARCHED), *image.shape[:2])
    corner = image[-side:, -side:]
    framed = cv2.copyMakeBorder(
        cv2.resize(corner, (_READ_PX, _READ_PX), interpolation=cv2.INTER_CUBIC), 24, 24, 24, 24, cv2.BORDER_CONSTANT,
        value=(255, 255, 255),
    )  # fmt: skip
    detector = cv2.QRCodeDetector()
    for look in (framed, cv2.GaussianBlur(framed, (5, 5), 0)):
        try:
            text, _, _ = detector.detectAndDecode(look)
        except cv2.error:
            continue
        if text:
            return str(text)
    return ""


def without(image: Image) -> Image:
    """Return a copy whose corner is plain grey: what is left shows the kitchen, whatever nonce was burnt in."""
    copy, side = image.copy(), side_px(image)
    copy[-side:, -side:] = GREY
    return copy


def side_px(image: Image) -> int:
    """Return the side of the mark in px."""
    return round(min(int(image.shape[0]), int(image.shape[1])) * SHARE)
