"""`python -m assistant.server rasa run …`: a Rasa command whose lines, from the first one on, are written as
`LOG_FORMAT` says. Everything behind the module's name is the command as Rasa documents it."""

from __future__ import annotations

import sys

from assistant import logs

PROCESS = "server"


def main() -> None:
    """Run the command."""
    try:
        logs.configure(PROCESS)
        is_json = logs.log_format() == logs.JSON
    except ValueError as problem:
        logs.report(PROCESS, str(problem))
        sys.exit(1)
    import rasa.utils.io
    from rasa import __main__ as command

    if is_json:  # Rasa would set up its own lines, coloured ones and others
        command.configure_structlog = rasa.utils.io.configure_colored_logging = lambda *_: None
    sys.argv = sys.argv[1:] or ["rasa"]
    command.main()


if __name__ == "__main__":
    main()
