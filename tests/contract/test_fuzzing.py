"""Our own OpenAPI document against our own server, on each kind of database: a short walk through its operations.

The long ones, with all phases, are commands: `python -m tests.servers.fuzzing --max-examples 20 [--postgres]`.
"""

from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.servers.fuzzing import FREE, founded, fuzz
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.slow
SHORT = ("--phases=examples,fuzzing", "--max-examples=1", "--seed=1", "--generation-deterministic", "--no-shrink")
BOUND = "--max-time=12"
"""Seconds; on a slow machine it gets less far, and nothing else."""


def walked(folder: Path, environment: dict[str, str], caller: str) -> None:
    """Let one caller walk; no answer may leave the document, and the server's log must know no fault."""
    stack = Stack(folder, FREE | environment)
    try:
        headers = dict(zip(("admin", "program"), founded(stack), strict=True))
        found = fuzz(stack, caller, headers[caller], *SHORT, BOUND)
        report = (folder / f"{caller}.txt").read_text()
        assert found == 0, report[-8000:]
        assert "Examples" in report
        assert "Traceback" not in stack.log("serve")
    finally:
        stack.close()


def test_no_answer_to_an_administrator_leaves_the_document(tmp_path: Path) -> None:
    walked(tmp_path, {}, "admin")


@pytest.mark.server("postgresql")
def test_no_answer_to_a_program_leaves_the_document(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.new_url()
    walked(tmp_path, {"MINGCHU_DATABASE_URL": url}, "program")
    postgres.drop(url)
