"""Starts parts of the assistant as a container does: a root that cannot be written to, a user without rights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from assistant.roles import PORTS, READY
from tests.conftest import PROJECT_DIR, free_port

USER = "10001"  # that of the image; a test compares them
# The folders that a container may write to stay as they are, everything else becomes read-only. The project is seen in
# /mnt and may be read, as the checkout may lie in somebody's home.
_CONTAINED = """
set -e
for folder in "$VAR_DIR" "$TMPDIR"; do mount --bind "$folder" "$folder"; done
mount --bind "$PROJECT" /mnt
mount -o remount,bind,ro /mnt
mount -o remount,bind,ro /
cd /mnt
exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --bounding-set -all,+dac_read_search \
  --inh-caps -all,+dac_read_search --ambient-caps +dac_read_search -- "$@"
"""


def can_contain() -> bool:
    """Whether this machine lets us make a root read-only for a process."""
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@dataclass
class Parts:
    """Parts that share a data folder, each on a port of its own."""

    folder: Path
    project: Path = PROJECT_DIR
    environment: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.var, self.tmp = self.folder / "var", self.folder / "tmp"
        for path in (self.var, self.tmp):
            path.mkdir()
            os.chown(path, int(USER), int(USER))
        for path in (self.folder, *self.folder.parents):  # pytest makes them for their owner only
            if path.name.startswith("pytest-"):
                path.chmod(0o755)
        self.folder.chmod(0o755)
        ports = {name: str(free_port()) for name in ("RASA_PORT", "ACTIONS_PORT", "WEB_PORT")}
        self.environment = {**self.environment, **ports, "ACTIONS_TOKEN": "0123456789abcdef-of-tests"}
        self.environment |= {"VAR_DIR": str(self.var), "TMPDIR": str(self.tmp), "HOME": str(self.tmp)}

    def command(self, *words: str) -> list[str]:
        python = [sys.executable, "-W", "ignore", "-m", "assistant.roles", *words]
        return ["unshare", "--mount", "sh", "-c", _CONTAINED, "sh", *python]

    @property
    def variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment, "PROJECT": str(self.project), "USER_ID": USER}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a part that ends by itself."""
        return subprocess.run(
            self.command(*words), cwd=self.project, env=self.variables, capture_output=True, text=True, timeout=120
        )

    def start(self, role: str) -> None:
        with (self.folder / f"{role}.log").open("wb") as log:
            self.running[role] = subprocess.Popen(
                self.command(role), cwd=self.project, env=self.variables, stdout=log, stderr=log
            )

    def log(self, role: str) -> str:
        return (self.folder / f"{role}.log").read_text(encoding="utf-8", errors="replace")

    def wait(self, role: str, seconds: float = 150) -> None:
        """Wait until the part is ready, by its own health check."""
        until = time.monotonic() + seconds
        while not self._answers(role) or self.run("check", role).returncode:
            assert self.running[role].poll() is None, self.log(role)
            assert time.monotonic() < until, self.log(role)
            time.sleep(0.2)

    def _answers(self, role: str) -> bool:
        """Whether a check is worth starting a process for."""
        if role not in PORTS:
            return True
        try:
            address = f"http://127.0.0.1:{self.environment[PORTS[role][0]]}{READY[role]}"
            return httpx.get(address, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def say(self, sender: str, text: str) -> str:
        address = f"http://127.0.0.1:{self.environment['RASA_PORT']}/webhooks/rest/webhook"
        reply = httpx.post(address, json={"sender": sender, "message": text}, timeout=30)
        return "\n".join(message["text"] for message in reply.json())

    def stop(self) -> dict[str, int]:
        """Ask all parts to stop; how each ended."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        ended = {role: process.wait(30) for role, process in self.running.items()}
        self.running.clear()
        return ended

    def remove(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
