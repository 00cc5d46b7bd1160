"""The processes of `make run`: none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.processes import Service


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_process_that_starts_while_its_parent_is_told_to_stop_is_stopped_too(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def told_to_stop(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = start(*args, **options)
        os.kill(os.getpid(), number)
        time.sleep(0.1)  # the signal is there
        return process

    start = subprocess.Popen
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", told_to_stop)
    before = signal.signal(number, interrupt)
    service = Service("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with pytest.raises(KeyboardInterrupt):
            service.start()
        assert not service.ended
        service.stop()
        service.wait()
        assert service.ended
    finally:
        signal.signal(number, before)
