import logging

import pytest
from pydantic import ValidationError

from vision.config import Assignment, CameraConfig, SourceUrl, masked

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:hunter2@10.0.0.8:554/ch1", "rtsp://***@10.0.0.8:554/ch1"),
        ("http://h/snap?user=a&password=hunter2", "http://h/snap?user=a&password=***"),
        ("http://h/getSnap?secret=hunter2&url=x", "http://h/getSnap?secret=***&url=x"),
        ("kitchen.mp4", "kitchen.mp4"),
    ],
)
def test_secrets_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_no_way_of_printing_a_camera_shows_its_password(caplog: pytest.LogCaptureFixture) -> None:
    camera = CameraConfig(id="k1", source=f"rtsp://admin:{SECRET}@10.0.0.8/ch1")
    logging.getLogger("t").warning("camera=%s %r", camera.source, camera)
    shown = [str(camera), repr(camera), f"{camera.source}", repr(camera.source), repr(camera.model_dump()), caplog.text]
    assert not [text for text in shown if SECRET in text]


def test_the_true_address_survives_the_way_to_the_worker() -> None:
    camera = CameraConfig(id="k1", source=f"rtsp://admin:{SECRET}@10.0.0.8/ch1")
    arrived = Assignment.model_validate_json(Assignment.of("w1", camera).model_dump_json()).cameras[0]
    assert isinstance(arrived.source, SourceUrl)
    assert arrived.source.reveal() == f"rtsp://admin:{SECRET}@10.0.0.8/ch1"


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", "a b"), ("id", ""), ("interval_s", 0), ("jurisdiction", "XX"), ("zones", [{"type": "x"}]), ("colour", 1)],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        CameraConfig.model_validate({"id": "k1", "source": "x.mp4", field: value})
    assert caught.value.errors()[0]["loc"][0] == field
