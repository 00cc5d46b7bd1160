"""The keys of an installation as a backup knows them: by a check value, never by themselves."""

from __future__ import annotations

import hashlib
import os

from assistant.cipher import FieldCipher
from assistant.keys import load_keys
from assistant.settings import var_dir

# Where each key is: a variable of the environment, else a file of the data folder.
KEYS = {
    "conversations.key": "CONVERSATIONS_KEY",
    "channels.key": "CHANNELS_KEY",
    "bookings.key": "BOOKINGS_KEY",
    "staff.key": "STAFF_KEY",
    "webchat.key": "WEBCHAT_KEY",
}


class WrongKeys(ValueError):
    """Keys are missing or are others; the text names them, and nothing that they hold."""


def present() -> list[str]:
    """The keys that there are, by the names of their files; none is made."""
    return [name for name, variable in KEYS.items() if os.environ.get(variable) or (var_dir() / name).exists()]


def check_values() -> dict[str, list[str]]:
    """What tells the present keys from others. Raises: KeyProblem."""
    return {name: [_check_value(name, key) for key in load_keys(KEYS[name], name)] for name in present()}


def compare(expected: dict[str, list[str]]) -> None:
    """Make sure that the present keys are those of a backup; later ones may stand in front.

    Raises: WrongKeys, KeyProblem.
    """
    found = check_values()
    missing = sorted(name for name in expected if name not in found)
    other = sorted(name for name in expected if name in found and not set(expected[name]) <= set(found[name]))
    if missing:
        raise WrongKeys(f"put the keys of the backup into {var_dir()} or the environment first: {', '.join(missing)}")
    if other:
        raise WrongKeys(f"these are other keys than those of the backup: {', '.join(other)}")


def seal_key() -> bytes:
    """What seals backups: it stays the same when keys are rotated. Raises: KeyProblem."""
    key, *earlier = load_keys(KEYS["conversations.key"], "conversations.key")
    return FieldCipher(key, "conversations", earlier).derive("backup-seal")


def places() -> list[str]:
    """Where the keys are, for people."""
    return [
        f"{variable} (environment)" if os.environ.get(variable) else str(var_dir() / name)
        for name, variable in KEYS.items()
        if name in present()
    ]


def _check_value(name: str, key: bytes) -> str:
    return hashlib.sha256(b"backup key check\0" + name.encode() + b"\0" + key).hexdigest()[:32]
