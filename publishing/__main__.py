"""The command line of publications: `python -m publishing list`, for engineers; staff use the web console."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timezone

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant import startup
from assistant.database import CONVERSATIONS, database_url, migrate, open_database, reading
from assistant.settings import PROJECT_DIR
from publishing import publication, verdicts
from publishing.changes import make_change
from publishing.live import NotLive, patch_of, start, withdraw
from publishing.publication import AnotherUnderWay, Publication, UnknownPublication
from publishing.worker import Worker


def main() -> int:
    """Do what was asked for; 0 if it was done."""
    arguments = _arguments()
    try:
        engine = open_database(database_url(CONVERSATIONS))
        migrate(engine, CONVERSATIONS)
        return _do(engine, arguments)
    except AnotherUnderWay as other:
        print(f"publishing: {other} is under way", file=sys.stderr)
    except UnknownPublication as unknown:
        print(f"publishing: there is no publication {unknown}", file=sys.stderr)
    except NotLive as problem:
        print(f"publishing: {problem}", file=sys.stderr)
    except (SQLAlchemyError, OSError) as error:  # its text names the server and may name the user
        print(f"publishing: the database cannot be used ({type(error).__name__})", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="publishing", description="Teaches the assistant what reviewers said.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the last publications")
    commands.add_parser("preview", help="print the patch of all that is to be learnt; `git apply` takes it")
    commands.add_parser("start", help="train, evaluate and put live what waits, in the background")
    for name, help_text in (
        ("show", "what came of a publication"),
        ("patch", "where its patch is"),
        ("withdraw", "go back to the model before it, or stop it"),
        ("run", "work on a publication that was asked for; `start` does this"),
    ):
        commands.add_parser(name, help=help_text).add_argument("id")
    return parser.parse_args()


def _do(engine: Engine, arguments: argparse.Namespace) -> int:
    command = arguments.command
    if command == "list":
        for found in publication.latest(engine):
            print(_line(found))
    elif command == "preview":
        _preview(engine)
    elif command == "start":
        print(start(engine, _user()))
    elif command == "run":
        startup.hold()  # no backup is restored under it
        return 0 if Worker(engine, arguments.id).run() else 1
    elif command == "withdraw":
        withdraw(engine, arguments.id, _user())
    elif command == "patch":
        print(patch_of(publication.read(engine, arguments.id).id))
    else:
        _show(publication.read(engine, arguments.id))
    return 0


def _preview(engine: Engine) -> None:
    with reading(engine) as session:
        lessons = [entry.lesson for entry in verdicts.read_all(session)]
    change = make_change(PROJECT_DIR, lessons)
    for refusal in change.accepted.refused:
        print(f"left out: {refusal.reason}: {refusal.text}", file=sys.stderr)
    sys.stdout.buffer.write(change.patch.encode("utf-8"))


def _show(found: Publication) -> None:
    print(_line(found))
    result = found.result
    for reason in result.get("reasons", []):
        print(f"  {reason}")
    for title, key in (("better", "newly_right"), ("worse", "newly_wrong")):
        for question in result.get(key, []):
            print(f"  {title}: {question['text']} ({question['before']} → {question['after']})")
    for refusal in result.get("refused", []):
        print(f"  left out: {refusal['reason']}: {refusal['text']}")


def _line(found: Publication) -> str:
    at = datetime.fromtimestamp(found.at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"{found.id}  {at}  {found.state:10} {found.progress:3} %  {found.by}: {found.step}"


def _user() -> str:
    return os.environ.get("USER") or "an engineer"


if __name__ == "__main__":
    sys.exit(main())
