"""The command line of an installation: `uv run python -m assistant reindex`, `demo`, `staff add`, `audit verify`,
`channel simulate`, `privacy report`, `keys add`, `keys reseal`, `backup`, `restore`, `doctor`."""

from __future__ import annotations

import argparse
import os
import sys

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.cipher import Unreadable
from assistant.conversations import demo
from assistant.conversations.reindex import reindex
from assistant.conversations.resealing import reseal as reseal_conversations
from assistant.database import BOOKINGS, CONVERSATIONS, database_url, migrate, open_database
from assistant.keys import KeyProblem, add_keys
from assistant.operations import command as operations
from assistant.privacy_report import report
from bookings.resealing import reseal as reseal_requests
from bookings.secrets import ContactCipher


def main() -> int:
    """Do what was asked for; 0 if it was done."""
    parser = argparse.ArgumentParser(prog="assistant", description="Keeps an installation of the assistant in order.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reindex", help="build what staff and visitors read again from the stored events")
    made_up = commands.add_parser("demo", help="fill an empty store with made-up conversations and requests")
    made_up.add_argument("--conversations", type=int, default=demo.CONVERSATIONS, help="how many (%(default)s)")
    made_up.add_argument("--anyway", action="store_true", help="also beside conversations that are there already")
    trail = commands.add_parser("audit", help="the trail of what staff saw and did").add_subparsers(required=True)
    trail.add_parser("verify", help="check that no entry was changed, left out or put in")
    staff = commands.add_parser("staff", help="accounts of the staff's console").add_subparsers(required=True)
    person = staff.add_parser("add", help="make an account, and print its first password once")
    person.add_argument("name", help="to sign in with: small letters, digits, . _ -")
    person.add_argument("--display-name", default="", help="the person's name; the account's where it is left out")
    person.add_argument("--role", default="front_desk", help="front_desk, clinician, admin or auditor (%(default)s)")
    channel = commands.add_parser("channel", help="messaging channels").add_subparsers(required=True)
    post = channel.add_parser("simulate", help="post a signed message to a running server, as the platform would")
    post.add_argument("name", help="twilio, whatsapp, messenger, telegram or slack")
    post.add_argument("--text", required=True, help="what the visitor writes")
    post.add_argument("--from", dest="sender", default="", help="who writes, as the platform names them")
    post.add_argument("--server", default="", help="http://127.0.0.1 at RASA_PORT where it is left out")
    private = commands.add_parser("privacy", help="what is kept of visitors").add_subparsers(required=True)
    private.add_parser("report", help="where, how and for how long it is kept; no word of theirs")
    keys = commands.add_parser("keys", help="keys of what is encrypted").add_subparsers(dest="step", required=True)
    keys.add_parser("add", help="put a new key in front of each key file; then start the servers again")
    keys.add_parser("reseal", help="write everything anew with the present keys, so that earlier ones can go")
    operations.add_to(commands)
    arguments = parser.parse_args()
    if arguments.command == "demo" and arguments.conversations < 1:
        parser.error("--conversations: at least 1")
    try:
        if arguments.command in operations.NAMES:
            return operations.run(arguments)
        if arguments.command in ("audit", "staff"):
            return _staff(arguments)
        if arguments.command == "channel":
            return _simulate(arguments, parser)
        if arguments.command == "keys":
            return _keys(arguments.step)
        engine = _opened(CONVERSATIONS)
        if arguments.command == "privacy":
            print(*report(engine), sep="\n")
            return 0
        if arguments.command == "demo":
            return _make_up(engine, arguments.conversations, arguments.anyway)
        rebuilt = reindex(engine)
    except (SQLAlchemyError, OSError) as error:  # its text names the server and may name the user
        print(f"assistant: the database cannot be used ({type(error).__name__})", file=sys.stderr)
        return 1
    print(f"{rebuilt.conversations} conversations are readable again.")
    if rebuilt.unreadable:
        print(f"assistant: {rebuilt.unreadable} could not be read and stay as they were", file=sys.stderr)
    return 0


def _keys(step: str) -> int:
    try:
        if step == "add":
            for name in add_keys():
                print(f"{name}: a new key stands first. Start the servers again, then: python -m assistant keys reseal")
            return 0
        counts = reseal_conversations(_opened(CONVERSATIONS))
        counts += reseal_requests(_opened(BOOKINGS), ContactCipher.load())
    except (KeyProblem, Unreadable) as problem:
        print(f"assistant: {problem}", file=sys.stderr)
        return 1
    print(f"{sum(counts.values())} rows were written anew.")
    print("All is written with the present keys: earlier ones can be taken out of the files, except the last line of")
    print("channels.key and bookings.key, from which pseudonyms and links are made.")
    return 0


def _staff(arguments: argparse.Namespace) -> int:
    from console.staff import command  # the other commands need nothing of the console

    if arguments.command == "audit":
        return command.verify_trail()
    return command.add_person(arguments.name, arguments.display_name, arguments.role)


def _simulate(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")  # of Rasa's, no news for anybody here
    from assistant.channels.simulate import CONNECTORS, simulate  # the other commands need nothing of Rasa

    if arguments.name not in CONNECTORS:
        parser.error(f"no channel is called {arguments.name}: {', '.join(CONNECTORS)}")
    server = arguments.server or f"http://127.0.0.1:{os.environ.get('RASA_PORT') or 5005}"
    return simulate(arguments.name, arguments.text, arguments.sender, server)


def _make_up(engine: Engine, count: int, anyway: bool) -> int:
    try:
        filled = demo.fill(engine, _opened(BOOKINGS), ContactCipher.load(), count, anyway)
    except demo.NotEmpty:
        print("assistant: the store holds conversations; with --anyway made-up ones are added", file=sys.stderr)
        return 1
    except KeyProblem as problem:
        print(f"assistant: {problem}", file=sys.stderr)
        return 1
    print(
        f"{filled.conversations} made-up conversations of the last {demo.DAYS} days are in the store, "
        f"with {filled.messages} messages and {filled.requests} requests."
    )
    return 0


def _opened(area: str) -> Engine:
    engine = open_database(database_url(area))
    migrate(engine, area)
    return engine


if __name__ == "__main__":
    sys.exit(main())
