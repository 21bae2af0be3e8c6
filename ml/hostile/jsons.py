"""JSON with other values in it, still JSON."""

import json
from copy import deepcopy
from random import Random
from typing import Any, Final

from ml.hostile.damage import NUMBERS, REALS

__all__ = ["VALUES", "changed"]

VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, "", "x", "<script>", "1", "nan", [], {}, [[]], {"": None}, "\ud800"),
    *(*NUMBERS, *REALS, 10**40, -1, 1.5, "9" * 5000),
)
"""Values at which what reads JSON goes wrong."""
_DEEPER: Final = 0.75
"""How often a change is made within a value that has parts, and not to the whole of it."""


def changed(data: bytes, chance: Random) -> bytes:
    """A text with one to three values that are others, gone or there twice.

    Args:
        data: JSON.
        chance: the same state gives the same changes.
    """
    whole = {"": json.loads(data)}
    for _ in range(chance.randint(1, 3)):
        _change(whole, chance)
        whole.setdefault("", None)
    return json.dumps(whole[""]).encode()


def _change(holder: Any, chance: Random) -> None:
    """Change one value somewhere in a mapping that is not empty."""
    while True:
        name = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        held = holder[name]
        if not (isinstance(held, dict | list) and held) or chance.random() > _DEEPER:
            break
        holder = held
    way = chance.random()
    if way < 0.15:
        del holder[name]
    elif way < 0.3 and isinstance(holder, list):
        holder.insert(name, deepcopy(held))
    else:  # a copy: a later change must not reach into `VALUES`
        holder[name] = deepcopy(chance.choice((*VALUES, [held, held], {"1": held})))
