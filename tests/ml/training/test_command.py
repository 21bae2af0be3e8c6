"""`python -m ml.training`: what is trained, from where, and what is published."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.errors import TrainingError
from ml.models import registry
from ml.training import publish as publishing
from ml.training.__main__ import GROWS_ON, NEEDS_MASKS, NETWORKS, SHIPPED, main
from ml.training.checkpoint import save_arrays
from ml.training.config import RunConfig
from ml.training.recipes import RECIPES, brief, toy


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[RunConfig, Path]]:
    """Runs are noted, not made."""
    made: list[tuple[RunConfig, Path]] = []

    class Noted:
        def __init__(
            self, config: RunConfig, folder: Path, devices: list[str] | None = None
        ) -> None:
            made.append((config, folder))
            self.devices = devices
            self.train = self.check = None

        def go(self) -> None:
            if self.config_fails():
                raise TrainingError("it stops here")

        @staticmethod
        def config_fails() -> bool:
            return made[-1][0].seed == 13

    monkeypatch.setattr("ml.training.runner.Run", Noted)
    monkeypatch.setattr("ml.training.detector.DetectorRun", Noted)
    monkeypatch.setattr("ml.training.runner.summary", lambda _: "drawn pictures")
    return made


def test_help_explains_stages_start_and_resuming(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for word in ("imagenet|none|PATH", "--split", "--publish", "goes on", *NETWORKS):
        assert word in text


def test_shipped_networks_by_default_and_imagenet_for_the_classifiers(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path
) -> None:
    best = tmp_path / "mobilenet" / "pretrain" / "best.npz"
    save_arrays(best, [])
    assert main(["--runs", str(tmp_path)]) == 0
    assert [config.network for config, _ in runs] == list(SHIPPED)
    assert [folder for _, folder in runs] == [tmp_path / name for name in SHIPPED]
    starts = {config.network: config.weights for config, _ in runs}
    assert starts == {
        **dict.fromkeys(("mobilenet", "resnet50", "xception"), "imagenet"),
        "unet": str(best),
    }


@pytest.mark.parametrize("name", GROWS_ON)
def test_what_outlines_grows_on_the_pre_trained_encoder(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path, name: str
) -> None:
    best = tmp_path / GROWS_ON[name] / "pretrain" / "best.npz"
    save_arrays(best, [])
    assert main([name, "--runs", str(tmp_path)]) == 0
    assert runs[0][0].weights == str(best)


def test_every_network_has_a_recipe() -> None:
    assert set(RECIPES) == set(NETWORKS)
    assert all(config.network == name for name, config in RECIPES.items())
    classes = ("classify", "recipe", "joint")
    masked = {name for name, c in RECIPES.items() if c.stages[-1].task not in classes}
    assert masked == set(NEEDS_MASKS)


def test_the_official_split_has_a_folder_of_its_own_and_no_outline(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path
) -> None:
    assert main(["xception", "--split", "official_sartaj", "--runs", str(tmp_path)]) == 0
    ((config, folder),) = runs
    assert folder == tmp_path / "xception-official_sartaj"
    assert config.split == "official_sartaj"
    assert [stage.task for stage in config.stages] == ["classify"]
    assert config.weights == "imagenet"
    assert main(["unet", "--split", "official_sartaj", "--runs", str(tmp_path)]) == 2


def test_off_the_clean_split_a_baseline_keeps_its_recipe(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path
) -> None:
    assert main(["alexnet", "--split", "fold3", "--weights", "none", "--runs", str(tmp_path)]) == 0
    ((config, folder),) = runs
    assert folder == tmp_path / "alexnet-fold3"
    # without masks nothing can be edited; the rest is the recipe
    assert config.stages == tuple(replace(one, edited=False) for one in RECIPES["alexnet"].stages)


def test_an_outline_without_pre_training_names_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["unet", "--weights", "none", "--runs", str(tmp_path)]) == 1
    assert "train the mobilenet first" in capsys.readouterr().err


def test_toy_runs_are_never_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mobilenet", "--toy", "--publish"]) == 2
    assert "--toy" in capsys.readouterr().err


def test_options_reach_the_run(runs: list[tuple[RunConfig, Path]], tmp_path: Path) -> None:
    main(["resnet50", "--weights", "none", "--seed", "5", "--toy", "--runs", str(tmp_path)])
    config = runs[0][0]
    assert (config.weights, config.seed, config.steps) == ("none", 5, 2)
    assert all(phase.epochs == 1 for stage in config.stages for phase in stage.phases)


def test_an_unknown_network_and_a_failed_run_have_their_status(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vgg"]) == 2
    assert "unknown network 'vgg'" in capsys.readouterr().err
    assert main(["mobilenet", "--seed", "13", "--runs", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "it stops here\n"


def test_shortening_keeps_stages_and_sizes() -> None:
    whole = RECIPES["mobilenet"]
    short = toy(whole)
    assert [s.task for s in short.stages] == [s.task for s in whole.stages]
    sizes = [[p.size for p in s.phases] for s in whole.stages]
    assert [[p.size for p in s.phases] for s in short.stages] == sizes
    assert whole.steps == 100


@pytest.mark.parametrize("name", ["mobilenet", "xception", "resnet50"])
def test_recipes_learn_classes_and_outline_at_once(name: str) -> None:
    recipe = RECIPES[name]
    assert [stage.task for stage in recipe.stages] == ["joint"]
    assert all(stage.edited for stage in recipe.stages)
    assert [stage.task for stage in brief(recipe).stages] == ["classify"]


@pytest.mark.parametrize("name", ["mlp", "small_cnn", "alexnet", "vgg16", "inception_v3"])
def test_off_the_clean_split_the_stages_stay_and_take_no_longer(name: str) -> None:
    whole, short = RECIPES[name], brief(RECIPES[name])
    assert [(s.name, s.task) for s in short.stages] == [(s.name, s.task) for s in whole.stages]
    for before, after in zip(whole.stages, short.stages, strict=True):
        assert not after.edited
        assert after.epochs <= before.epochs
        assert after.phases[-1].size <= before.phases[-1].size


def test_from_imagenet_the_head_comes_first_and_alone(
    runs: list[tuple[RunConfig, Path]], tmp_path: Path
) -> None:
    for weights, tasks in (("imagenet", ["head", "joint"]), ("none", ["joint"])):
        assert main(["xception", "--weights", weights, "--runs", str(tmp_path)]) == 0
        assert [stage.task for stage in runs[-1][0].stages] == tasks


def test_of_a_joint_network_the_classifier_is_published(tmp_path: Path) -> None:
    from ml.models.classifiers import build_classifier
    from ml.models.unet import build_joint

    classifier = build_classifier("mobilenet")
    joint = build_joint(classifier)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=w.shape).astype(np.float32) for w in joint.weights]
    for weight, array in zip(joint.weights, arrays, strict=True):
        weight.assign(array)
    found = publishing.classifier_part("mobilenet", arrays)
    assert len(found) == len(classifier.weights) < len(arrays)
    for array, weight in zip(found, classifier.weights, strict=True):
        np.testing.assert_array_equal(array, weight.numpy())


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run folders of a finished U-Net, and an empty weights folder."""
    monkeypatch.setattr(publishing, "WEIGHTS", tmp_path / "weights")
    recipe = RECIPES["unet"]
    folder = tmp_path / "runs" / "unet"
    arrays = [np.ones((3, 3, 1, 4), np.float32) / 3, np.arange(4, dtype=np.float32)]
    for stage in recipe.stages:
        last = stage.epochs - 1
        save_arrays(folder / stage.name / "best.npz", arrays, epoch=last, score=0.71, dice=0.73123)
        (folder / stage.name / "done.json").write_text('{"minutes": 12.34}')
    (folder / "run.json").write_text(json.dumps({"split_id": "ab", "config": recipe.as_dict()}))
    return tmp_path


def test_publishing_writes_a_float16_file_and_its_entry(finished: Path) -> None:
    listed = finished / "weights" / "registry.json"
    listed.parent.mkdir()
    listed.write_text('{"mobilenet": {"file": "kept"}}')
    entry = publishing.publish("unet", finished / "runs")
    file = finished / "weights" / "unet.safetensors"
    assert entry["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (entry["bytes"], entry["parameters"]) == (file.stat().st_size, 40)
    assert entry["input_size"] == RECIPES["unet"].stages[-1].phases[-1].size
    assert entry["validation"] == {"score": 0.71, "dice": 0.7312}
    minutes = 12.34 * len(RECIPES["unet"].stages)
    assert (entry["kind"], entry["minutes"]) == ("segmenter", round(minutes, 1))
    assert entry["run"]["split_id"] == "ab"
    content = json.loads(listed.read_text())
    assert content["mobilenet"] == {"file": "kept"}
    assert content["unet"] == entry
    assert {"file", "sha256", "input_size", "parameters"} <= set(entry), "what the registry reads"


def test_what_was_gone_on_with_is_said(finished: Path) -> None:
    first = publishing.publish("unet", finished / "runs")
    assert "continued_from" not in first
    facts = finished / "runs" / "unet" / "run.json"
    run = json.loads(facts.read_text())
    run["config"]["weights"] = "assets/weights/unet.safetensors"
    facts.write_text(json.dumps(run))
    second = publishing.publish("unet", finished / "runs")
    assert second["continued_from"] == {"sha256": first["sha256"], "minutes": first["minutes"]}
    assert second["minutes"] == pytest.approx(2 * first["minutes"])


def test_there_must_be_something_to_average_with(finished: Path) -> None:
    with pytest.raises(TrainingError, match="leave out --share"):
        publishing.publish("unet", finished / "runs", share=0.5)


def test_an_unfinished_run_is_not_published(finished: Path) -> None:
    (finished / "runs" / "unet" / RECIPES["unet"].stages[-1].name / "done.json").unlink()
    with pytest.raises(TrainingError, match=r"python -m ml\.training unet"):
        publishing.publish("unet", finished / "runs")
    assert not (finished / "weights").exists()


def test_every_registered_network_is_trained_by_default() -> None:
    assert set(SHIPPED) == {*registry.CLASSIFIERS, registry.SEGMENTER}
    assert all(replace(recipe).network == name for name, recipe in RECIPES.items())


def test_the_size_is_that_of_the_kept_epoch() -> None:
    stage = RECIPES["mobilenet"].stages[0]
    first, second = stage.phases
    assert publishing.size_at(stage, first.epochs - 1) == first.size
    assert publishing.size_at(stage, first.epochs) == second.size
