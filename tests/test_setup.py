"""Set-up: what is installed, what the commands are, and what may not be skipped in CI."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")


def direct(name: str = "requirements.txt") -> list[Requirement]:
    """What a file asks for, with the files that it names."""
    found = []
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += direct(line.removeprefix("-r ").strip())
        elif line.strip() and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(name: str = "requirements.lock") -> list[tuple[Requirement, list[str]]]:
    """Every entry of a lock file with its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [
        line for line in text.splitlines() if line.strip() and not line.startswith((" ", "#"))
    ]
    found = []
    for entry in entries:
        requirement, *hashes = re.split(r"\s+--hash=", entry.split("    #")[0].strip())
        found.append((Requirement(requirement), [part.strip() for part in hashes]))
    return found


def pins(python: str, lock: str = "requirements.lock") -> dict[str, Requirement]:
    """What a lock file installs under one Python on Linux."""
    place = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    chosen = [one for one, _ in locked(lock) if one.marker is None or one.marker.evaluate(place)]
    names = [canonicalize_name(one.name) for one in chosen]
    assert len(names) == len(set(names)), "a package is pinned twice for one Python"
    return dict(zip(names, chosen, strict=True))


def test_every_direct_dependency_has_both_bounds() -> None:
    for one in direct():
        signs = {bound.operator for bound in one.specifier}
        assert signs == {">=", "<"}, f"{one.name} needs a tested lower and upper bound"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_pins_every_direct_dependency_inside_its_bounds(python: str) -> None:
    found = pins(python)
    for one in direct():
        (pin,) = found[canonicalize_name(one.name)].specifier
        assert pin.operator == "=="
        assert one.specifier.contains(pin.version), f"{one.name}: {pin} is outside {one.specifier}"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_app_needs_a_part_at_the_same_versions_and_no_tensorflow(python: str) -> None:
    part, whole = pins(python, "requirements-app.lock"), pins(python)
    assert {name: str(pin.specifier) for name, pin in part.items()} == {
        name: str(whole[name].specifier) for name in part
    }
    asked = {canonicalize_name(one.name) for one in direct("requirements-app.txt")}
    assert asked <= set(part)
    assert not {"tensorflow", "keras", "scikit-learn", "pytest"} & set(part)


def test_every_lock_entry_is_one_version_with_hashes() -> None:
    entries = [*locked(), *locked("requirements-app.lock")]
    assert len(entries) > len(direct())
    for one, hashes in entries:
        assert [bound.operator for bound in one.specifier] == ["=="], one.name
        assert hashes, f"{one.name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), one.name


def make(*arguments: str, folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make` looks at, and no environment."""
    for name in ("Makefile", "requirements.lock", "requirements-app.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("target", ["app", "test", "check", "train", "evaluate", "bench"])
def test_commands_install_first_and_only_once(clone: Path, target: str) -> None:
    part = "-app" if target == "app" else ""
    first = make("-n", target, folder=clone).stdout
    assert first.count("pip install") == 1
    assert f"--require-hashes -r requirements{part}.lock" in first
    (clone / ".venv").mkdir()
    (clone / ".venv" / f".ready{part}").touch()
    again = make("-n", target, folder=clone)
    assert again.returncode == 0
    assert "pip install" not in again.stdout
    assert ".venv/bin/" in again.stdout


def test_whoever_has_everything_has_what_the_app_needs(clone: Path) -> None:
    assert "touch .venv/.ready .venv/.ready-app" in make("-n", "test", folder=clone).stdout
    (clone / ".venv").mkdir()
    (clone / ".venv" / ".ready-app").touch()
    assert "-r requirements.lock" in make("-n", "test", folder=clone).stdout


def test_an_unfit_python_is_refused_in_a_sentence(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text(
        f"#!{sys.executable}\nimport sys\nsys.version_info = (3, 9, 1)\nexec(sys.argv[2])\n"
    )
    old.chmod(0o755)
    refused = make(f"PYTHON={old}", "app", folder=clone)
    assert refused.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13; this is 3.9" in refused.stderr
    assert not (clone / ".venv").exists()


def test_the_app_listens_on_this_computer_only_and_asks_nothing() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    # with neither, a first start would wait for an e-mail address or open no browser
    assert settings["server"]["showEmailPrompt"] is False
    assert "headless" not in settings["server"]
    assert "--server.headless" not in make("-n", "app").stdout


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    background = script.index("nice make check &")
    assert script[background + 1] == "checking=$!"
    assert script[-2:] == ["make test", 'wait "$checking"']  # its failure fails the run
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("make test", "make check"):
        assert command in readme
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_pre_commit_runs_the_gates_of_make_check(clone: Path) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    asked = [one["entry"] for repository in hooks["repos"] for one in repository["hooks"]]
    (clone / ".venv").mkdir()
    (clone / ".venv" / ".ready").touch()
    gates = make("-n", "--no-print-directory", "check", folder=clone).stdout.splitlines()
    assert asked == [gate.removesuffix(" .") for gate in gates]
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}, "fetches nothing"


def test_updates_are_proposed_for_everything_that_is_pinned() -> None:
    file = ROOT / ".github" / "dependabot.yml"
    watched = yaml.safe_load(file.read_text(encoding="utf-8"))["updates"]
    pinned = {
        "pip": "requirements.lock",
        "npm": "package-lock.json",
        "docker": "Dockerfile",
        "docker-compose": "compose.yaml",
    }
    assert {one["package-ecosystem"] for one in watched} == set(pinned)
    for one in watched:
        folder = ROOT / one["directory"].removeprefix("/")
        assert (folder / pinned[one["package-ecosystem"]]).is_file()


SKIPPING = """
import pytest

@pytest.mark.weights
def test_needs_weights():
    pytest.skip("there are none")

@pytest.mark.slow
def test_other():
    pytest.skip("another reason")
"""


@pytest.mark.parametrize(("must", "failed"), [("", 0), ("weights browser", 1), ("slow weights", 2)])
def test_what_must_run_may_not_be_skipped(tmp_path: Path, must: str, failed: int) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "conftest.py")
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    settings = configparser.ConfigParser()
    settings["pytest"] = {"markers": "\nweights\nslow", "addopts": "-p no:cacheprovider"}
    with (tmp_path / "pytest.ini").open("w") as file:
        settings.write(file)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "SULCUS_MUST_RUN": must},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == (1 if failed else 0), ended.stdout
    assert f"{2 - failed} skipped" in ended.stdout or failed == 2
    if failed:
        assert "must run here (SULCUS_MUST_RUN). Skipped: there are none" in ended.stdout
