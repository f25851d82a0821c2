"""JSON pointers: the examples of RFC 6901, and what leads nowhere."""

from typing import Any

import pytest

from api.boxes.pointers import found
from vision.errors import InvalidInputError

RFC: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_standard(pointer: str, value: Any) -> None:
    assert found(RFC, pointer) == value


@pytest.mark.parametrize("pointer", ["/none", "/foo/2", "/foo/00", "/foo/-1", "/foo/x", "/foo/0/0", "/foo/-", "/foo/٠"])
def test_what_leads_nowhere_says_so(pointer: str) -> None:
    with pytest.raises(InvalidInputError, match="leads somewhere"):
        found(RFC, pointer)
    assert found(RFC, pointer, None) is None
