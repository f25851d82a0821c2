from pathlib import Path

import numpy as np
import pytest

from vision.errors import ConfigError
from vision.training.entries import Box, Picture
from vision.training.labels import Found, head_of, truth
from vision.training.sources import Source, read_sources
from vision.training.vocabulary import CLASS_INDEX

DATASETS = Path(__file__).parents[3] / "datasets"
PERSON, HEAD, CAT = (CLASS_INDEX[name] for name in ("person", "head", "cat"))


def source(**told: object) -> Source:
    values: dict[str, object] = {"name": "s", "folder": "s", "licence": "l", "origin": "o", "labels": {}}
    values["knowledge"] = {}
    return Source(**{**values, **told})  # type: ignore[arg-type]


def picture(*boxes: Box) -> Picture:
    return Picture(Path("p.jpg"), (100, 200), "train", boxes)


def seen(*rows: tuple[float, float, float, float, float, int]) -> Found:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return table[:, :4], table[:, 4], table[:, 5].astype(np.int64)


def test_a_picture_without_anything_knows_only_what_the_set_tells() -> None:
    found = truth(source(knowledge={"rat": "absent"}), picture(), seen())
    assert found.boxes == []
    assert [i for i, known in enumerate(found.known) if known] == [CLASS_INDEX["rat"]]


def test_an_unsure_teacher_is_neither_label_nor_background() -> None:
    taught = seen((0, 0, 10, 20, 0.9, 0), (50, 0, 60, 20, 0.2, 0))
    found = truth(source(teacher=("person",), knowledge={"person": "absent"}), picture(), taught)
    assert found.boxes == [(PERSON, 0, 0, 10, 20)]
    assert (PERSON, 50, 0, 60, 20) in found.ignored


def test_a_rat_set_does_not_believe_in_cats() -> None:
    found = truth(source(knowledge={"cat": "absent"}), picture(), seen((0, 0, 10, 10, 0.9, 15)))
    assert found.boxes == []
    assert found.ignored == []
    assert found.known[CAT] == 1


def test_heads_are_unknown_only_on_persons_without_a_head() -> None:
    told = source(labels={"head": "head"}, knowledge={"head": "in_persons"}, teacher=("person",))
    taught = seen((0, 0, 20, 80, 0.9, 0), (100, 0, 120, 80, 0.9, 0))
    found = truth(told, picture(Box("head", (5, 0, 15, 12))), taught)
    assert [row for row in found.ignored if row[0] == HEAD] == [(HEAD, 100, 0, 120, 80)]


def test_a_face_grows_to_a_head_inside_the_picture() -> None:
    assert head_of((50, 20, 70, 40), (0.1, 0.5, 0.1, 0.0), (100, 200)) == pytest.approx((48, 10, 72, 40))
    assert head_of((0, 0, 10, 10), (0.5, 0.5, 0.5, 0.5), (100, 200))[:2] == (0, 0)


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ConfigError, match="unicorn"):
        source(labels={"horse": "unicorn"})


@pytest.mark.parametrize("folder", [DATASETS, DATASETS / "rendered"])
def test_every_shipped_manifest_reads_and_names_its_licence(folder: Path) -> None:
    found = read_sources(folder)
    assert found
    assert all(one.licence and one.origin and one.share > 0 for one in found)
