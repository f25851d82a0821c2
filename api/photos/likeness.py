"""How alike two pictures are: a hash that an index can find, copies laid upon each other, spots seen in both."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from api.photos.mark import GREY, SHARE, side_px, without
from vision.frames import Image

BANDS, BAND_BITS = 4, 16
MOST_BITS = 7
"""Two pictures whose hashes differ in so many bits at most are one picture.

With four bands one of them then differs in one bit at most (pigeonhole), so that every such picture has a band that
equals one of the 17 neighbours of a band of ours: an index finds it by equality.
"""
_SIGN = 1 << 63
_HASH_PX = 32
_KEPT = 8
COPY, SUSPECT = 0.993, 0.965
"""Correlation of two pictures laid upon each other: a copy; one that a person should compare.

Set on four rendered rooms: bent copies 0.974 to 1; two photos of one spot by hand 0.94, in one of the rooms 0.99.
"""
_PRINT_PX, _SMALL_PX = 480, 128
_PRINT_POINTS = 300
_PRINT_BITS = 56
_PRINT_AGREE = 12
_LEAST_SHARED = 0.2
_FEATURES_PX = 640
_FEATURES = 1000
_RATIO = 0.8
_REPROJECTION_PX = 6.0
SAME_SPOT = 10
"""Points of two pictures that agree on one plane seen from two places.

Set on two rendered rooms: the spot by hand 40 and more, seen from its camera 8 and more, other rooms 7 at most.
"""
Grey = NDArray[np.uint8]


def phash(image: Image) -> int:
    """Return 64 signed bits of a picture without its mark: the signs of its slowest waves against their median.

    The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010).
    """
    small = cv2.resize(_plain(image), (_HASH_PX, _HASH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:_KEPT, 1 : _KEPT + 1].ravel()
    bits = waves > np.median(waves)
    value = int.from_bytes(np.packbits(bits).tobytes())
    return value - 2 * _SIGN if value >= _SIGN else value


def bands(value: int) -> tuple[int, ...]:
    """Return the four bands of a hash, each 0..65535."""
    bits = value % (2 * _SIGN)
    return tuple(bits >> shift & 0xFFFF for shift in range(0, 64, BAND_BITS))


def neighbours(band: int) -> tuple[int, ...]:
    """Return a band and all that differ from it in one bit."""
    return band, *(band ^ 1 << bit for bit in range(BAND_BITS))


def distance(left: int, right: int) -> int:
    """Return in how many bits two hashes differ."""
    return ((left ^ right) % (2 * _SIGN)).bit_count()


def mirrored(image: Image) -> Image:
    """Return a picture as a mirror shows it; both lower corners are left out of every comparison."""
    return np.ascontiguousarray(image[:, ::-1])


def _plain(image: Image) -> Grey:
    """Return a picture in grey, without either corner that may hold a mark, one that was mirrored included."""
    copy, side = image.copy(), side_px(image)
    copy[-side:, -side:] = GREY
    copy[-side:, :side] = GREY
    return np.asarray(cv2.cvtColor(copy, cv2.COLOR_BGR2GRAY), np.uint8)


@dataclass(frozen=True, slots=True)
class Print:
    """What is kept of a picture to know it again, whole or in part: some 15 kB."""

    points: NDArray[np.float32]
    """(n, 2) px of the small copy."""
    looks: NDArray[np.uint8]
    """(n, 32): how each point looks (ORB; Rublee 2011)."""
    small: Grey
    """(h, w), the longer side 128 px."""

    def packed(self) -> bytes:
        """Return it as bytes for the store."""
        height, width = self.small.shape
        head = struct.pack("<HHH", len(self.points), height, width)
        return zlib.compress(head + self.points.tobytes() + self.looks.tobytes() + self.small.tobytes(), 1)

    @classmethod
    def unpacked(cls, content: bytes) -> Self:
        """Return what `packed` has written."""
        plain = zlib.decompress(content)
        count, height, width = struct.unpack_from("<HHH", plain)
        points = np.frombuffer(plain, np.float32, count * 2, 6).reshape(count, 2)
        looks = np.frombuffer(plain, np.uint8, count * 32, 6 + count * 8).reshape(count, 32)
        return cls(points, looks, np.frombuffer(plain, np.uint8, height * width, 6 + count * 40).reshape(height, width))


def print_of(image: Image) -> Print:
    """Return what to keep of a picture."""
    grey = _plain(image)
    large = _resized(grey, _PRINT_PX)
    points, looks = cv2.ORB.create(_PRINT_POINTS, nlevels=10, fastThreshold=7).detectAndCompute(large, None)
    shrink = _SMALL_PX / _PRINT_PX
    at = np.array([point.pt for point in points], np.float32).reshape(-1, 2) * np.float32(shrink)
    rows = np.asarray(looks, np.uint8) if len(at) else np.empty((0, 32), np.uint8)
    return Print(at, rows, _resized(large, _SMALL_PX))


def copied(left: Print, right: Print) -> float:
    """Return how alike two pictures are where they show the same, once laid upon each other: near 1 for a copy.

    Turned, shifted, cut, scaled and framed copies lie upon each other exactly; two photos of one place never quite do,
    because near things move against far ones. 0 where they cannot be laid upon each other.
    """
    pairs = [pair for pair in _matcher().match(left.looks, right.looks) if pair.distance <= _PRINT_BITS]
    if len(pairs) < _PRINT_AGREE:
        return 0.0
    here, there = (np.array([getattr(p, row) for p in pairs]) for row in ("queryIdx", "trainIdx"))
    cv2.setRNGSeed(1)
    how, agreed = cv2.estimateAffinePartial2D(
        left.points[here], right.points[there], method=cv2.RANSAC, ransacReprojThreshold=0.6
    )
    return 0.0 if how is None or agreed.sum() < _PRINT_AGREE else _correlation(left.small, right.small, how)


def _matcher() -> cv2.BFMatcher:
    return cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)


def _correlation(left: Grey, right: Grey, how: NDArray[np.float64]) -> float:
    height, width = right.shape
    laid = cv2.warpAffine(left.astype(np.float32), how, (width, height))
    seen = cv2.warpAffine(_shown(left), how, (width, height), flags=cv2.INTER_NEAREST) * _shown(right)
    both = cv2.erode(seen, np.ones((3, 3), np.uint8)) > 0
    if both.mean() < _LEAST_SHARED:
        return 0.0
    one, other = laid[both], right.astype(np.float32)[both]
    if min(one.std(), other.std()) < 1.0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _shown(small: Grey) -> Grey:
    """Mark what is not a corner for marks."""
    mask, side = np.ones_like(small), round(min(small.shape) * SHARE) + 1
    mask[-side:, -side:] = 0
    mask[-side:, :side] = 0
    return mask


def _resized(grey: Grey, longer_px: int) -> Grey:
    scale = longer_px / max(grey.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how), np.uint8)


@dataclass(frozen=True, slots=True)
class Spots:
    """What can be found again in a picture: points (n, 2) in px of its 640 px copy, and how each looks (n, 128)."""

    points: NDArray[np.float32]
    looks: NDArray[np.float32]


def spots_of(image: Image) -> Spots:
    """Return the points of a picture (SIFT; Lowe 2004), contrast evened out because phones and cameras differ."""
    grey = cv2.cvtColor(without(image), cv2.COLOR_BGR2GRAY)
    even = cv2.createCLAHE(2.0, (8, 8)).apply(_resized(np.asarray(grey, np.uint8), _FEATURES_PX))
    points, looks = cv2.SIFT.create(_FEATURES, contrastThreshold=0.02).detectAndCompute(even, None)
    at = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
    return Spots(at, np.asarray(looks, np.float32).reshape(-1, 128) if len(at) else np.empty((0, 128), np.float32))


def common(left: Spots, right: Spots) -> int:
    """Return how many points of two pictures agree on one plane (homography, MAGSAC++); 0 where none can be fitted."""
    pairs = list(_pairs(left, right))
    if len(pairs) < 8:
        return 0
    rows = np.array(pairs)
    seen, known = left.points[rows[:, 0]], right.points[rows[:, 1]]
    cv2.setRNGSeed(1)
    _, agreed = cv2.findHomography(seen, known, cv2.USAC_MAGSAC, _REPROJECTION_PX)
    return 0 if agreed is None else int(agreed.sum())


def best_match(photo: Spots, references: Iterable[Spots]) -> int:
    """Return the most that a photo has in common with one of several; 0 without any."""
    return max((common(photo, reference) for reference in references), default=0)


def _pairs(left: Spots, right: Spots) -> Iterator[Sequence[int]]:
    """Yield (left, right) rows that are each other's best, clearly better than the second best."""
    if len(left.looks) < 2 or len(right.looks) < 2:
        return
    taken: dict[int, tuple[float, int]] = {}
    for best, second in cv2.BFMatcher(cv2.NORM_L2).knnMatch(left.looks, right.looks, k=2):
        if best.distance < _RATIO * second.distance:
            rival = taken.get(best.trainIdx)
            if rival is None or best.distance < rival[0]:
                taken[best.trainIdx] = (best.distance, best.queryIdx)
    yield from ((query, train) for train, (_, query) in taken.items())
