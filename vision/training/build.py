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

from vision.training.labels import truth
from vision.training.sources import Picture, Source, pictures, read_sources
from vision.training.teacher import Teacher


def build(manifests: Path, root: Path, weights: Path, out: Path) -> dict[str, Any]:
    """Write ``out`` (JSON) from every manifest and return what it holds."""
    teacher = Teacher(weights)
    entries = [
        _entry(source, picture, teacher) for source in read_sources(manifests) for picture in pictures(source, root)
    ]
    body = json.dumps(entries)
    index = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "pictures": entries}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(index), "utf-8")
    return index


def _entry(source: Source, picture: Picture, teacher: Teacher) -> dict[str, Any]:
    bgr = np.asarray(cv2.imread(str(picture.path)), np.uint8)
    told = truth(source, picture, teacher(bgr))
    return {
        "path": str(picture.path),
        "set": source.name,
        "split": picture.split,
        "share": source.share,
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
