"""`python -m actions`: the action server (`server.py`)."""

from __future__ import annotations

import sys

from assistant import logs


def main() -> int:
    """Serve until stopped; 1 if what it needs is missing."""
    try:
        logs.configure("actions")  # before anything is loaded that has something to say
    except ValueError as problem:
        logs.report("actions", str(problem))
        return 1
    from actions.server import serve

    return serve()


if __name__ == "__main__":
    sys.exit(main())
