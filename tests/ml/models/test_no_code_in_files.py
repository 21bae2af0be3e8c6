"""No file that is read can bring code with it: no pickles, no Keras models from a file.

A network is built by this project's code, and a file only gives it numbers. Keras' `safe_mode`
guards the reading of whole models; none is read, so there is nothing for it to guard.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted([*(ROOT / "ml").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {
    *("eval", "exec", "load_model", "model_from_json", "from_config", "deserialize_keras_object"),
    *("deserialize", "enable_unsafe_deserialization", "read_pickle", "yaml.load", "torch.load"),
    *("Lambda", "TFSMLayer"),
}
"""What makes objects or code out of a file."""
WORDS = (*MODULES, *(f"{name}(" for name in CALLS), "allow_pickle", "safe_mode")
OTHERS = {"weights.load_model", "ScriptDirectory.from_config", "held.deserialize"}
"""This project's own, which reads numbers only, Alembic's, and SQLite's, of a whole database."""


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def found_in(source: str) -> Iterator[str]:
    """Everything in a source that could run code out of a file."""
    if not any(word in source for word in WORDS):
        return  # as nearly all: parsing them would take longer than the rest of these tests
    nodes = list(ast.walk(ast.parse(source)))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from MODULES & {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            yield from MODULES & {str(node.module).partition(".")[0]}
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            last = name.rpartition(".")[2]
            if (name in CALLS or last in CALLS) and name not in OTHERS | own:
                yield name
            for word in node.keywords:
                stated = word.value.value if isinstance(word.value, ast.Constant) else None
                if (word.arg, stated) in {("allow_pickle", True), ("safe_mode", False)}:
                    yield str(word.arg)


def test_no_source_reads_what_may_hold_code() -> None:
    assert len(SOURCES) > 300
    found = {
        str(file.relative_to(ROOT)): names
        for file in SOURCES
        if (names := list(found_in(file.read_text(encoding="utf-8"))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        *("import pickle", "from joblib import load", "keras.models.load_model(path)"),
        *("np.load(path, allow_pickle=True)", "load(path, safe_mode=False)", "torch.load(path)"),
        *("keras.layers.Lambda(f)", "keras.Model.from_config(c)", "eval(text)"),
    ],
)
def test_it_would_be_noticed(source: str) -> None:
    assert list(found_in(source))
