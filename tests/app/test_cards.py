"""The view *Model cards*."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cards_texts as words
from app import state
from ml.errors import MissingWeights
from ml.models import cards, registry
from tests.app.conftest import MAIN, html


def page_of(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("views/cards.py")
    return app.run()


def said(at: AppTest) -> str:
    return "\n".join(element.value for element in (*at.markdown, *at.subheader, *at.caption))


@pytest.fixture(scope="module")
def at() -> AppTest:
    """The page, drawn once; a test chooses the card that it wants."""
    return page_of(AppTest.from_file(str(MAIN), default_timeout=180))


def test_the_mean_comes_first_with_the_weights_of_all_three(at: AppTest) -> None:
    assert not at.exception
    assert "Mean of three" in said(at)
    for name in registry.CLASSIFIERS:
        assert registry.spec(name).sha256 in html(at)


@pytest.mark.parametrize("name", [*registry.CLASSIFIERS, registry.SEGMENTER])
def test_a_card_stands_beside_its_facts(at: AppTest, name: str) -> None:
    at.segmented_control(key=state.CARD).set_value(name).run()
    assert not at.exception
    title, body = cards.document(cards.CARDS / f"{name}.md")
    assert title in said(at)
    assert body in [element.value for element in at.markdown]
    spec = registry.spec(name)
    page = html(at)
    assert spec.sha256 in page
    assert f"{spec.parameters:,}" in page
    for other in set(registry.CLASSIFIERS) - {name}:
        assert registry.spec(other).sha256 not in page


def test_no_marker_and_no_relative_link_is_left(at: AppTest) -> None:
    shown = said(at)
    assert "<!--" not in shown
    assert "](" not in shown


def test_the_checklists_are_on_the_page(at: AppTest) -> None:
    assert [box.label for box in at.expander] == [words.CHECKLIST]
    assert "No external test" in said(at)
    assert "TRIPOD+AI" in said(at)


def test_missing_weights_and_cards_are_said(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise MissingWeights("Restore it with git.")

    monkeypatch.setattr(registry, "installed", missing)
    monkeypatch.setattr(cards, "CHECKLIST", cards.REPOSITORY / "docs" / "none.md")
    at = page_of(app)
    assert not at.exception
    assert "Restore it with git." in at.error[0].value
    assert "git checkout -- docs" in at.error[1].value
