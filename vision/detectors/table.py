"""One TOML table while it is read: each key is asked for once, and what nobody asks for is a mistake."""

from collections.abc import Mapping

from vision.errors import ModelError


class _Missing:
    """What a key that is not there reads as; no check takes it for a value."""

    def __repr__(self) -> str:
        return "(missing)"


MISSING = _Missing()


class Table:
    """A cursor over one table of a manifest; every complaint is a ModelError with the full path of its key."""

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self._where = where
        self._left = dict(values)

    def path(self, key: str) -> str:
        """Return the full path of a key, as messages name it."""
        return f"{self._where}.{key}" if ": " in self._where else f"{self._where}: {key}"

    def text(self, key: str, *, allowed: tuple[str, ...] = (), default: str | None = None) -> str:
        """Take a non-empty string, one of `allowed` if there are any."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip() or (allowed and value not in allowed):
            raise ModelError(self.path(key), value, " | ".join(allowed) or "a text")
        return value

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Take a number in low..high."""
        return self._checked(key, self._take(key, default), low, high)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Take a whole number in low..high."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ModelError(self.path(key), value, f"a whole number in {low}..{high}")
        return value

    def triple(
        self, key: str, low: float, high: float, default: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """Take three numbers, one per colour, each in low..high."""
        value = self._take(key, list(default))
        if not isinstance(value, list) or len(value) != 3:
            raise ModelError(self.path(key), value, "three numbers, one per colour")
        first, second, third = (self._checked(f"{key}[{i}]", number, low, high) for i, number in enumerate(value))
        return first, second, third

    def texts(self, key: str, *, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Take at least two different strings out of `allowed`."""
        value = self._take(key, None)
        known = [each for each in value if each in allowed] if isinstance(value, list) else []
        if value != known or len(known) < 2 or len(set(known)) < len(known):
            raise ModelError(self.path(key), value, f"two or more different ones of {' | '.join(allowed)}")
        return tuple(known)

    def table(self, key: str, *, required: bool = True) -> "Table":
        """Take a table; an absent optional one reads as empty."""
        value = self._take(key, None if required else {})
        if not isinstance(value, dict):
            raise ModelError(self.path(key), value, "a table")
        return Table(self.path(key), value)

    def keys(self) -> tuple[str, ...]:
        """Return the keys that nobody has taken yet."""
        return tuple(self._left)

    def close(self, *, known: str) -> None:
        """Refuse whatever is left; `known` tells what would have been understood."""
        for key, value in self._left.items():
            raise ModelError(self.path(key), value, f"no such key; known are {known}")

    def _take(self, key: str, default: object) -> object:
        return self._left.pop(key, MISSING if default is None else default)

    def _checked(self, key: str, value: object, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ModelError(self.path(key), value, f"a number in {low:g}..{high:g}")
        return float(value)
