import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
from vision.training.patch import Patch  # noqa: E402  # after the skip
from vision.training.wear_feed import PAD, SIZES_HW, TAUGHT, WearFeed, _edged, shares, warped  # noqa: E402  # after the skip


def patch(split: str = "train", **states: str) -> Patch:
    bgr = np.random.default_rng(1).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    return Patch(bgr, (30.0, 30.0, 90.0, 90.0), states, "drawn", split)


def test_the_same_seed_and_step_give_the_same_batch() -> None:
    patches = [patch(hat="worn"), patch(hat="missing", mask="missing")]
    feeds = [WearFeed(patches, "head", batch=4, seed=3) for _ in range(2)]
    first = [next(iter(feed)) for feed in feeds]
    assert torch.equal(first[0][0], first[1][0])
    later = iter(feeds[0])
    next(later)
    feeds[1].first = 1
    assert torch.equal(next(later)[0], next(iter(feeds[1]))[0])


@pytest.mark.parametrize("region", ["head", "person"])
def test_crops_have_the_size_of_the_input(region: str) -> None:
    crop = warped(patch().bgr, np.array(patch().xyxy, np.float32), region, random.Random(1))  # noqa: S311
    assert crop.shape == (*SIZES_HW[region], 3)
    states = {"uniform": "worn"} if region == "person" else {"hat": "worn"}
    images, target = next(iter(WearFeed([patch(**states)], region, batch=2, seed=1)))
    assert tuple(images.shape) == (2, 3, *SIZES_HW[region])
    assert tuple(target.shape) == (2, len(TAUGHT[region]))


def test_rare_states_are_drawn_oftener_than_their_number_and_improper_masks_most() -> None:
    patches = [patch(mask="worn")] * 9 + [patch(mask="missing")] + [patch(mask="improper")]
    drawn = shares(patches)
    assert drawn[9] > drawn[0]
    assert drawn[9] < sum(drawn[:9])
    assert drawn[10] > drawn[9]


def test_a_picture_may_end_at_the_head_but_not_in_it() -> None:
    whole = patch(hat="missing")
    for seed in range(20):
        cut = _edged(whole, random.Random(seed))  # noqa: S311  # draws pictures
        x0, y0, x1, y1 = (int(side) for side in whole.xyxy)
        slack = int(0.05 * (y1 - y0)) + 1
        inside = (slice(y0 + slack, y1), slice(x0 + slack, x1 - slack))
        assert (cut.bgr[inside] == whole.bgr[inside]).all()
        assert (cut.bgr == PAD).all(axis=2).any()


def test_heads_that_we_boxed_by_eye_are_drawn_oftener() -> None:
    found = Patch(patch().bgr, (30.0, 30.0, 90.0, 90.0), {"hat": "missing"}, "masks", "train", ())
    faced = Patch(patch().bgr, (30.0, 30.0, 90.0, 90.0), {"hat": "missing"}, "masks", "train", (35.0, 40.0, 85.0, 88.0))
    first, second = shares([found, faced])
    assert first > second
