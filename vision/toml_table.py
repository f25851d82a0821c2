"""How one table of a TOML file is read: every value is checked, and a wrong one is named by its full key path."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from vision.errors import ConfigError, InvalidInputError

T = TypeVar("T")
_LARGEST = 1e9
"""Nothing in a configuration file is larger, and every integer up to it is a float."""


class _Missing:
    """What a key that is not there reads as; no check takes it for a value."""

    def __repr__(self) -> str:
        return "(missing)"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where a number must lie; never NaN or infinite."""

    above: float = -_LARGEST
    least: float = -_LARGEST
    most: float = _LARGEST

    def hold(self, value: float) -> bool:
        return self.above < value and self.least <= value <= self.most

    def __str__(self) -> str:
        if self.most < _LARGEST:
            return f"a number in {self.least:g}..{self.most:g}"
        if self.above > -_LARGEST:
            return f"a number > {self.above:g}"
        return f"a number >= {self.least:g}" if self.least > -_LARGEST else "a finite number"


@dataclass(frozen=True, slots=True)
class Table:
    """One TOML table and where it stands in its file; every question raises `error` naming the key path."""

    path: str
    """Dotted keys from the root of the file; empty for the root itself."""
    values: Mapping[str, object]
    file: str = ""
    """How messages call the file; empty where there is only one."""
    error: type[InvalidInputError] = ConfigError

    def at(self, key: str) -> str:
        """Return the full path of a key, as error messages name it."""
        return f"{self.file}: {self._dotted(key)}" if self.file else self._dotted(key)

    def refusal(self, key: str, value: object, allowed: str) -> InvalidInputError:
        """Return the error to raise for a value that its reader finds wrong."""
        return self.error(self.at(key), value, allowed)

    def only(self, *keys: str) -> None:
        """Refuse keys that nobody reads: a misspelt threshold must not be silently ignored."""
        for key in self.values:
            if key not in keys:
                raise self.refusal(key, self.values[key], f"no such key; known here: {', '.join(keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and say something."""
        value = self._get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.refusal(key, value, "a text that is not empty" if default is None else "a text")
        return value

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        above: float = -_LARGEST,
        least: float = -_LARGEST,
        most: float = _LARGEST,
    ) -> float:
        """Return a number greater than `above` and in `least`..`most`; never NaN or infinite."""
        return self._number(key, self._get(key, default), _Bounds(above, least, most))

    def integer(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number in `least`..`most`."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refusal(key, value, f"a whole number in {least}..{most}")
        return value

    def triple(
        self, key: str, default: tuple[float, float, float], *, least: float, most: float
    ) -> tuple[float, float, float]:
        """Return three numbers, one per colour, each in `least`..`most`."""
        value = self.values.get(key, list(default))
        if not isinstance(value, list) or len(value) != 3:
            raise self.refusal(key, value, "three numbers, one per colour")
        bounds = _Bounds(least=least, most=most)
        first, second, third = (self._number(f"{key}[{i}]", number, bounds) for i, number in enumerate(value))
        return first, second, third

    def hours(self, key: str) -> float | None:
        """Return a positive number of hours, or None where the key is not there."""
        return self.number(key, above=0) if key in self.values else None

    def day(self, key: str) -> date | None:
        """Return a day, or None where the key is not there."""
        value = self.values.get(key)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.refusal(key, value, "a date such as 2026-06-01, without quotes")
        return value

    def choice(self, key: str, options: Mapping[str, T]) -> T:
        """Return what the text at `key` stands for."""
        return self._chosen(key, self._get(key, None), options)

    def choices(self, key: str, options: Mapping[str, T]) -> tuple[T, ...]:
        """Return what each text of a list stands for; () where the key is not there."""
        return tuple(self._chosen(f"{key}[{i}]", name, options) for i, name in enumerate(self.names(key)))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts; () where the key is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
            raise self.refusal(key, value, "a list of texts")
        if len(set(value)) < len(value):
            raise self.refusal(key, value, "each name once")
        return tuple(value)

    def table(self, key: str, *, required: bool = True) -> "Table":
        """Return the table at `key`; an absent optional one reads as empty."""
        value = self.values.get(key, MISSING if required else {})
        if not isinstance(value, dict):
            raise self.refusal(key, value, "a table")
        return self._below(key, value)

    def children(self, key: str) -> "dict[str, Table]":
        """Return the tables under `key`, by name."""
        parent = self.table(key)
        return {name: parent.table(name) for name in parent.values}

    def rows(self, key: str) -> "tuple[Table, ...]":
        """Return the array of tables at `key`; () where it is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self.refusal(key, value, "an array of tables")
        return tuple(self._below(f"{key}[{i}]", row) for i, row in enumerate(value))

    def _dotted(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _below(self, key: str, values: Mapping[str, object]) -> "Table":
        return Table(self._dotted(key), values, self.file, self.error)

    def _get(self, key: str, default: object) -> object:
        return self.values.get(key, MISSING if default is None else default)

    def _number(self, key: str, value: object, bounds: _Bounds) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not bounds.hold(value):
            raise self.refusal(key, value, str(bounds))
        return float(value)

    def _chosen(self, key: str, value: object, options: Mapping[str, T]) -> T:
        if not isinstance(value, str) or value not in options:
            raise self.refusal(key, value, f"one of {listed(options)}")
        return options[value]


def listed(names: Collection[str]) -> str:
    """Return names for a message, in order."""
    return ", ".join(sorted(names))
