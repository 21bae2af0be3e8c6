"""Words of the networks' loading."""

from app.texts import count


def loading(ready: int, networks: int) -> str:
    """How far it is, and that nobody has to wait."""
    return (
        f"The AI is starting: {ready} of {count(networks, 'networks')} ready. "
        "Scans can be opened meanwhile; their reading appears when all are there."
    )
