"""`python -m assistant.server rasa run …`: a Rasa command whose lines, from the first one on, are written as
`LOG_FORMAT` says, and whose server starts quickly (`quick_start.py`). Behind the module's name stands the command as
Rasa documents it."""

from __future__ import annotations

import sys
from pathlib import Path

from assistant import logs, quick_start

PROCESS = "server"


def main() -> None:
    """Run the command."""
    try:
        logs.configure(PROCESS)
        is_json = logs.log_format() == logs.JSON
    except ValueError as problem:
        logs.report(PROCESS, str(problem))
        sys.exit(1)
    if missing := _missing_model(sys.argv[1:]):  # Rasa would take whichever model it finds
        logs.report(PROCESS, f"there is no model {missing}")
        sys.exit(1)
    if sys.argv[1:3] == ["rasa", "run"]:
        _start_quickly()
    import rasa.utils.io
    from rasa import __main__ as command

    if is_json:  # Rasa would set up its own lines, coloured ones and others
        command.configure_structlog = rasa.utils.io.configure_colored_logging = lambda *_: None
    sys.argv = sys.argv[1:] or ["rasa"]
    command.main()


def _start_quickly() -> None:
    from assistant.nlu.encoder_model import ensure_built

    ensure_built()  # needs TensorFlow where nobody has built it
    quick_start.import_rasa()
    from assistant import quick_turns
    from assistant.model_guard import guard_models

    guard_models()
    quick_turns.hasten()


def _missing_model(arguments: list[str]) -> str | None:
    """The model that is named in a command and is not there."""
    named = [value for option, value in zip(arguments, arguments[1:]) if option in ("-m", "--model")]
    return next((value for value in named if not Path(value).exists()), None)


if __name__ == "__main__":
    main()
