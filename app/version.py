"""Name and version of this program, as reports and the bill of materials state them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["software"]

_PROJECT: Final = Path(__file__).resolve().parents[1] / "pyproject.toml"


@cache
def software() -> str:
    """Name and version, with a space between."""
    project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
    return f"{project['name'].capitalize()} {project['version']}"
