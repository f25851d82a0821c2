"""How much evidence is enough: false alarms and detections as `open_at` rises, and the least that keeps a budget.

Every validation head whose state is known stands for a person who is looked at every two seconds for a minute. Each
look is the same head, its box shifted and its picture spoilt anew as cameras do, so looks are as alike as those of one
person; what stays wrong with a head in all looks is not averaged away. The rule's own leaky sum decides.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vision.catalogue import Thresholds
from vision.detectors.manifest import ModelManifest
from vision.detectors.reading import columns_of, read
from vision.detectors.session import OnnxSession
from vision.measuring.held_out import HeldOut
from vision.measuring.wearing import LEAST_PX, boxes_of, tensor_of
from vision.rules.hysteresis import Hysteresis
from vision.training.degrade import degraded, recoloured

LOOKS, EVERY_S = 30, 2.0
VARIANTS: Final = 6
"""Spoilt versions of each head; a person's looks are drawn from them."""
SHIFT = 0.06
"""Most by which a side of the box moves, as a share of the box."""
OPEN_AT: Final = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
SEED = 20261124

Nats = NDArray[np.float32]
"""(VARIANTS,) log-odds of one head's looks; NaN where unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """One head and what each spoilt look at it says."""

    state: str
    nats: Nats


def witnesses(manifest: ModelManifest, held: Sequence[HeldOut], item: str) -> list[Witness]:
    """Return the looks at every head of at least LEAST_PX whose state of `item` is worn or missing."""
    session, dice = OnnxSession(manifest, 0), random.Random(SEED)  # noqa: S311  # spoils pictures
    column = columns_of(item, manifest.outputs[item])[0]
    found = []
    for one in held:
        for box, states in boxes_of(one, manifest.input.crop, (item,)):
            if min(box[2] - box[0], box[3] - box[1]) >= LEAST_PX and states[item] in {"worn", "missing"}:
                tensor = np.concatenate([_look(one, box, manifest, dice) for _ in range(VARIANTS)])
                logits = session.run(tensor, (item,))[0]
                found.append(Witness(states[item], read(logits, column).log_odds[:, 0]))
    return found


def curve(told: Sequence[Witness], thresholds: Thresholds) -> list[dict[str, float]]:
    """Return for each `open_at` the share of worn heads that open (false alarms) and of missing ones (detections)."""
    rows = []
    for least in OPEN_AT:
        tried = replace(thresholds, open_at=least)
        shares = {state: _opened([one for one in told if one.state == state], tried) for state in ("worn", "missing")}
        rows.append({"open_at": least, "false_alarms": shares["worn"], "detections": shares["missing"]})
    return rows


def within(rows: Sequence[dict[str, float]], budget: float) -> float | None:
    """Return the least `open_at` whose false alarms keep the budget; None where none does."""
    return next((row["open_at"] for row in rows if row["false_alarms"] <= budget), None)


def told_of(manifest: ModelManifest, held: Sequence[HeldOut], item: str, thresholds: Thresholds) -> dict[str, Any]:
    """Return the curve of an item, with how many heads it rests on."""
    told = witnesses(manifest, held, item)
    counts = {state: sum(one.state == state for one in told) for state in ("worn", "missing")}
    return {"heads": counts, "curve": curve(told, thresholds)}


def _look(one: HeldOut, box: NDArray[np.float64], manifest: ModelManifest, dice: random.Random) -> NDArray[np.float32]:
    sides = np.tile(box[2:] - box[:2], 2)
    shifted = box + sides * [dice.uniform(-SHIFT, SHIFT) for _ in range(4)]
    low = np.maximum(shifted[:2] - sides[:2], 0).astype(int)
    high = np.ceil(shifted[2:] + sides[2:]).astype(int)
    part = one.image()[low[1] : high[1], low[0] : high[0]]
    spoilt = degraded(recoloured(part, dice), dice, strength=0.4)
    return tensor_of(spoilt, (shifted - np.tile(low, 2))[None].astype(np.float32), manifest.input)


def _opened(told: Sequence[Witness], thresholds: Thresholds) -> float:
    dice = np.random.default_rng(SEED)
    opened = [_opens(dice.choice(one.nats, LOOKS), thresholds) for one in told]
    return round(float(np.mean(opened)), 4) if opened else float("nan")


def _opens(nats: Nats, thresholds: Thresholds) -> bool:
    sum_, began = Hysteresis(thresholds), datetime(2026, 1, 1, tzinfo=UTC)
    ticks = (began + timedelta(seconds=EVERY_S * i) for i in range(len(nats)))
    return any(sum_.add(float(value), at) == "opened" for value, at in zip(nats, ticks, strict=True))
