"""What a session keeps of reports until all is closed; the keys are those of `app.state`."""

from app import state
from app.reports.draft import Draft


def key(content_hash: str, part: str) -> str:
    """Widget key of the report on one scan; `part`: a section, or an AI sentence's digest."""
    return f"{state.REPORT}{part}.{content_hash}"


def written(content_hash: str, part: str) -> str:
    """What the reader wrote there, "" before it was shown."""
    return state.recall(key(content_hash, part), "")


def ticked(content_hash: str, part: str) -> bool:
    """Whether an AI sentence stays, as it does before it was shown."""
    return state.recall(key(content_hash, part), True)


def start_ticked(content_hash: str, part: str) -> None:
    """Tick a box that was not shown yet; call before it is drawn."""
    state.keep(key(content_hash, part), ticked(content_hash, part))


def signed(content_hash: str) -> Draft | None:
    """The signed report on a scan, or None."""
    return _all().get(content_hash)


def keep_signed(draft: Draft) -> None:
    """Keep a signed report."""
    state.keep(state.SIGNED, _all() | {draft.content_hash: draft})


def withdraw(content_hash: str) -> None:
    """Let go of a signed report."""
    state.keep(state.SIGNED, {k: v for k, v in _all().items() if k != content_hash})


def _all() -> dict[str, Draft]:
    found: dict[str, Draft] = state.recall(state.SIGNED, {})
    return found
