"""Words of the commands that back up and restore."""

from app.store.backup import PICTURES, Contents
from app.texts import plain
from app.trail_texts import seal

SERVER = (
    "The database is on a PostgreSQL server and not in this file. Copy it at the same time with "
    'its own tools: pg_dump --format=custom --file=sulcus.dump "$SULCUS_DATABASE_URL", and back '
    'with pg_restore --clean --if-exists --dbname="$SULCUS_DATABASE_URL" sulcus.dump.'
)


def packed(found: Contents) -> str:
    """What is in a backup that was made."""
    return f"Backed up: {_inside(found)}"


def restored(found: Contents) -> str:
    """What was restored."""
    return f"Restored the backup of {found.made_at}: {_inside(found)}"


def _inside(found: Contents) -> str:
    pictures = sum(name.startswith(PICTURES) for name in found.files)
    parts = [f"{plain(pictures)} kept pictures, the secret"]
    if found.schema is not None:
        parts.insert(0, f"the database (version {found.schema})")
    if found.trail is not None:
        number, digest = found.trail
        parts.append(f"an audit trail up to line {plain(number)} with the seal {seal(digest)}")
    return f"{', '.join(parts)}."
