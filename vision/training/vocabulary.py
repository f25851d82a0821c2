"""The words that the models answer in: detector classes and wear states, in the order of their outputs."""

from typing import Final

CLASSES: Final = (
    "person",
    "head",
    "phone",
    "cat",
    "dog",
    "rat",
    "cigarette",
    "flame",
    "smoke",
    "glove",
    "bare_hand",
)
CLASS_INDEX: Final = {name: i for i, name in enumerate(CLASSES)}

COCO_TWINS: Final = {"person": 0, "phone": 67, "cat": 15, "dog": 16}
"""Our class -> index of the COCO class whose knowledge it inherits."""

COCO_PARENTS: Final = {**COCO_TWINS, "head": 0, "rat": 64, "cigarette": 79, "glove": 35, "bare_hand": 0}
"""Our class -> COCO class whose weights start its last layer; classes not named start at a rare prior."""

STATES: Final = {
    "hat": ("worn", "missing", "unknown"),
    "mask": ("worn", "improper", "missing", "unknown"),
    "hat_type": ("cook", "net", "other", "none", "unknown"),
    "uniform": ("worn", "missing", "bare", "unknown"),
    "clothing": ("apron", "jacket", "other", "everyday", "bare", "unknown"),
}
"""Wear item -> its states, in the order of the logits."""

LETTERS: Final = {
    "hat": {"c": "worn", "h": "worn", "o": "worn", "n": "missing", "u": "unknown"},
    "hat_type": {"c": "cook", "h": "net", "o": "other", "n": "none", "u": "unknown"},
    "mask": {"m": "worn", "b": "improper", "n": "missing", "u": "unknown"},
    "uniform": {"a": "worn", "j": "worn", "o": "worn", "p": "missing", "b": "bare", "u": "unknown"},
    "clothing": {"a": "apron", "j": "jacket", "o": "other", "p": "everyday", "b": "bare", "u": "unknown"},
}
"""Wear item -> letter of the labelled sets -> state."""

UNIFORMS: Final = {
    "worn": ("apron", "jacket", "other"),
    "missing": ("everyday",),
    "bare": ("bare",),
    "unknown": ("unknown",),
}
"""State of the uniform -> the clothes that are learnt apart: an apron and a doctor's coat have little in common."""
