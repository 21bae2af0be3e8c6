"""Arrays on disk: whole or not at all."""

import pickle
from pathlib import Path

import keras
import numpy as np
import pytest

from ml.errors import TrainingError
from ml.training import checkpoint
from ml.training.checkpoint import arrays_of, assign, load_arrays, save_arrays


def test_arrays_and_facts_come_back_in_order(tmp_path: Path) -> None:
    arrays = [np.full((2, 3), i, np.float32) for i in range(12)] + [np.array(7, np.int64)]
    save_arrays(tmp_path / "deep" / "last.npz", arrays, epoch=3, score=-np.inf)
    found, facts = load_arrays(tmp_path / "deep" / "last.npz")
    assert facts == {"epoch": 3, "score": -np.inf}
    for one, other in zip(arrays, found, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_a_kill_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "last.npz"
    save_arrays(file, [np.zeros(3)], epoch=1)

    def cut_off(path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.np, "savez", cut_off)
    with pytest.raises(KeyboardInterrupt):
        save_arrays(file, [np.ones(3)], epoch=2)
    assert load_arrays(file)[1] == {"epoch": 1}


def test_copies_do_not_follow_their_variables() -> None:
    variable = keras.Variable(np.zeros(2, np.float32))
    (copy,) = arrays_of([variable])
    variable.assign(np.ones(2))
    np.testing.assert_array_equal(copy, [0.0, 0.0])


@pytest.mark.parametrize("arrays", [[np.ones(2)], [np.ones(2), np.ones((3, 1))], []])
def test_arrays_that_do_not_fit_change_nothing(arrays: list[np.ndarray]) -> None:
    variables = [keras.Variable(np.zeros(2)), keras.Variable(np.zeros((1, 3)))]
    with pytest.raises(TrainingError, match="recipe was changed"):
        assign(variables, arrays, what="weights")
    assert not any(np.asarray(variable).any() for variable in variables)


class Planted:
    """Would make a file if it were unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("form", ["archive", "pickle", "cut", "one array", "other arrays"])
def test_what_is_no_checkpoint_is_refused_and_runs_no_code(tmp_path: Path, form: str) -> None:
    file, made = tmp_path / "best.npz", tmp_path / "made"
    planted = np.array([Planted(made)], object)
    save_arrays(file, [np.zeros(3)], epoch=1)
    if form == "archive":
        np.savez(file, facts=planted, a00000=planted)
    elif form == "pickle":
        file.write_bytes(pickle.dumps(planted))
    elif form == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif form == "one array":
        with file.open("wb") as stream:
            np.save(stream, np.zeros(3))
    else:
        np.savez(file, a00000=np.zeros(3))
    with pytest.raises(TrainingError, match=r"best\.npz are damaged"):
        load_arrays(file)
    assert not made.exists()
    pickle.loads(pickle.dumps(planted))
    assert made.exists(), "the trap works"
