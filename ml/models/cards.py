"""Model cards as a screen shows them, and the facts of each network's training.

The cards are Markdown files of the repository, `assets/cards/NAME.md`; their figures are written
between two markers by ``make evaluate``. The facts come from `assets/weights/registry.json`.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.errors import MetricsError
from ml.models import registry
from ml.models.registry import REPOSITORY

__all__ = ["CARDS", "CHECKLIST", "REPOSITORY", "Facts", "document", "facts"]

CARDS: Final[Path] = REPOSITORY / "assets" / "cards"
CHECKLIST: Final[Path] = REPOSITORY / "docs" / "checklist.md"

_COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*)\)")


@dataclass(frozen=True)
class Facts:
    """How a network came about; None where the registry does not say.

    Attributes:
        sha256: digest of its weights.
        parameters: number of weights.
        input_size: side of its input, pixels.
        megabytes: size of the weight file, 10^6 bytes.
        minutes: of training.
        pictures: pictures of the training part.
        split_id: of the split it was trained on.
        seed: of the run.
        backend: Keras backend with its version, for example "tensorflow 2.21.0".
        stages: names of the stages of the run, in order.
        earlier: digest of the weights that the run started from.
    """

    sha256: str
    parameters: int
    input_size: int
    megabytes: float | None
    minutes: float | None
    pictures: int | None
    split_id: str | None
    seed: int | None
    backend: str | None
    stages: tuple[str, ...]
    earlier: str | None


def document(path: Path, *, root: Path = REPOSITORY) -> tuple[str, str]:
    """Title and body of a Markdown file of the repository, fit for a screen.

    Comments (the markers of the figures) are taken out, and a link becomes its text with the
    place it leads to: inside the app there is nothing to follow, and nothing is loaded from
    elsewhere.

    Raises:
        MetricsError: the file is absent or cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MetricsError(
            f"{path.name} is missing or cannot be read. Restore it with `git checkout -- "
            f"{path.relative_to(root).parent.as_posix()}`."
        ) from error
    folder = path.relative_to(root).parent.as_posix()
    body = _LINK.sub(lambda found: _place(found[1], found[2], folder), _COMMENT.sub("", text))
    first, _, rest = body.strip().partition("\n")
    return first.lstrip("# "), rest.strip()


def facts(name: str) -> Facts:
    """What the registry says of a network.

    Raises:
        WeightsError: it was never published, or its entry is damaged.
    """
    spec, entry = registry.spec(name), registry.published()[name]
    run = _mapping(entry.get("run"))
    config, libraries = _mapping(run.get("config")), _mapping(run.get("libraries"))
    backend = run.get("backend")
    size = entry.get("bytes")
    earlier = _mapping(entry.get("continued_from")) or _mapping(run.get("continued_from"))
    return Facts(
        sha256=spec.sha256,
        parameters=spec.parameters,
        input_size=spec.input_size,
        megabytes=size / 1e6 if size else None,
        minutes=entry.get("minutes"),
        pictures=_mapping(run.get("pictures")).get("train"),
        split_id=run.get("split_id"),
        seed=config.get("seed"),
        backend=f"{backend} {libraries.get(backend, '')}".strip() if backend else None,
        stages=tuple(str(stage.get("name")) for stage in config.get("stages", ())),
        earlier=earlier.get("sha256"),
    )


def _place(text: str, target: str, folder: str) -> str:
    """A link as words: its text, and where it leads when that is another thing."""
    if re.match(r"[a-z]+:", target):
        return f"{text} ({target.split('://', 1)[-1]})"
    path = posixpath.normpath(posixpath.join(folder, target))
    return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
