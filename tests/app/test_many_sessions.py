"""Twenty sessions that read at once, the first of an app: every network is loaded once."""

import functools
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("openvino")

from app import services, state
from app.warm_up import Loading
from ml.bench.pictures import png, variants
from ml.inference import chosen
from ml.inference.gate import Gate
from ml.inference.openvino_engine import OpenVinoEngine
from ml.models import registry
from ml.results import Analysis, FloatArray
from tests.app.fakes import REGISTRY, FakeEngine
from tests.app.test_loading import START

SESSIONS = 20
TAKES_S = 0.05
"""As long as a network takes to load here: others ask for it meanwhile."""


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the engine, and each network of it, was made; the real one but for its networks."""
    made: Counter[str] = Counter()

    def build(_: OpenVinoEngine, name: str, part: str, side: int) -> object:
        time.sleep(TAKES_S)
        made[f"{name} {part} {side}"] += 1
        return functools.partial(run, name)

    @functools.cache
    def engine() -> OpenVinoEngine:
        time.sleep(TAKES_S)
        made["engine"] += 1
        return OpenVinoEngine()

    monkeypatch.setattr(OpenVinoEngine, "_build", build)
    monkeypatch.setattr(OpenVinoEngine, "head", lambda _, name: FakeEngine().head(name))
    monkeypatch.setattr(chosen, "_shared", engine)
    monkeypatch.setattr(registry, "published", lambda: REGISTRY)
    return made


def run(name: str, planes: FloatArray) -> list[FloatArray]:
    """What the tests' engine says, as OpenVINO gives it."""
    batch = planes.transpose(0, 2, 3, 1)
    if name == registry.SEGMENTER:
        return [FakeEngine().segment(batch)[:, None]]
    found = FakeEngine().classify(name, batch)
    return [found.features.transpose(0, 3, 1, 2), found.logits]


def test_twenty_sessions_load_each_network_once(loaded: Counter[str], open_gate: Gate) -> None:
    files = [png(one) for one in variants(SESSIONS)]

    def read(data: bytes) -> object:
        return services.analysis(services.scan(state.opened_hash(data), data))

    tasks: list[Callable[[], object]] = [functools.partial(read, data) for data in files]
    with ThreadPoolExecutor(SESSIONS) as pool:
        START(Loading())  # the warm-up of the first page
        answers = [one.result() for one in [pool.submit(task) for task in tasks]]
    assert all(isinstance(one, Analysis) for one in answers)
    networks = [f"{name} forward {entry['input_size']}" for name, entry in REGISTRY.items()]
    assert loaded == dict.fromkeys(["engine", *networks], 1)
