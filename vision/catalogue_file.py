"""How one table of a TOML file is read: every value is checked, and a wrong one is named by its full key path."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from vision.errors import ConfigError

T = TypeVar("T")
_LARGEST = 1e9
"""Nothing in a configuration file is larger, and every integer up to it is a float."""


@dataclass(frozen=True, slots=True)
class Table:
    """One TOML table and where it stands in its file; every question raises ConfigError naming the key path."""

    path: str
    """Dotted keys from the root of the file; empty for the root itself."""
    values: Mapping[str, object]

    def at(self, key: str) -> str:
        """Return the full path of a key, as error messages name it."""
        return f"{self.path}.{key}" if self.path else key

    def only(self, *keys: str) -> None:
        """Refuse keys that nobody reads: a misspelt threshold must not be silently ignored."""
        for key in self.values:
            if key not in keys:
                raise ConfigError(self.at(key), self.values[key], f"no such key; known here: {', '.join(keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there and say something."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise ConfigError(self.at(key), value, "a text that is not empty" if default is None else "a text")
        return value

    def number(self, key: str, *, above: float = -_LARGEST, least: float = -_LARGEST) -> float:
        """Return a number greater than `above` and not less than `least`; never NaN or infinite."""
        value = self.values.get(key)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and above < value <= _LARGEST
            and value >= least
        ):
            return float(value)
        raise ConfigError(self.at(key), value, _bounds(above, least))

    def hours(self, key: str) -> float | None:
        """Return a positive number of hours, or None where the key is not there."""
        return self.number(key, above=0) if key in self.values else None

    def day(self, key: str) -> date | None:
        """Return a day, or None where the key is not there."""
        value = self.values.get(key)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise ConfigError(self.at(key), value, "a date such as 2026-06-01, without quotes")
        return value

    def choice(self, key: str, options: Mapping[str, T]) -> T:
        """Return what the text at `key` stands for."""
        return chosen(self.at(key), self.values.get(key), options)

    def choices(self, key: str, options: Mapping[str, T]) -> tuple[T, ...]:
        """Return what each text of a list stands for; () where the key is not there."""
        return tuple(chosen(f"{self.at(key)}[{i}]", name, options) for i, name in enumerate(self.names(key)))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of different texts; () where the key is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
            raise ConfigError(self.at(key), value, "a list of texts")
        if len(set(value)) < len(value):
            raise ConfigError(self.at(key), value, "each name once")
        return tuple(value)

    def table(self, key: str) -> "Table":
        """Return the table at `key`."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise ConfigError(self.at(key), value, "a table")
        return Table(self.at(key), value)

    def children(self, key: str) -> "dict[str, Table]":
        """Return the tables under `key`, by name."""
        parent = self.table(key)
        return {name: parent.table(name) for name in parent.values}

    def rows(self, key: str) -> "tuple[Table, ...]":
        """Return the array of tables at `key`; () where it is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ConfigError(self.at(key), value, "an array of tables")
        return tuple(Table(f"{self.at(key)}[{i}]", row) for i, row in enumerate(value))


def chosen(path: str, value: object, options: Mapping[str, T]) -> T:
    """Return the option that a value from the file names; raises ConfigError that lists them all."""
    if not isinstance(value, str) or value not in options:
        raise ConfigError(path, value, f"one of {listed(options)}")
    return options[value]


def listed(names: Collection[str]) -> str:
    """Return names for a message, in order."""
    return ", ".join(sorted(names))


def _bounds(above: float, least: float) -> str:
    if above > -_LARGEST:
        return f"a number > {above:g}"
    return f"a number >= {least:g}" if least > -_LARGEST else "a finite number"
