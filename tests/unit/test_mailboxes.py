from vision.frames import CameraId
from vision.mailboxes import Mailboxes

A, B, C = (CameraId(name) for name in "abc")


def test_a_newer_frame_replaces_an_unread_one_and_the_loss_is_counted() -> None:
    boxes = Mailboxes[str]()
    boxes.post(A, "first")
    boxes.post(A, "second")
    assert boxes.take(8, 0) == ["second"]
    assert boxes.replaced(A) == 1
    assert boxes.replaced(B) == 0


def test_the_longest_waiting_camera_is_served_first_and_no_camera_twice() -> None:
    boxes = Mailboxes[str]()
    for camera in (A, B, C):
        boxes.post(camera, camera)
    assert boxes.take(2, 0) == ["a", "b"]
    boxes.post(A, "a")
    assert boxes.take(8, 0) == ["c", "a"]


def test_closing_wakes_and_leaves_what_lies_there() -> None:
    boxes = Mailboxes[str]()
    boxes.post(A, "a")
    boxes.close()
    assert boxes.take(8, timeout_s=60) == ["a"]
    assert boxes.take(8, timeout_s=60) == []
