"""Any number of servers of the assistant on this machine, with one PostgreSQL, behind the real nginx.

The parts run as in containers: each by its role, with a data folder of its own and the keys in its environment.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from assistant import roles
from tests.conftest import PROJECT_DIR, free_port
from tests.databases import Postgres
from tests.deploy.proxy import NAME, Proxy, Upstream, programs

ORIGIN = f"https://{NAME}"
_KEYS = ("BOOKINGS", "CHANNELS", "CONVERSATIONS", "STAFF", "WEBCHAT")
_PORTS = {roles.SERVER: "RASA_PORT", roles.ACTIONS: "ACTIONS_PORT", roles.WEB: "WEB_PORT"}
_START = 180.0  # seconds that a part may need on a busy machine


class Part:
    """One process."""

    def __init__(self, role: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.role, self.folder, self.port = role, folder, free_port()
        var = folder / "var"
        var.mkdir(parents=True)
        (var / "encoder").symlink_to(Path(os.environ.get("VAR_DIR") or PROJECT_DIR / "var") / "encoder")
        port = {_PORTS[role]: str(self.port)} if role in _PORTS else {}
        self.environment = {**os.environ, **environment, **port, "VAR_DIR": str(var)}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def run(self) -> None:
        """Run a part that ends by itself."""
        subprocess.run(self._command, cwd=PROJECT_DIR, env=self.environment, check=True, capture_output=True)

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=PROJECT_DIR, env=self.environment, stdout=log, stderr=log
            )

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-W", "ignore", "-m", "assistant.roles", self.role]

    @property
    def is_ready(self) -> bool:
        if self.role not in roles.READY:
            return True
        try:
            return httpx.get(self.url + roles.READY[self.role], timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def wait_ready(self) -> float:
        """Wait until it is ready; how many seconds that took."""
        began = time.monotonic()
        while not self.is_ready:
            assert self.process is None or self.process.poll() is None, self.log[-3000:]
            assert time.monotonic() < began + _START, self.log[-3000:]
            time.sleep(0.05)
        return time.monotonic() - began

    def send(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash of the machine would."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self) -> float:
        """Ask it to stop; how many seconds it needed."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        self.wait()
        return time.monotonic() - began

    def wait(self) -> None:
        if self.process is not None:
            self.process.wait(60)


class Cluster:
    """The whole assistant; `servers` are those that answer visitors."""

    def __init__(self, folder: Path, size: int = 2, **environment: str) -> None:
        self.folder = folder
        folder.chmod(0o755)  # nginx' workers are another user
        self.postgres = Postgres()
        actions_port = free_port()
        common = {
            **{f"{name}_KEY": base64.b64encode(name.ljust(32).encode()).decode() for name in _KEYS},
            **{"PUBLIC_URL": ORIGIN, "ASSISTANT_URL": ORIGIN, "CONSOLE_URL": f"{ORIGIN}/staff", "TRUSTED_PROXIES": "1"},
            **{"DATABASE_URL": self.postgres.url, "ACTIONS_TOKEN": "0123456789abcdef-of-tests"},
            **{"ACTIONS_URL": f"http://127.0.0.1:{actions_port}", "ALLOW_FICTIONAL_PHONES": "1"},
            **{"WEBCHAT_MESSAGES_PER_MINUTE": "60000"},
            **environment,
        }
        self.environment = common
        self.migrate = Part(roles.MIGRATE, folder / "migrate", common)
        self.actions = Part(roles.ACTIONS, folder / "actions", common | {"ACTIONS_PORT": str(actions_port)})
        self.actions.port = actions_port
        self.actions.environment["ACTIONS_PORT"] = str(actions_port)
        self.web = Part(roles.WEB, folder / "web", common)
        self.delivery = Part(roles.DELIVERY, folder / "delivery", common)
        self.servers = [Part(roles.SERVER, folder / f"server{number}", common) for number in range(size)]
        (folder / "nginx").mkdir()
        upstreams = [Upstream("server", server.port) for server in self.servers]
        self.nginx = Proxy(programs()[0], folder / "nginx", upstreams, Upstream("web", self.web.port))

    @property
    def parts(self) -> list[Part]:
        return [self.actions, self.web, self.delivery, *self.servers]

    @property
    def url(self) -> str:
        """Where visitors reach it."""
        return f"https://127.0.0.1:{self.nginx.https}"

    @property
    def tls(self) -> ssl.SSLContext:
        """What takes its certificate."""
        return ssl.create_default_context(cafile=str(self.nginx.folder / "certificate.pem"))

    def start(self) -> None:
        self.migrate.run()
        for part in self.parts:
            part.start()
        for part in self.parts:
            part.wait_ready()
        self.nginx.start()

    def stop(self) -> None:
        with contextlib.suppress(Exception):
            self.nginx.stop()
        for part in self.parts:
            part.send(signal.SIGCONT)
            part.send(signal.SIGTERM)
        for part in self.parts:
            try:
                part.wait()
            except subprocess.TimeoutExpired:
                part.kill()
        self.postgres.remove()
