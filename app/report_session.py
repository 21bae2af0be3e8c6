"""What a session keeps of reports until all is closed; the keys are those of `app.state`."""

from app import state


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
