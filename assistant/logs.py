"""What processes write to their logs: with `LOG_FORMAT=json` one JSON object a line, Rasa's and Sanic's own included.

Every line has `time`, `level`, `event`, `process` and `pid`, and the ids that it is about. Of an exception it has the
class and the places in the code: the message of an exception, and the values around it, may quote a visitor.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

JSON, TEXT = "json", "text"
_Line = MutableMapping[str, Any]
_OURS = ("__main__", "actions", "assistant", "bookings", "console", "knowledge", "publishing")
_ALWAYS_THEIR_OWN = ("sanic.root", "sanic.error", "sanic.access")


def log_format() -> str:
    """How lines are written: `LOG_FORMAT`; text, as each library has it, where it is empty.

    Raises: ValueError.
    """
    chosen = os.environ.get("LOG_FORMAT") or TEXT
    if chosen not in (JSON, TEXT):
        raise ValueError("LOG_FORMAT must be json or text")
    return chosen


def configure(process: str) -> None:
    """Write this process's lines as they are asked for; call it once the libraries have set up their own logging.

    Raises: ValueError.
    """
    if log_format() == TEXT:
        return
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=()),
        structlog.processors.UnicodeDecoder(),
        _without_words,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _Named(process),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=_plain),
            ],
        )
    )
    _take_over(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)  # what authors of libraries tell each other
    sys.excepthook = _log_crash


def report(process: str, problem: str) -> None:
    """Say why a process cannot start."""
    try:
        is_json = log_format() == JSON
    except ValueError:  # which may be the very problem
        is_json = False
    if is_json:
        configure(process)
        structlog.get_logger(process).error("process.start.failed", problem=problem)
    else:
        print(f"{process}: {problem}", file=sys.stderr)


def _take_over(handler: logging.Handler) -> None:
    """Have all lines go through one handler, also those of loggers that keep to themselves."""
    root = logging.getLogger()
    root.handlers = [handler]
    for name in {*_ALWAYS_THEIR_OWN, *logging.root.manager.loggerDict}:
        logger = logging.getLogger(name)
        if name in _ALWAYS_THEIR_OWN or not logger.propagate:
            logger.handlers, logger.propagate = [handler], False
        else:
            logger.handlers = []


class _Named:
    """Says which process a line is of."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, logger: Any, method: str, line: _Line) -> _Line:
        line["process"], line["pid"] = self._process, os.getpid()
        return line


def _without_words(logger: Any, method: str, line: _Line) -> _Line:
    """An exception's class and places instead of its message."""
    given = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if not given:
        return line
    kind, _, places = given if isinstance(given, tuple) else _of(given)
    if kind is not None:
        line["reason"], line["frames"] = kind.__name__, traceback.format_tb(places)
    return line


def _of(given: Any) -> tuple[Any, Any, Any]:
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    return (type(error), error, error.__traceback__) if error else (None, None, None)


def _log_crash(kind: type[BaseException], error: BaseException, places: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().error("process.crashed", exc_info=(kind, error, places))


def _plain(value: Any) -> str:
    return type(value).__name__
