"""One command turns the labelled sets into an index that trainings read: pictures, boxes, silences, a hash."""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vision.errors import ConfigError
from vision.training.entries import Picture
from vision.training.labels import truth
from vision.training.sources import Source, pictures, read_sources
from vision.training.teacher import Teacher
from vision.training.twins import print_of, refuse_twins

BY_EYE_TIMES = 3.0
"""Heads that we boxed ourselves are those that detectors overlook: their pictures are drawn this much more often."""


def build(manifests: Path, root: Path, weights: Path, out: Path) -> dict[str, Any]:
    """Write ``out`` (JSON) from every manifest and return what it holds."""
    told = [(source, picture) for source in read_sources(manifests) for picture in pictures(source, root)]
    refuse_twins([print_of(decoded(picture), picture.where, picture.split) for _, picture in told])
    teacher = Teacher(weights)
    entries = [_entry(source, picture, teacher) for source, picture in told]
    body = json.dumps(entries)
    index = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "pictures": entries}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(index), "utf-8")
    return index


def _has_own_heads(source: Source, picture: Picture) -> bool:
    boxes = source.by_eye.get("/".join(picture.path.parts[-2:]), ())
    return any(box.label == "head" for box in boxes)


def decoded(picture: Picture) -> NDArray[np.uint8]:
    """Return the (h, w, 3) BGR picture, or raise ConfigError where it is none of the size that its labels tell."""
    bgr = cv2.imread(str(picture.path))
    if bgr is None or bgr.shape[:2] != picture.hw:
        told = None if bgr is None else bgr.shape[:2]
        raise ConfigError(f"{picture.where}: {picture.path.name}", told, f"a picture of (h, w) {picture.hw}")
    return np.asarray(bgr, np.uint8)


def _entry(source: Source, picture: Picture, teacher: Teacher) -> dict[str, Any]:
    bgr = decoded(picture)
    told = truth(source, picture, teacher(bgr))
    return {
        "path": str(picture.path),
        "set": source.name,
        "split": picture.split,
        "share": source.share * (BY_EYE_TIMES if _has_own_heads(source, picture) else 1.0),
        **asdict(told),
    }


def main(argv: list[str] | None = None) -> int:
    """Build the index and print how many pictures each set gives."""
    parser = argparse.ArgumentParser("vision.training.build", description=main.__doc__)
    parser.add_argument("--manifests", type=Path, default=Path("datasets"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--teacher", type=Path, required=True, help="COCO YOLO11n checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args(argv)
    torch.set_num_threads(2)
    index = build(told.manifests, told.data, told.teacher, told.out)
    print(f"{len(index['pictures'])} pictures, sha256 {index['sha256']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
