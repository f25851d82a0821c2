"""The recipes of docs/integrate.md, run as they are written, against a real server."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.e2e.stack import MINGCHU, ROOT, Stack

RECIPES = re.findall(
    r"^```bash\n(.*?)^```", (ROOT / "docs" / "integrate.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the recipes name: a grey picture and a minute of nothing."""
    folder = tmp_path_factory.mktemp("kitchen")
    cv2.imwrite(str(folder / "kitchen.jpg"), np.full((240, 320, 3), 120, np.uint8))
    with av.open(folder / "lunch.mp4", "w") as container:
        stream = container.add_stream("libx264", rate=2, width=160, height=96, pix_fmt="yuv420p")
        stream.options = {"x264-params": "keyint=2"}
        for _ in range(120):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((96, 160, 3), np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("data"))
    stack.serve()
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def key(stack: Stack, kitchen: Path) -> str:
    """Make the key as the page says."""
    return run(RECIPES[0], stack.env, kitchen).split()[-1]


def run(recipe: str, env: dict[str, str], folder: Path) -> str:
    path = {"PATH": f"{MINGCHU.parent}{os.pathsep}{env['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", recipe]
    done = subprocess.run(command, env=env | path, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def documents(text: str) -> list[dict[str, Any]]:
    """Return the JSON documents that follow each other in a text."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def test_every_recipe_is_tested() -> None:
    assert len(RECIPES) == 7  # the other four: test_integrate_events


def test_a_picture_in_every_form_gives_the_same_look(stack: Stack, key: str, kitchen: Path) -> None:
    looks = documents(run(RECIPES[1], stack.env | {"KEY": key, "MINGCHU": stack.url}, kitchen))
    assert len(looks) == 4
    everything = [*looks[:3], *looks[3]["looks"]]
    assert len(everything) == 5
    assert {look["image"]["sha256"] for look in everything} == {looks[0]["image"]["sha256"]}
    assert all(look["persons"] == looks[0]["persons"] for look in everything)


def test_a_film_gives_its_events_and_is_gone_afterwards(stack: Stack, key: str, kitchen: Path) -> None:
    told = documents(run(RECIPES[2], stack.env | {"KEY": key, "MINGCHU": stack.url}, kitchen))
    result = told[-1]
    assert result["state"] == "done"
    assert [event["data"]["kind"] for event in result["events"]] == ["camera_black"]
    assert list((stack.folder / "videos").iterdir()) == []
