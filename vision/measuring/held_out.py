"""The held-out pictures with what their sets tell of them, and whether an earlier training saw a near-twin."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.errors import ConfigError
from vision.frames import Image
from vision.training.entries import Picture
from vision.training.sources import Source, pictures, read_sources


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One picture to measure on."""

    source: Source
    picture: Picture
    twin: bool
    """An earlier round of training saw a near-copy of it (datasets/*.left_out)."""

    def image(self) -> Image:
        """Return the (h, w, 3) BGR picture."""
        bgr = cv2.imread(str(self.picture.path))
        if bgr is None:
            raise ConfigError(f"{self.picture.where}: file", self.picture.path.name, "a picture that decodes")
        return np.asarray(bgr, np.uint8)


def held_out(manifests: Path, root: Path, split: str) -> list[HeldOut]:
    """Return one split of all sets under the data folder `root`."""
    if not root.is_dir():
        raise ConfigError("data", str(root), "the folder with the labelled sets")
    twins = set(_twins(manifests, split))
    return [
        HeldOut(source, picture, f"{source.name}/{picture.path.relative_to(root / source.folder)}" in twins)
        for source in read_sources(manifests)
        for picture in pictures(source, root)
        if picture.split == split
    ]


def _twins(manifests: Path, split: str) -> Iterator[str]:
    for path in sorted(manifests.glob("*.left_out")):
        for line in path.read_text("utf-8").splitlines():
            words = line.split()
            if len(words) == 4 and words[2] == split:
                yield words[1]
