"""Model cards: fit for a screen, complete, and the facts of the registry."""

import re
from pathlib import Path

import pytest

from ml.errors import MetricsError, MissingWeights
from ml.evaluation.tables import BEGIN, END
from ml.models import cards, registry

FILES = sorted(cards.CARDS.glob("*.md"))


def written(root: Path, text: str, name: str = "assets/cards/x.md") -> Path:
    file = root / name
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_title_body_and_no_marker(tmp_path: Path) -> None:
    file = written(tmp_path, f"# A *title*\n\nText.\n\n{BEGIN}\n| a |\n{END}\n\n## More\n")
    title, body = cards.document(file, root=tmp_path)
    assert title == "A *title*"
    assert body == "Text.\n\n| a |\n\n## More"


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (
            "[registry.json](../weights/registry.json)",
            "registry.json (`assets/weights/registry.json`)",
        ),
        ("[data/README.md](../../data/README.md)", "`data/README.md`"),
        ("![a picture](https://example.org/a.png)", "a picture (example.org/a.png)"),
        ("[click](javascript:alert)", "click (javascript:alert)"),
    ],
)
def test_links_become_words(tmp_path: Path, link: str, shown: str) -> None:
    _, body = cards.document(written(tmp_path, f"# T\n\nSee {link}."), root=tmp_path)
    assert body == f"See {shown}."


def test_a_missing_card_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MetricsError, match="git checkout -- assets/cards"):
        cards.document(tmp_path / "assets/cards/none.md", root=tmp_path)


def test_every_registered_network_has_a_card() -> None:
    names = {file.stem for file in FILES}
    assert names >= {*registry.CLASSIFIERS, registry.SEGMENTER, "mean"}
    assert names <= {*registry.CLASSIFIERS, registry.SEGMENTER, registry.DETECTOR, "mean"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_card_says_what_it_must(file: Path) -> None:
    text = " ".join(file.read_text(encoding="utf-8").split())
    assert "not a medical device, not for diagnosis" in text
    assert "What a single contrast-enhanced T1 slice cannot show" in text
    assert "The source is a confounder" in text
    assert re.search(r"metastasis is forced into a class|metastasis, an abscess", text)
    for path in re.findall(r"`((?:ml|assets|data|docs)/[^`]+)`", text):
        assert (registry.REPOSITORY / path).is_file(), path
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (file.parent / target).is_file(), target


def test_facts_are_those_of_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {
        "bytes": 2_500_000,
        "continued_from": {"sha256": "b" * 64},
        "file": "mobilenet.safetensors",
        "input_size": 128,
        "minutes": 12.5,
        "parameters": 7,
        "run": {
            "backend": "tensorflow",
            "config": {"seed": 3, "stages": [{"name": "pretrain"}, {"name": "head"}]},
            "libraries": {"tensorflow": "2.21.0"},
            "pictures": {"train": 11, "validation": 2},
            "split_id": "97f7",
        },
        "sha256": "a" * 64,
    }
    monkeypatch.setattr(registry, "published", lambda: {"mobilenet": entry})
    assert cards.facts("mobilenet") == cards.Facts(
        sha256="a" * 64,
        parameters=7,
        input_size=128,
        megabytes=2.5,
        minutes=12.5,
        pictures=11,
        split_id="97f7",
        seed=3,
        backend="tensorflow 2.21.0",
        stages=("pretrain", "head"),
        earlier="b" * 64,
    )
    bare = {name: entry[name] for name in ("file", "input_size", "parameters", "sha256")}
    monkeypatch.setattr(registry, "published", lambda: {"mobilenet": bare})
    found = cards.facts("mobilenet")
    assert (found.minutes, found.seed, found.backend, found.stages) == (None, None, None, ())
    with pytest.raises(MissingWeights):
        cards.facts("xception")
