"""What was done for an upload is not done again: hashing, decoding, every network."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services, state
from app.uploads import arranged
from ml import io
from ml.inference.gate import Gate
from ml.io import dicom_stack
from ml.io.dicom_stack import Frame, read_stack
from ml.models import registry
from ml.volume import Volume
from tests.app import fakes
from tests.app.conftest import CLEAR, LESION, Opened, restarted
from tests.app.test_study import drawn_series, named
from tests.ml.io.series_files import one_slice, zipped

NETWORKS = ("mobilenet", "xception", "resnet50", "unet")


class Counted:
    """How often each of the given bytes was hashed, and how often anything was decoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *files: bytes) -> None:
        self.hashed: Counter[bytes] = Counter()
        self.decoded = 0
        self._files = frozenset(files)
        self._sha256, self._read_scan = hashlib.sha256, io.read_scan
        monkeypatch.setattr(hashlib, "sha256", self._hash)
        monkeypatch.setattr(io, "read_scan", self._decode)

    def _hash(self, data: bytes = b"", **options: Any) -> Any:
        if bytes(data) in self._files:
            self.hashed[bytes(data)] += 1
        return self._sha256(data, **options)

    def _decode(self, *arguments: Any) -> Any:
        self.decoded += 1
        return self._read_scan(*arguments)


def test_a_slice_is_hashed_decoded_and_read_once(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Counted(monkeypatch, LESION)
    at = opened(("slice.png", LESION))
    assert not at.exception
    assert (counted.hashed[LESION], counted.decoded) == (1, 1)
    assert {name: engine.calls[name] for name in NETWORKS} == dict.fromkeys(NETWORKS, 1)

    digest = state.opened_hash(LESION)
    counted.hashed.clear()
    calls = dict(engine.calls)
    changes: list[Callable[[AppTest], Any]] = [
        lambda page: page.toggle(key=state.HEAT).set_value(False),
        lambda page: page.toggle(key=state.HEAT).set_value(True),
        lambda page: page.slider(key=state.HEAT_OPACITY).set_value(70),
        lambda page: page.slider(key=state.MASK_OPACITY).set_value(30),
        lambda page: page.button_group(key=state.MASK_STYLE).set_value("fill"),
        lambda page: page.slider(key=state.window_key(digest, "width")).set_value(60.0),
    ]
    for change in changes:
        change(at)
        at.run()
        assert not at.exception
    assert (counted.hashed[LESION], counted.decoded) == (0, 1)
    assert dict(engine.calls) == calls


def test_another_session_with_the_same_scan_calls_no_network(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Counted(monkeypatch, LESION)
    opened(("slice.png", LESION))
    calls = dict(engine.calls)
    other = restarted().run()
    other.file_uploader[0].set_value([("another name.png", LESION, "image/png")])
    assert not other.run().exception
    assert dict(engine.calls) == calls
    assert (counted.hashed[LESION], counted.decoded) == (2, 1), "hashed once an upload"


def test_results_are_kept_by_content_and_version_of_the_networks(
    engine: fakes.FakeEngine, open_gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(data: bytes) -> int:
        before = engine.calls["mobilenet"]
        services.analysis(services.scan(state.opened_hash(data), data))
        return engine.calls["mobilenet"] - before

    assert [read(LESION), read(LESION), read(CLEAR), read(LESION)] == [1, 0, 1, 0]
    newer = {
        name: {**entry, "sha256": "e" * 64 if name == "unet" else entry["sha256"]}
        for name, entry in fakes.REGISTRY.items()
    }
    monkeypatch.setattr(registry, "published", lambda: newer)
    assert [read(LESION), read(LESION)] == [1, 0]
    monkeypatch.setattr(registry, "published", lambda: fakes.REGISTRY)
    assert read(LESION) == 0, "what the former networks said is still known"


def test_a_series_is_decoded_and_read_once_while_one_scrolls(
    opened: Opened,
    engine: fakes.FakeEngine,
    no_metrics: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = drawn_series()
    counted, reads = Counted(monkeypatch, *files), []

    def decode(frames: Sequence[Frame]) -> Volume:
        reads.append(len(frames))
        return read_stack(frames)

    monkeypatch.setattr(dicom_stack, "read_stack", decode)
    at = opened(*named(files))
    assert not at.exception
    assert {counted.hashed[data] for data in files} == {1}
    assert reads == [len(files)]
    slider = next(one for one in at.slider if one.key and one.key.startswith("slice."))
    seen = {slider.value, 1, 2}
    for number in (1, 2, 1, 2):
        at.slider(key=slider.key).set_value(number).run()
        assert not at.exception
    assert reads == [len(files)]
    # the series in one batch, and each slice that was looked at
    assert {name: engine.calls[name] for name in NETWORKS} == dict.fromkeys(NETWORKS, 1 + len(seen))


def test_every_kind_of_upload_is_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = one_slice(0, SeriesInstanceUID="9.9")
    files = [("a.png", LESION), ("one", alone), ("all.zip", zipped(drawn_series()))]
    counted = Counted(monkeypatch, *(data for _, data in files))
    items = arranged(files)
    assert len(items) == 3
    for item in items:
        if item.series is None:
            assert io.read_scan(item.data, item.content_hash).content_hash == item.content_hash
    assert dict(counted.hashed) == dict.fromkeys((data for _, data in files), 1)
