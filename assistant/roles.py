"""Starts one part of the assistant by itself, for containers and service managers: `python -m assistant.roles server`.

`make run` starts all of them on one machine; here each is the same command, with the other parts somewhere else.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import secrets
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from assistant.settings import LOOPBACK, PROJECT_DIR, listen_address, port, var_dir

SERVER, ACTIONS, WEB, DELIVERY, MIGRATE = ROLES = ("server", "actions", "web", "delivery", "migrate")
# Where each answers 200 when it is ready; the others answer nobody.
READY = {SERVER: "/readyz", ACTIONS: "/readyz", WEB: "/readyz"}
PORTS = {SERVER: ("RASA_PORT", 5005), ACTIONS: ("ACTIONS_PORT", 5055), WEB: ("WEB_PORT", 8080)}
_SECONDS = 5  # that a check waits for an answer
_BEAT = 30  # seconds in which the delivery, which looks every second, must have looked


def server_command(model: Path, endpoints: Path, address: str = LOOPBACK) -> list[str]:
    """The command of a server that answers visitors."""
    return [
        *(sys.executable, "-m", "assistant.server", "rasa", "run", "--quiet"),
        *("--interface", address, "--port", str(port_of(SERVER))),
        *("--model", str(model), "--endpoints", str(endpoints), "--credentials", "credentials.yml"),
    ]


def command_of(role: str) -> list[str]:
    """The command of another part that goes on until it is stopped."""
    return {
        ACTIONS: [sys.executable, "-m", "actions", "--port", str(port_of(ACTIONS))],
        WEB: [sys.executable, "-m", "console"],
        DELIVERY: [sys.executable, "-m", "bookings.deliver"],
    }[role]


def port_of(role: str) -> int:
    """The port that a role listens on. Raises: ValueError."""
    return port(*PORTS[role])


def write_endpoints(path: Path, actions: str) -> Path:
    """`endpoints.yml` for a server whose action server is at an address, with the token that it asks for."""
    endpoints = yaml.safe_load((PROJECT_DIR / "endpoints.yml").read_text(encoding="utf-8"))
    endpoints["action_endpoint"] |= {
        "url": f"{actions.rstrip('/')}/webhook",
        "headers": {"X-Actions-Token": "${ACTIONS_TOKEN}"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    return path


def main() -> int:
    """Become the part that was asked for; 1 if it cannot be, or is not ready."""
    parser = argparse.ArgumentParser(prog="roles", description="Starts one part of the assistant by itself.")
    steps = parser.add_subparsers(dest="role", required=True)
    for role in ROLES:
        steps.add_parser(role)
    check = steps.add_parser("check", help="whether a part on this machine is ready, for health checks")
    check.add_argument("checked", choices=(*READY, DELIVERY))
    arguments = parser.parse_args()
    try:
        if arguments.role == "check":
            return 0 if is_ready(arguments.checked) else 1
        if arguments.role == MIGRATE:
            return _migrate()
        if arguments.role in (SERVER, WEB):
            _bring_encoder()
        _become(_server() if arguments.role == SERVER else command_of(arguments.role))
    except ValueError as problem:
        print(f"{arguments.role}: {problem}", file=sys.stderr)
    return 1


def is_ready(role: str) -> bool:
    """Whether a part of this machine is ready."""
    if role == DELIVERY:
        return _delivers()
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port_of(role)}{READY[role]}", timeout=_SECONDS) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _delivers() -> bool:
    try:
        return time.time() - (var_dir() / "run" / "deliver.alive").stat().st_mtime < _BEAT
    except OSError:
        return False


def _bring_encoder() -> None:
    """Take over the sentence encoder that was built beside the code, as in a container image, into the data folder."""
    built, own = PROJECT_DIR / "var" / "encoder", var_dir() / "encoder"
    if not built.is_dir() or (own.exists() and own.samefile(built)):
        return
    own.mkdir(parents=True, exist_ok=True)
    for file in built.glob("*.onnx"):
        there = own / file.name
        if there.exists() and filecmp.cmp(file, there, shallow=False):
            continue
        new = there.with_name(f"{there.name}.{os.getpid()}-{secrets.token_hex(4)}")  # others may do so at this moment
        shutil.copyfile(file, new)
        os.replace(new, there)


def _server() -> list[str]:
    from assistant.live_pointer import model_to_start
    from assistant.nlu.encoder_model import ensure_built
    from assistant.training import TrainingFailed, train

    token, actions = os.environ.get("ACTIONS_TOKEN", ""), os.environ.get("ACTIONS_URL", "")
    if not token:
        raise ValueError("ACTIONS_TOKEN must be set, to what the action server has")
    ensure_built()
    try:
        model = model_to_start(train())
    except TrainingFailed as failed:
        raise ValueError(failed) from None
    # In a folder of its own: servers of other machines may share VAR_DIR.
    folder = Path(tempfile.mkdtemp(prefix="assistant-"))
    endpoints = write_endpoints(folder / "endpoints.yml", actions or f"http://{LOOPBACK}:{port_of(ACTIONS)}")
    return server_command(model, endpoints, listen_address())


def _migrate() -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from assistant.database import VERSION_TABLES, database_url, migrate, open_database

    for area in VERSION_TABLES:
        try:
            migrate(open_database(database_url(area)), area)
        except SQLAlchemyError as error:  # its text names the server and may name the user
            raise ValueError(f"the database cannot be used ({type(error).__name__})") from None
        print(f"The tables of the {area} are up to date.")
    return 0


def _become(command: list[str]) -> None:
    """Go on as that command, in this very process, so that signals reach it."""
    from assistant.processes import ONE_THREAD
    from assistant.training import quiet_environment

    os.chdir(PROJECT_DIR)
    os.execve(command[0], command, {**quiet_environment(), **ONE_THREAD})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
