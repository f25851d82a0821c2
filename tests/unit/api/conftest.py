"""One peopled API for each test that asks for it; no sockets are needed for it."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.unit.api.world import World, again, found
from vision.demo.filming import Filming
from vision.demo.script import SCENES, Body, Clothes, Person, Script, Step
from vision.frames import Image

_numbers_only = partial(socket.getaddrinfo, flags=socket.AI_NUMERICHOST)
"""Reads every way to write an address, asks nobody, and knows no name."""


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(founded: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(socket, "getaddrinfo", _numbers_only)
    world = again(founded, tmp_path)
    yield world
    world.database.close()


@pytest.fixture(scope="session")
def portraits() -> tuple[Image, ...]:
    """Give portraits of one cook, each from another stand."""
    script = Script.load(SCENES / "hot-kitchen.toml")
    dress = Clothes(hat="toque", mask="worn", clothing="jacket")
    step = Step(at_s=0, do="idle", face_deg=150)
    cook = Person(id="cook", body=Body(height_m=1.72, seed=31), dress=dress, from_m=(2.6, 2.9), steps=(step,))
    stands = ((3.4, 1.6, 1.5), (3.0, 1.5, 1.4))
    return tuple(_seen(script, cook, stand) for stand in stands)


def _seen(script: Script, cook: Person, stand: tuple[float, float, float]) -> Image:
    lens = script.lens.model_copy(update={"at_m": stand, "look_at_m": (2.6, 2.9, 1.35), "focal": 0.9})
    alone = script.model_copy(update={"lens": lens, "persons": (cook,), "fumes": (), "mishaps": ()})
    picture: Image = next(Filming(alone, (480, 640)).takes()).picture
    return picture
