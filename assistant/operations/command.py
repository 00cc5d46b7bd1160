"""`python -m assistant backup`, `restore` and `doctor`, as a person at a terminal sees them."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from assistant.keys import KeyProblem
from assistant.operations import doctor, keyring
from assistant.operations.archive import BadBackup
from assistant.operations.backup import NothingThere, backup
from assistant.operations.keyring import WrongKeys
from assistant.operations.postgres_copy import CopyFailed
from assistant.operations.restore import NotEmpty, restore
from assistant.startup import InUse

NAMES = ("backup", "restore", "doctor")
_REFUSALS = (BadBackup, CopyFailed, InUse, KeyProblem, NotEmpty, NothingThere, WrongKeys)


def add_to(commands: Any) -> None:
    """Add the commands to those of `python -m assistant`."""
    make = commands.add_parser("backup", help="copy everything but the keys, while the assistant runs")
    make.add_argument("target", type=Path, help="a folder, in which it is named by the time; or the file itself")
    make.add_argument("--keep", type=int, default=None, help="how many of a folder's backups stay, the newest")
    back = commands.add_parser("restore", help="bring everything back from a backup; the assistant must not run")
    back.add_argument("file", type=Path, help="the backup")
    back.add_argument("--replace", action="store_true", help="let go of the data that is there now")
    commands.add_parser("doctor", help="look at everything that may be wrong; 1 if something is")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for; 0 if it was done, and nothing is wrong."""
    if arguments.command == "doctor":
        return _doctor()
    try:
        return _backup(arguments) if arguments.command == "backup" else _restore(arguments)
    except _REFUSALS as problem:
        print(f"assistant: {problem}", file=sys.stderr)
    except (SQLAlchemyError, sqlite3.Error) as error:  # its text names the server and may name the user
        print(f"assistant: the database cannot be used ({type(error).__name__})", file=sys.stderr)
    except OSError as error:
        print(f"assistant: {error.filename or 'a file'}: {error.strerror or type(error).__name__}", file=sys.stderr)
    return 1


def _backup(arguments: argparse.Namespace) -> int:
    made = backup(arguments.target, arguments.keep)
    print(f"{made.path} ({made.size / 1e6:.1f} MB, readable by its owner only)")
    print(*(f"  {part}" for part in made.parts), sep="\n")
    print("The keys are not in it, and without them it tells nobody what is encrypted. Keep copies elsewhere of:")
    print(*(f"  {place}" for place in keyring.places()), sep="\n")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    restored = restore(arguments.file, arguments.replace)
    print(f"Everything is as it was at {restored.made_at:%Y-%m-%d %H:%M:%S} UTC ({restored.seconds:.1f} s):")
    print(*(f"  {part}" for part in restored.parts), sep="\n")
    print(f"Erased again, as they had been erased since: {restored.erased_again} conversations and requests.")
    print("Start the assistant, and let staff know which hours are missing.")
    return 0


def _doctor() -> int:
    findings = list(doctor.examine())
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        print(f"{'ok     ' if finding.is_well else 'PROBLEM'}  {finding.what:<{width}}  {finding.told}")
    return 0 if all(finding.is_well for finding in findings) else 1
