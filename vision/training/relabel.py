"""A first detector finds the heads that no set boxed, backs of heads above all, so that the second learns them."""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vision.geometry import coverage
from vision.training.teacher import Teacher
from vision.training.vocabulary import CLASS_INDEX

HEAD, PERSON = CLASS_INDEX["head"], CLASS_INDEX["person"]
SURE = 0.45
TALL, TALLEST, TALL_PX = 2.4, 4.0, 90
"""A box this many times as high as wide, this high and off the picture's edges is a standing person seen whole."""
HEAD_SHARE, HEAD_ASPECT = 0.165, 0.8
"""Height of a head with hair over that of its standing person (about one in six from above), and width over height."""


def relabel(index: dict[str, Any], detector: Teacher) -> dict[str, Any]:
    """Return the index with heads added to the training pictures' silent persons."""
    entries = [_entry(entry, detector) for entry in index["pictures"]]
    return {"sha256": hashlib.sha256(json.dumps(entries).encode()).hexdigest(), "pictures": entries}


def _entry(entry: dict[str, Any], detector: Teacher) -> dict[str, Any]:
    silent = [row for row in entry["ignored"] if row[0] == HEAD]
    if entry["split"] != "train" or not silent:
        return entry
    bgr = np.asarray(cv2.imread(entry["path"]), np.uint8)
    found = _heads(bgr, detector)
    sure = [row[1:] for row in entry["boxes"] if row[0] == PERSON]
    told = {tuple(row[1:]): _head_on(row[1:], found, whole=row[1:] in sure and _whole(row[1:], bgr)) for row in silent}
    boxes = entry["boxes"] + [[HEAD, *head] for head in told.values() if head]
    ignored = [row for row in entry["ignored"] if row[0] != HEAD or not told[tuple(row[1:])]]
    return {**entry, "boxes": boxes, "ignored": ignored}


def _heads(bgr: NDArray[np.uint8], detector: Teacher) -> NDArray[np.float32]:
    boxes, confidence, classes = detector(bgr, SURE)
    return np.asarray(boxes[(classes == HEAD) & (confidence >= SURE)], np.float32)


def _head_on(person: list[float], found: NDArray[np.float32], *, whole: bool) -> list[float]:
    """Return the head in the upper half of a person: as found, else by proportion; empty when neither."""
    x0, y0, x1, y1 = person
    upper = np.array([[x0, y0, x1, (y0 + y1) / 2]], np.float32)
    inside = coverage(found, upper)[:, 0] > 0.8 if len(found) else np.zeros(0, np.bool_)
    if inside.any():
        return [float(side) for side in found[inside][0]]
    tall, middle = (y1 - y0) * HEAD_SHARE, (x0 + x1) / 2
    return [middle - tall * HEAD_ASPECT / 2, y0, middle + tall * HEAD_ASPECT / 2, y0 + tall] if whole else []


def _whole(person: list[float], bgr: NDArray[np.uint8]) -> bool:
    x0, y0, x1, y1 = person
    height, aspect = y1 - y0, (y1 - y0) / max(x1 - x0, 1e-6)
    off_edges = min(x0, y0, bgr.shape[1] - x1, bgr.shape[0] - y1) > 2
    return off_edges and height >= TALL_PX and TALL <= aspect < TALLEST


def main(argv: list[str] | None = None) -> int:
    """Write a second index beside the first."""
    parser = argparse.ArgumentParser("vision.training.relabel", description=main.__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="a first detector of ours")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args(argv)
    torch.set_num_threads(2)
    index = relabel(json.loads(told.index.read_text("utf-8")), Teacher(told.weights))
    told.out.write_text(json.dumps(index), "utf-8")
    print(f"{len(index['pictures'])} pictures, sha256 {index['sha256']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
