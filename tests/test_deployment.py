"""compose.yaml, Dockerfile, the door's settings: whole, at one with each other and with the app."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TOP = {"name", "services", "networks", "volumes", "secrets"}
SERVICE = {
    *("build", "image", "user", "command", "deploy", "environment", "secrets", "volumes", "tmpfs"),
    *("networks", "ports", "depends_on", "healthcheck", "read_only", "cap_drop", "security_opt"),
    "restart",
}
"""Keys of the Compose Specification that are in use: a slip of the pen is none of them."""
IMAGE = re.compile(r"[a-z0-9]+:[0-9][a-z0-9.\-]*")
"""An image by its usual name and a version; no registry of anybody's."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def door() -> str:
    return (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def recipe() -> list[str]:
    """Instructions of the Dockerfile, one a line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_every_key_and_every_name_is_known(compose: dict[str, Any]) -> None:
    assert set(compose) == TOP
    assert set(compose["services"]) == {"app", "database", "proxy"}
    for service in compose["services"].values():
        assert set(service) <= SERVICE
        assert set(service.get("networks", [])) <= set(compose["networks"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        named = [one.split(":")[0] for one in service.get("volumes", [])]
        assert {one for one in named if "/" not in one} <= set(compose["volumes"])
        for other, wish in service.get("depends_on", {}).items():
            assert other in compose["services"]
            assert wish == {"condition": "service_healthy"}


def test_variables_are_whole_and_what_must_be_secret_has_no_default(
    compose: dict[str, Any],
) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    variables = re.findall(r"\$\{(SULCUS_[A-Z_]+)(:-|:\?)([^}]+)\}", text)
    assert len(variables) == text.count("${") == text.count("$")
    needed = {name for name, sign, _ in variables if sign == ":?"}
    assert needed >= {"SULCUS_DATABASE_PASSWORD", "SULCUS_SECRET_FILE", "SULCUS_CERTIFICATE_KEY"}
    assert not needed & {name for name, sign, _ in variables if sign == ":-"}
    for secret in compose["secrets"].values():
        assert re.fullmatch(r"\$\{\w+:\?.+\}", secret["file"])


def test_only_the_door_is_reached_from_outside_and_nothing_goes_out(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]
    assert services["proxy"]["ports"] == ["${SULCUS_BIND:-127.0.0.1}:${SULCUS_PORT:-8443}:8443"]
    for name in ("app", "database"):
        assert all(compose["networks"][one]["internal"] for one in services[name]["networks"])
    assert not set(services["database"]["networks"]) & set(services["proxy"]["networks"])
    for name in ("app", "proxy"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert all("no-new-privileges:true" in one["security_opt"] for one in services.values())


def test_images_have_usual_names_and_versions(compose: dict[str, Any], recipe: list[str]) -> None:
    images = [compose["services"][name]["image"] for name in ("database", "proxy")]
    images += [line.split()[1] for line in recipe if line.startswith("FROM")]
    assert all(IMAGE.fullmatch(image) for image in images)
    assert compose["services"]["app"]["build"] == "."


def test_the_image_installs_the_pinned_packages_of_the_app_and_nothing_else(
    recipe: list[str],
) -> None:
    installs = [line for line in recipe if "pip install" in line]
    assert len(installs) == 1
    assert "--require-hashes -r /tmp/requirements-app.lock" in installs[0]
    assert not any("apt" in line for line in recipe)
    copied = [line.split() for line in recipe if line.startswith("COPY") and "--from" not in line]
    assert all((ROOT / source).exists() for _, *sources, _ in copied for source in sources)
    assert {source for _, source, _ in copied} == {
        *(".streamlit", "assets", "app", "ml", "docs/checklist.md", "pyproject.toml"),
        "requirements-app.lock",
    }
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored, "everything is left out but what is named"
    assert {line[1:] for line in ignored if line.startswith("!")} == {one for _, one, _ in copied}
    assert "USER 10001" in recipe


def test_apps_share_database_secret_and_pictures(compose: dict[str, Any]) -> None:
    app, database = compose["services"]["app"], compose["services"]["database"]
    place = app["environment"]
    user, name = database["environment"]["POSTGRES_USER"], database["environment"]["POSTGRES_DB"]
    password = database["environment"]["POSTGRES_PASSWORD"]
    assert place["SULCUS_DATABASE_URL"] == f"postgresql://{user}:{password}@database/{name}"
    assert place["SULCUS_SECRET"] == "/run/secrets/pseudonyms"
    assert app["volumes"] == [f"pictures:{place['SULCUS_HOME']}"]
    assert app["deploy"]["replicas"] == "${SULCUS_APPS:-2}"


def test_the_door_is_balanced_and_every_line_ends(door: str) -> None:
    code = re.sub(r"(?m)#.*$", "", door)
    code = re.sub(r"\"[^\"]*\"|'[^']*'", "quoted", code)
    depth = 0
    for sign in re.findall(r"[{}]", code):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    assert [line for line in lines if line[-1] not in "{};"] == []


def test_a_browser_stays_with_its_app_and_web_sockets_pass(
    door: str, compose: dict[str, Any]
) -> None:
    port = next(one for one in compose["services"]["app"]["command"] if "server.port" in one)
    assert f"server app:{port.split('=')[1]} " in door
    assert "hash $place consistent;" in door
    assert "$request_id" in door
    assert "Secure; HttpOnly; SameSite=Lax" in door
    for line in (
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
    ):
        assert line in door


def test_headers_and_limits_fit_the_app(door: str) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    largest = re.search(r"client_max_body_size (\d+)m;", door)
    assert largest is not None
    taken = settings["server"]["maxUploadSize"]
    assert taken < int(largest[1]) <= taken + 4, "a form has a frame around its file"
    assert settings["server"]["enableXsrfProtection"] is True
    for header in (
        *("Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"),
        *("Referrer-Policy", "Content-Security-Policy", "Permissions-Policy"),
    ):
        assert re.search(rf"add_header {header} .+ always;", door), header
    # a header in a location would take the place of all of these
    assert "add_header" not in door.split("location /", 1)[1]
    policy = re.search(r'Content-Security-Policy "([^"]+)"', door)
    assert policy is not None
    assert not re.search(r"https?:|\*", policy[1])
    assert "listen 8443 ssl;" in door
    assert "$request_uri" not in door.replace("proxy_", "")
