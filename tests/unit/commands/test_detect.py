"""`mingchu detect` with the shipped models: pictures, folders and rubbish."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import typer

from tests.pictures import encoded, noise, png_claiming
from vision.commands.detect import detect
from vision.errors import ModelError, PictureError, StorageError
from vision.picture_file import MOST_BYTES

SIDES = [(48, 64), (1, 1), (1, 3000), (3000, 1), (720, 1280)]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def looks(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert err == ""
    return [json.loads(line) for line in out.splitlines()]


def text_named_jpg(path: Path) -> None:
    path.write_text("I am not a picture.\n" * 99)


def empty(path: Path) -> None:
    path.touch()


def huge(path: Path) -> None:
    """30,000 × 30,000 px in a few kilobytes: 2.7 GB once decoded."""
    path.write_bytes(png_claiming(30_000, 30_000, bytes(9_000_000)))


def too_many_bytes(path: Path) -> None:
    path.touch()
    os.truncate(path, MOST_BYTES + 1)


def cut_off(path: Path) -> None:
    content = encoded(".jpg", noise((400, 600)))
    path.write_bytes(content[: len(content) // 2])


def nobody_writes(path: Path) -> None:
    """A named pipe: who reads it waits for ever."""
    os.mkfifo(path)


def missing(path: Path) -> None:
    """Write nothing."""


RUBBISH = [text_named_jpg, empty, huge, too_many_bytes, cut_off, nobody_writes, missing]


@pytest.mark.parametrize("hw", SIDES)
def test_a_picture_of_any_shape_is_looked_at(
    hw: tuple[int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detect([put(tmp_path / "a.png", encoded(".png", noise(hw)))], json_=True)
    (look,) = looks(capsys)
    assert (look["image"]["height"], look["image"]["width"]) == hw
    assert set(look) == {"image", "model", "wear_models", "persons", "objects", "violations", "timing_ms"}


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grey_transparent_and_deep_pictures_are_looked_at(
    depth: type, channels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = np.full((40, 50, channels), 99, depth)
    detect([put(tmp_path / "a.png", encoded(".png", image))], json_=True)
    assert len(looks(capsys)) == 1


def test_a_folder_is_its_pictures_in_the_order_of_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, suffix in enumerate((".png", ".jpg", ".BMP", ".webp")):
        put(tmp_path / f"{place}{suffix}", encoded(suffix.lower(), noise((10 + place, 20))))
    put(tmp_path / "notes.txt", b"no picture")
    put(tmp_path / "below" / "9.png", encoded(".png"))
    detect([tmp_path, tmp_path / "0.png"], json_=True)
    assert [look["image"]["height"] for look in looks(capsys)] == [10, 11, 12, 13, 10]


def test_people_read_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "a.png", encoded(".png", np.zeros((90, 90, 3), np.uint8)))
    detect([path])
    assert capsys.readouterr().out == f"{path}: 0 persons, 0 objects; no violation\n"


@pytest.mark.parametrize("make", RUBBISH)
def test_rubbish_is_one_line_and_costs_the_others_nothing(
    make: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = put(tmp_path / "good.png", encoded(".png"))
    make(tmp_path / "bad.jpg")
    with pytest.raises(typer.Exit) as left:
        detect([good, tmp_path / "bad.jpg", good], json_=True)
    out, err = capsys.readouterr()
    assert left.value.exit_code == 2
    assert [json.loads(line)["image"]["height"] for line in out.splitlines()] == [48, 48]
    assert err.count("\n") == 1
    assert err.startswith(f"mingchu: {tmp_path / 'bad.jpg'}: ")
    assert len(err) < 400


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "notes.txt", b"no picture")
    with pytest.raises(PictureError, match=r"without pictures.*\.jpg"):
        detect([tmp_path])


def test_annotated_copies_never_overwrite_an_original_or_each_other(tmp_path: Path) -> None:
    originals = [put(tmp_path / name, encoded(".png", noise((60, 80)))) for name in ("a.png", "b/a.png")]
    before = [path.read_bytes() for path in originals]
    detect([*originals, originals[0]], drawn=tmp_path)
    assert [path.read_bytes() for path in originals] == before
    names = {"a.png.annotated.jpg", "a.png-2.annotated.jpg", "a.png-3.annotated.jpg"}
    assert {path.name for path in tmp_path.iterdir()} == {*names, "a.png", "b"}
    assert all(cv2.imread(str(tmp_path / name)).shape == (60, 80, 3) for name in names)


def test_a_folder_that_takes_no_copies_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.png", encoded(".png"))
    with pytest.raises(StorageError, match=r"a\.png\.annotated\.jpg: cannot be written"):
        detect([path], drawn=path)


def test_an_unknown_model_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"one of .*detector"):
        detect([put(tmp_path / "a.png", encoded(".png"))], model="nothing")
