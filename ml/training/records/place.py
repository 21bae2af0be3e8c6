"""Where prepared pictures may be written: never where git would commit them."""

import os
import subprocess
from pathlib import Path

from ml.errors import DatasetError

REPOSITORY = Path(__file__).resolve().parents[3]


def claim(folder: Path) -> Path:
    """Make an empty folder for pictures of patients.

    Args:
        folder: what the user named.

    Returns:
        Its resolved path.

    Raises:
        DatasetError: it lies in a git working tree (this repository or any other) that does not
            ignore it, or something is there already.
    """
    folder = folder.expanduser().resolve()
    tree = working_tree(folder)
    if tree is not None and not ignored(folder, tree):
        raise DatasetError(
            f"{folder} lies in the repository {tree}, which does not ignore it: pictures of "
            "patients never enter a repository. Name a folder outside it, or one that git "
            "ignores, such as out/ or .cache/ here."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(
            f"{folder} is not an empty folder. Name another one, or remove it first if it holds "
            "an older or an unfinished export."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def working_tree(folder: Path) -> Path | None:
    """Root of the innermost git working tree around a resolved path, or of this project.

    This project's folder counts even without `.git`: it may become a repository again.
    """
    for parent in (folder, *folder.parents):
        if (parent / ".git").exists():
            return parent
    return REPOSITORY if folder.is_relative_to(REPOSITORY) else None


def ignored(folder: Path, tree: Path) -> bool:
    """Whether git says that whatever lies in the folder is ignored; False if it cannot say."""
    # A hook sets GIT_DIR and others; the tree that is asked about is this one.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    # A name no rule but the folder's own would match; the folder need not exist yet.
    asked = ["git", "-C", str(tree), "check-ignore", "--quiet", "--", str(folder / "picture")]
    try:
        answer = subprocess.run(
            asked, capture_output=True, check=False, timeout=60, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
