"""One peopled API for each test that asks for it; no sockets are needed for it."""

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.unit.api.world import World, again, found

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
