"""The command line of an installation: `uv run python -m assistant reindex`."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy.exc import SQLAlchemyError

from assistant.conversations.reindex import reindex
from assistant.database import CONVERSATIONS, database_url, migrate, open_database


def main() -> int:
    """Do what was asked for; 0 if it was done."""
    parser = argparse.ArgumentParser(prog="assistant", description="Keeps an installation of the assistant in order.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reindex", help="build what staff and visitors read again from the stored events")
    parser.parse_args()
    try:
        engine = open_database(database_url(CONVERSATIONS))
        migrate(engine, CONVERSATIONS)
        rebuilt = reindex(engine)
    except (SQLAlchemyError, OSError) as error:  # its text names the server and may name the user
        print(f"assistant: the database cannot be used ({type(error).__name__})", file=sys.stderr)
        return 1
    print(f"{rebuilt.conversations} conversations are readable again.")
    if rebuilt.unreadable:
        print(f"assistant: {rebuilt.unreadable} could not be read and stay as they were", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
