"""How well the heat maps point at a tumour, by network and method, with the sanity check."""

from collections.abc import Mapping

import streamlit as st

from app import explanation_texts as words
from app import texts
from app.components import table
from ml.evaluation.published import Interval
from ml.evaluation.published_explanations import ExplanationFigures, NetworkMaps, Pointing


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
    table.show(header, _all_pictures(found, networks))
    st.markdown(words.verdict(found))
    _times(found)
    st.markdown(words.part(found))
    table.show(header, _rows([network.part for network in networks], found.default))
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


def _all_pictures(found: ExplanationFigures, networks: list[NetworkMaps]) -> list[list[str]]:
    """Methods of one forward pass, then the baselines."""
    rows = _rows([network.methods for network in networks], found.default)
    for name, (sigma, pointing) in found.gaussians.items():
        rows.append([words.gaussian(name, sigma), *_cells(pointing) * len(networks)])
    untrained = [cell for network in networks for cell in _cells(network.untrained)]
    return [*rows, [words.UNTRAINED, *untrained]]


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
