import importlib

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("ultralytics", reason="the extra `train` is not installed")


def test_a_coarse_anchor_learns_only_where_all_its_cells_do() -> None:
    per_anchor = importlib.import_module("vision.training.masked_loss").per_anchor

    learnt = torch.ones(1, 1, 4, 4, dtype=torch.uint8)
    learnt[0, 0, 0, 0] = 0
    rows = per_anchor(learnt, 3)[0, :, 0]
    assert rows.shape == (16 + 4 + 1,)
    assert rows[0] == 0
    assert rows[16] == 0
    assert rows[17:20].all()
    assert rows[20] == 0
