"""The proxy of docs/deployment.md, started as it is with ports and places of a test."""

import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.load.server import free_port
from tests.access.conftest import ROOT

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
PATIENCE_S = 30.0
HERE = "127.0.0.1"
BURST = 2000
"""Files that one address may send at once."""


def nginx() -> str:
    """Path of nginx; without it the test is skipped."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("no nginx: install Debian's package `nginx`")
    return found


def certificate(folder: Path) -> None:
    """A key and a certificate for 127.0.0.1, of one day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HERE)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    (folder / "certificate").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "certificate_key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0])
    )


def settled(folder: Path, port: int, apps: Sequence[int], burst: int) -> Path:
    """The configuration with the test's places; nothing else of it is changed."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = "\n".join(f"server {HERE}:{app} max_fails=3 fail_timeout=10s;" for app in apps)
    for old, new in (
        ("server app:8501 max_fails=3 fail_timeout=10s;", servers),
        ("listen 8443 ssl;", f"listen {HERE}:{port} ssl;"),
        (" /tmp/", f" {folder}/"),
        ("/run/secrets/", f"{folder}/"),
        (f"burst={BURST}", f"burst={burst}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    return file


@contextmanager
def door(
    folder: Path, apps: Sequence[int], *, port: int | None = None, burst: int = BURST
) -> Iterator[str]:
    """The proxy in front of apps at these ports; gives its address."""
    program, port = nginx(), port or free_port()
    certificate(folder)
    command = [program, "-e", "stderr", "-c", str(settled(folder, port, apps, burst))]
    with (folder / "door.txt").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-g", "daemon off; master_process off;"],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port, process, folder / "door.txt")
        yield f"https://{HERE}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def trusting(folder: Path) -> ssl.SSLContext:
    """A context that knows the test's certificate."""
    return ssl.create_default_context(cafile=str(folder / "certificate"))


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"https://{HERE}:{port}/_stcore/metrics", verify=False, trust_env=False)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the proxy did not start:\n{log.read_text()}")
