"""JSON pointers (RFC 6901): where in a document something stands."""

from typing import Any

from vision.errors import InvalidInputError

_ABSENT = object()


def found(document: Any, pointer: str, default: Any = _ABSENT) -> Any:
    """Return what a pointer leads to.

    Raises:
        InvalidInputError: it leads nowhere, and there is no default.
    """
    value = document
    for token in pointer.split("/")[1:]:
        value = _step(value, token.replace("~1", "/").replace("~0", "~"))
        if value is _ABSENT:
            break
    if value is not _ABSENT:
        return value
    if default is _ABSENT:
        raise InvalidInputError(pointer, "nothing", "a document in which this JSON pointer leads somewhere")
    return default


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value.get(token, _ABSENT)
    if isinstance(value, list) and token.isascii() and token.isdecimal() and str(int(token[:9])) == token:
        index = int(token)
        return value[index] if index < len(value) else _ABSENT
    return _ABSENT
