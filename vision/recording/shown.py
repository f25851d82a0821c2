"""What the wall gets of a look: a small copy in which nobody can be told, and where persons and things are."""

import cv2
import numpy as np

from vision.errors import StorageError
from vision.frames import Frame, Image
from vision.geometry import Boxes
from vision.ports import Shown
from vision.recording.snapshot import coarsened, private_areas
from vision.scene import Scene

LONGEST_SIDE_PX = 640
QUALITY = 62
MOST_BYTES = 96 << 10
MOST_BOXES = 32


def shown(frame: Frame, scene: Scene) -> Shown:
    """Return a small copy of a look with every head made unrecognisable; StorageError where it cannot be encoded."""
    height, width = frame.hw
    share = min(1.0, LONGEST_SIDE_PX / max(height, width))
    # Blurred at full size: what is coarse there cannot become fine by shrinking.
    private = coarsened(frame.image, private_areas(scene))
    small = cv2.resize(private, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else private
    found = np.concatenate([scene.persons.seen.xyxy, scene.objects.seen.xyxy])
    return Shown(frame.at, _jpeg(np.asarray(small, np.uint8)), _shares(found, width, height))


def _jpeg(image: Image) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done or len(data) > MOST_BYTES:
        raise StorageError(f"picture for the wall: {image.shape} makes no JPEG of {MOST_BYTES} bytes at most")
    return bytes(data)


def _shares(xyxy: Boxes, width: int, height: int) -> tuple[tuple[float, float, float, float], ...]:
    scaled = np.clip(xyxy[:MOST_BOXES] / np.array([width, height, width, height]), 0, 1).round(4)
    return tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in scaled.tolist())
