"""`mingchu model list`: which models are here, what they find and whose terms they carry."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.detectors.manifest import ModelManifest, find_models

model_app = typer.Typer(no_args_is_help=True, help="Models: list, and (extra `train`) train and evaluate.")


@model_app.callback()
def _group() -> None:
    """Keep `list` a sub-command although it is the only one."""


@model_app.command("list")
def list_models(
    models: Annotated[Path | None, typer.Option(help="Folder of model folders; default: the shipped ones.")] = None,
) -> None:
    """Show every model that can be used here, its hash checked."""
    table = Table("name", "version", "task", "head", "finds", "licence", "sha256")
    for manifest in find_models(models):
        table.add_row(*_row(manifest))
    Console().print(table)


def _row(manifest: ModelManifest) -> tuple[str, ...]:
    finds = ", ".join(manifest.classes) or ", ".join(manifest.outputs)
    return (
        manifest.name, manifest.version, manifest.task, manifest.head, finds, manifest.licence, manifest.sha256[:12]
    )  # fmt: skip
