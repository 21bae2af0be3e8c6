"""Figures as JSON text that is the same, byte for byte, whenever the figures are."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ml.evaluation.intervals import Interval

DIGITS: Final[int] = 6


def render(content: Mapping[str, Any]) -> str:
    """JSON text: floats with six digits, NaN as null, a list of plain values on one line."""
    return _render(_plain(content), "") + "\n"


def differing(wanted: Mapping[Path, str]) -> dict[Path, str]:
    """The files among `wanted` (path → text) that are absent or hold another text."""
    return {
        path: text
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def write_texts(texts: Mapping[Path, str]) -> list[Path]:
    """Write every file (path → text) with its folder; returns the files."""
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _plain(value: Any) -> Any:
    """Only what JSON knows; an `Interval` names its undefined draws where there are any."""
    if isinstance(value, Interval):
        ends = {"value": value.value, "low": value.low, "high": value.high}
        return _plain(ends | ({"undefined_draws": value.undefined} if value.undefined else {}))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0 if math.isfinite(value) else None
    return value


def _render(value: Any, indent: str) -> str:
    deeper = indent + " "
    if isinstance(value, dict) and any(isinstance(item, dict | list) for item in value.values()):
        lines = [f"{deeper}{json.dumps(k)}: {_render(v, deeper)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        lines = [deeper + _render(item, deeper) for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
