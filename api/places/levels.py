"""The levels of the region tree, from the country's parts down to the station whose officers walk the street."""

from typing import Literal, get_args

Level = Literal["province", "city", "district", "station"]
LEVELS: tuple[Level, ...] = get_args(Level)


def fault(level: str, parent: str) -> str:
    """Return which levels are allowed below a parent; empty when this one is. An empty level says nothing."""
    if level and parent in LEVELS and LEVELS.index(level) <= LEVELS.index(parent):
        below = LEVELS[LEVELS.index(parent) + 1 :]
        return f"a level below {parent}: {', '.join(below) or 'none'}"
    return ""
