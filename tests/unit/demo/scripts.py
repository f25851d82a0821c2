"""A small scene for tests: one person in a bare room for a few seconds."""

from typing import Any

RAW: dict[str, Any] = {
    "name": "test-room",
    "zh": "试验间",
    "en": "Test room",
    "seconds": 20,
    "zones": [{"name": "main", "type": "special_room"}],
    "room": {"size_m": [4.0, 4.0, 2.9], "pieces": [{"kind": "counter", "at_m": [0.7, 3.2], "size_m": [2.0, 0.6]}]},
    "lens": {"at_m": [0.3, 0.3, 2.2], "look_at_m": [2.2, 2.5, 1.0], "focal": 0.7},
    "persons": [
        {
            "id": "lin",
            "dress": {"hat": "none", "mask": "worn", "clothing": "jacket"},
            "from_m": [2.2, 2.4],
            "steps": [
                {"at_s": 2, "do": "idle", "face_deg": 225},
                {"at_s": 8, "wear": {"hat": "toque"}},
                {"at_s": 12, "walk_m": [[2.6, 2.8]], "do": "chop", "face_deg": 0},
                {"at_s": 16, "walk_m": [[2.8, 3.0]], "leave": True},
            ],
        }
    ],
}


def raw(**changes: object) -> dict[str, Any]:
    """Return the scene as TOML gives it, with some keys changed."""
    return {**RAW, **changes}


def step(**changes: object) -> dict[str, Any]:
    """Return the scene with one step of its person changed or added."""
    person = {**RAW["persons"][0], "steps": [{"at_s": 2, "do": "idle", **changes}]}
    return raw(persons=[person])
