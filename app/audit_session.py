"""What a session keeps of the audit of an uploaded set; the keys are those of `app.state`."""

from app import state
from ml.datasets.own_set import OwnSet
from ml.errors import SulcusError


def upload_key(part: str) -> str:
    """Widget key of an uploader of whole sets; `part`: "zip", "folder"; see `keep`."""
    return f"{state.AUDIT_UPLOAD}{part}.{state.recall(state.AUDIT_ROUND, 0)}"


def keep(found: OwnSet | SulcusError) -> None:
    """Keep what an audit gave, or why it gave nothing, and let go of the upload."""
    state.keep(state.AUDITED, found)
    state.keep(state.AUDIT_ROUND, state.recall(state.AUDIT_ROUND, 0) + 1)


def audited() -> OwnSet | SulcusError | None:
    """What the last audit of an uploaded set gave."""
    found: OwnSet | SulcusError | None = state.recall(state.AUDITED, None)
    return found


def forget() -> None:
    """Forget the last audit."""
    state.keep(state.AUDITED, None)
