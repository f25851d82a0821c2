"""Heads and persons are cut out of the labelled sets, with what their wearers' labels say in our states."""

import argparse
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vision.training.entries import Box, Picture
from vision.training.face_teacher import FaceTeacher
from vision.training.labels import TEACHABLE, region_of, states_of
from vision.training.patch import Patch, cut_patch
from vision.training.sources import Source, pictures, read_sources


def patches(sources: list[Source], root: Path, teacher: FaceTeacher, region: str) -> Iterator[Patch]:
    """Yield every labelled head or person of all sets."""
    for source in sources:
        for picture in pictures(source, root):
            wanted = [box for box in picture.boxes if (box.label == "person") == (region == "person")]
            wanted = [box for box in wanted if box.attributes or (source.name in TEACHABLE and box.label == "head")]
            if wanted:
                yield from _of_picture(source, picture, wanted, teacher)


def _of_picture(source: Source, picture: Picture, boxes: list[Box], teacher: FaceTeacher) -> Iterator[Patch]:
    bgr = np.asarray(cv2.imread(str(picture.path)), np.uint8)
    for box in boxes:
        patch = cut_patch(bgr, region_of(source, picture, box), (source.name, picture.split), states_of(box))
        patch = _with_face(patch, box, region_of(source, picture, box))
        if source.name in TEACHABLE and (seen := teacher.mask_of(patch.bgr)):
            patch.states["mask"] = seen
        if patch.states:
            yield patch


def _with_face(patch: Patch, box: Box, grown: tuple[float, ...]) -> Patch:
    """Note where the labelled face lies in a patch that was cut around the head grown from it."""
    if box.label != "face":
        return patch
    scale = (patch.xyxy[2] - patch.xyxy[0]) / max(grown[2] - grown[0], 1e-6)
    inside = [patch.xyxy[i % 2] + (side - grown[i % 2]) * scale for i, side in enumerate(box.xyxy)]
    return replace(patch, face=tuple(inside))


def write_patches(manifests: Path, root: Path, teacher: Path, region: str, out: Path) -> int:
    """Cut all patches of a region into a file and return how many they are."""
    found = list(patches(read_sources(manifests), root, FaceTeacher(teacher), region))
    out.write_bytes(pickle.dumps(found))
    return len(found)


def main(argv: list[str] | None = None) -> int:
    """Cut all patches of one region and keep them outside the repository."""
    parser = argparse.ArgumentParser("vision.training.heads", description=main.__doc__)
    parser.add_argument("--manifests", type=Path, default=Path("datasets"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--teacher", type=Path, required=True, help="the AIZOO face detector (.tflite)")
    parser.add_argument("--region", choices=("head", "person"), default="head")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args(argv)
    print(f"{write_patches(told.manifests, told.data, told.teacher, told.region, told.out)} patches")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
