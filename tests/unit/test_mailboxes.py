from datetime import UTC, datetime

import numpy as np

from vision.frames import CameraId, Frame
from vision.mailboxes import Mailboxes


def frame(camera: str, pts_s: float = 0.0) -> Frame:
    return Frame(CameraId(camera), np.zeros((2, 2, 3), np.uint8), datetime(2026, 11, 24, tzinfo=UTC), pts_s)


def test_a_newer_frame_replaces_an_unread_one_and_the_loss_is_counted() -> None:
    boxes = Mailboxes()
    boxes.post(frame("a", 1))
    boxes.post(frame("a", 2))
    assert [f.pts_s for f in boxes.take(8, 0)] == [2]
    assert boxes.replaced(CameraId("a")) == 1
    assert boxes.replaced(CameraId("b")) == 0


def test_the_longest_waiting_camera_is_served_first_and_no_camera_twice() -> None:
    boxes = Mailboxes()
    for name in ("a", "b", "c"):
        boxes.post(frame(name))
    assert [f.camera for f in boxes.take(2, 0)] == ["a", "b"]
    boxes.post(frame("a"))
    assert [f.camera for f in boxes.take(8, 0)] == ["c", "a"]


def test_closing_wakes_and_leaves_what_lies_there() -> None:
    boxes = Mailboxes()
    boxes.post(frame("a"))
    boxes.close()
    assert len(boxes.take(8, timeout_s=60)) == 1
    assert boxes.take(8, timeout_s=60) == []
