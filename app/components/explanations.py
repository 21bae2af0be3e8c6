"""How well the heat maps point at a tumour, by network and method, with the sanity check."""

from collections.abc import Mapping

import streamlit as st

from app import explanation_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import Interval
from ml.evaluation.published_explanations import ExplanationFigures, Pointing


def show(found: ExplanationFigures | None) -> None:
    """Draw the figures beside the baselines, or that nobody measured them."""
    st.subheader(words.HEADING)
    if found is None:
        st.info(words.NOT_MEASURED)
        return
    st.markdown(words.size(found))
    names = list(found.networks)
    networks = list(found.networks.values())
    header = [
        words.METHOD,
        *(f"{texts.model(n)}: {kind}" for n in names for kind in (words.ENERGY, words.HIT)),
    ]
    rows = _rows([network.methods for network in networks], found.default)
    rows += _baselines(found.gaussians, [network.untrained for network in networks])
    table.show(header, rows)
    st.markdown(words.verdict(found))
    _times(found)
    st.markdown(words.part(found))
    rows = _rows([network.part for network in networks], found.default)
    rows += _baselines(found.part_gaussians, [network.part_untrained for network in networks])
    table.show(header, rows)
    st.markdown(words.SANITY)
    steps = [
        [
            title,
            *(texts.figure(network.sanity.get(step, Interval()), digits=2) for network in networks),
        ]
        for step, title in words.SANITY_STEPS.items()
    ]
    table.show([words.SANITY_STEP, *map(texts.model, names)], steps)
    st.caption(found.protocol)


def _baselines(
    gaussians: Mapping[str, tuple[float, Pointing]], untrained: list[Pointing]
) -> list[list[str]]:
    """The Gaussians, the same for every network, and the untrained networks."""
    rows = [
        [words.gaussian(name, sigma), *_cells(pointing) * len(untrained)]
        for name, (sigma, pointing) in gaussians.items()
    ]
    return [*rows, [words.UNTRAINED, *(cell for one in untrained for cell in _cells(one))]]


def _rows(parts: list[Mapping[str, Pointing]], default: str) -> list[list[str]]:
    """One line a method with the figures of every network."""
    return [
        [words.method(method, default), *(cell for part in parts for cell in _cells(part[method]))]
        for method in parts[0]
    ]


def _cells(pointing: Pointing) -> list[str]:
    return [texts.figure(pointing.energy), texts.figure(pointing.hit)]


def _times(found: ExplanationFigures) -> None:
    """How many times the energy of each baseline the map on screen has."""
    rows = [
        [
            texts.model(name),
            *(texts.figure(network.times.get(key, Interval()), 2) for key in words.BASELINES),
        ]
        for name, network in found.networks.items()
    ]
    table.show([words.TIMES, *words.BASELINES.values()], rows)
