import cv2
import numpy as np
from numpy.typing import NDArray

from tests.films import CAMERA, HEIGHT, START_AT, WIDTH
from tests.unit.recording.scenes import frame, scene
from vision.frames import Frame
from vision.picture import Pixels
from vision.recording.shown import LONGEST_SIDE_PX, MOST_BYTES, shown
from vision.recording.snapshot import private_areas


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_no_head_can_be_told() -> None:
    rows, columns = np.indices((HEIGHT, WIDTH)) // 4
    image = np.repeat((((rows + columns) % 2) * 200 + 20)[:, :, None], 3, axis=2).astype(np.uint8)
    left = decoded(shown(Frame(CAMERA, Pixels(image), START_AT, 0.0), scene(0)).jpeg)
    lost = np.abs(left.astype(float) - image).mean(axis=2)
    hidden = np.zeros((HEIGHT, WIDTH), bool)
    for x0, y0, x1, y1 in private_areas(scene(0)).astype(int):
        hidden[y0:y1, x0:x1] = True
    assert lost[hidden].mean() > 3 * lost[~hidden].mean()


def test_a_picture_is_small() -> None:
    noise = np.random.default_rng(5).integers(0, 255, (1080, 1920, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), np.uint8)
    picture = shown(Frame(CAMERA, Pixels(image), START_AT, 0.0), scene(0))
    assert decoded(picture.jpeg).shape == (360, LONGEST_SIDE_PX, 3)
    assert len(picture.jpeg) <= MOST_BYTES


def test_boxes_are_shares_of_the_picture() -> None:
    picture = shown(frame(1), scene(1))
    assert len(picture.boxes) == 2
    assert all(0 <= side <= 1 for box in picture.boxes for side in box)
