"""The option `--deploy` of every command that judges a board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Deploy = Annotated[
    Path | None, typer.Option("--deploy", help="Whose roles: deploys/llm.py if left out.")
]
