"""A kitchen of coloured blocks, and eyes that see it at once: real films for a real line, without the models' price."""

from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from vision.detections import Detections
from vision.frames import Image, Picture
from vision.picture import picture_of
from vision.ports import ModelRef, People
from vision.scene import REASONS, STATES, ItemState, Unseen, Wear

WIDTH, HEIGHT, RATE = 160, 96, 10
COLUMNS, ROWS = 4, 2
SCENE_S, SCENES = 4, 4
BARE = (40, 40, 220)
"""BGR of a cook who wears neither hat nor mask; darker than the wall, for who looks at brightness only."""
MODEL = ModelRef("blocks", "1", "0" * 64)
ITEMS = ("hat", "mask")


def picture(index: int) -> Image:
    """Return frame `index`: two bare cooks in the cells of this scene, swaying a pixel; (96, 160, 3) BGR.

    Nobody comes back to a cell before the tracker has forgotten who stood there, so every scene is two new cooks.
    """
    image = np.full((HEIGHT, WIDTH, 3), 190 + index % 3, np.uint8)
    scene = index // (SCENE_S * RATE) % SCENES
    for cell in (scene, SCENES + (scene + 2) % SCENES):
        x, y = 40 * (cell % COLUMNS) + 10 + index % 2, 48 * (cell // COLUMNS) + 6
        image[y : y + 36, x : x + 20] = BARE
    return image


def write_blocks(path: Path) -> Path:
    """Encode one round of all scenes, a key frame each second."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=RATE, width=WIDTH, height=HEIGHT)
        stream.pix_fmt = "yuv420p"
        stream.options = {"x264-params": f"scenecut=0:keyint={RATE}:min-keyint={RATE}:bframes=0"}
        for index in range(SCENE_S * SCENES * RATE):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(index), format="bgr24")))
        container.mux(stream.encode())
    return path


class BlockDetector:
    """A `ports.Detector` that finds red blocks and calls them persons with heads."""

    model = MODEL
    classes = ("person", "head")

    def detect(self, images: Sequence[Image | Picture]) -> list[Detections]:
        return [self._found(picture_of(image).image) for image in images]

    def _found(self, image: Image) -> Detections:
        red = (image[..., 2] > 150) & (image[..., 0] < 100)
        _, _, stats, _ = cv2.connectedComponentsWithStats(red.astype(np.uint8))
        boxes = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area > 200]
        heads = [(x0 + 5, y0, x1 - 5, y0 + 10) for x0, y0, x1, y1 in boxes]
        xyxy = np.array([*boxes, *heads], np.float32).reshape(-1, 4)
        class_id = np.repeat([0, 1], len(boxes)).astype(np.int64)
        return Detections(xyxy, np.full(len(xyxy), 0.9, np.float32), class_id, self.classes)


class BareHeads:
    """A `ports.WearModel` that is sure of what a red block lacks."""

    models = (MODEL,)
    items = ITEMS

    def judge(self, looks: Sequence[tuple[Image | Picture, People]]) -> list[Wear]:
        return [self._worn(people) for _, people in looks]

    def _worn(self, people: People) -> Wear:
        shape = (len(people.persons), len(ITEMS))
        return Wear(
            ITEMS,
            np.full(shape, 4.0, np.float32),
            np.full(shape, STATES.index(ItemState.MISSING), np.int8),
            np.full(shape, REASONS.index(Unseen.SEEN), np.int8),
            people.head_xyxy,
        )
