"""How checks and their reasons read in Chinese and in English: texts as data, every one of them there."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from api.photos.checks import Verdict

TEXTS = Path(__file__).with_name("texts.toml")
Words = Mapping[str, Mapping[str, Mapping[str, str]]]


@cache
def load_words() -> Words:
    """Return check → reason (or `name`) → language → text."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def verdict_body(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON, ready to be shown."""
    words = load_words()[verdict.check]
    return {
        "check": verdict.check,
        "name": words["name"],
        "result": verdict.result,
        "reason": verdict.reason,
        "says": words[verdict.reason],
        "figures": dict(verdict.figures),
        "refuses": verdict.refuses,
    }
