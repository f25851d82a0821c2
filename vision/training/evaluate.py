"""One command measures a detector on a split of the index, class by class, and writes the numbers that cards quote."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vision.training.feed import read_index
from vision.training.labels import Found
from vision.training.scoring import Looks, average_precision, best_threshold, matched
from vision.training.teacher import Teacher
from vision.training.vocabulary import CLASSES

Finder = Callable[[NDArray[np.uint8], float], Found]
FLOOR = 0.01


def evaluate(entries: list[dict[str, Any]], find: Finder) -> dict[str, dict[str, float]]:
    """Return per class AP50, the threshold of the best F1 with recall and precision there, and counts."""
    scores: list[list[tuple[float, bool]]] = [[] for _ in CLASSES]
    objects = [0] * len(CLASSES)
    for entry in entries:
        found = find(np.asarray(cv2.imread(entry["path"]), np.uint8), FLOOR)
        for index in range(len(CLASSES)):
            objects[index] += _score(entry, found, index, scores[index])
    return {name: _report(scores[i], objects[i]) for i, name in enumerate(CLASSES)}


def _score(entry: dict[str, Any], found: Found, index: int, scores: list[tuple[float, bool]]) -> int:
    truth, ignored = (_boxes(entry[key], index) for key in ("boxes", "ignored"))
    boxes, confidence, classes = found
    own = classes == index
    hit, counts = matched(boxes[own], truth, ignored)
    if entry["known"][index]:
        scores += list(zip(confidence[own][counts].tolist(), hit[counts].tolist(), strict=True))
        return len(truth)
    return 0


def _boxes(rows: list[list[float]], index: int) -> NDArray[np.float32]:
    return np.array([row[1:] for row in rows if row[0] == index], np.float32).reshape(-1, 4)


def _report(scores: list[tuple[float, bool]], objects: int) -> dict[str, float]:
    looks = Looks(np.array([s for s, _ in scores], np.float64), np.array([h for _, h in scores], np.bool_), objects)
    threshold, recall, precision = best_threshold(looks)
    return {
        "ap50": round(average_precision(looks), 4),
        "objects": objects,
        "threshold": round(threshold, 3),
        "recall": round(recall, 4),
        "precision": round(precision, 4),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure a checkpoint and print or write JSON."""
    parser = argparse.ArgumentParser("vision.training.evaluate", description=main.__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--split", default="test")
    parser.add_argument("--out", type=Path)
    told = parser.parse_args(argv)
    torch.set_num_threads(2)
    finder = Teacher(told.weights)
    report = evaluate(read_index(told.index, told.split), finder)
    text = json.dumps(report, indent=1)
    print(text)
    if told.out:
        told.out.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
