"""What holds for every answer of the web app, and the process that serves it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from assistant.clock import utc_now
from bookings.links import LINK_LABEL, sign_link
from bookings.secrets import ContactCipher
from bookings.settings import open_store
from console.pages import FOLDER
from tests.bookings.conftest import a_request
from tests.conftest import PROJECT_DIR, free_port
from tests.console.conftest import CLINIC, Site, code_of, words_of

STYLE = (FOLDER / "static" / "visitor.css").read_text(encoding="utf-8")


def answers(site: Site) -> list[httpx.Response]:
    """One answer of each kind."""
    reference, link = site.request()
    code = code_of(site.get(link))
    return [
        site.get(link),
        site.get(f"{link}/cancel"),
        site.client.post(f"{link}/times", data={"code": code, "times": "?"}),
        site.client.post(f"{link}/times", data={"code": code, "times": "mondays"}),
        site.client.post(f"{link}/times", data={}),
        site.client.post(f"{link}/times", content=b"x" * 66_000),
        site.client.put(link),
        site.get("/booking/x"),
        site.get("/nowhere"),
        site.get("/readyz"),
    ]


def test_every_answer_is_kept_by_nobody_runs_nothing_and_sets_no_cookie(site: Site) -> None:
    found = answers(site)
    assert [one.status_code for one in found] == [200, 200, 422, 303, 403, 413, 405, 404, 404, 200]
    for one in found:
        policy = one.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
            assert rule in policy
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert one.headers["Cache-Control"] == "no-store"
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in one.headers
        assert "<script" not in one.text and "javascript:" not in one.text and " style=" not in one.text


def test_the_stylesheet_is_served_as_one(site: Site) -> None:
    answer = site.get("/static/visitor.css")
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8" and answer.text == STYLE


def test_pages_can_be_used_by_ear_and_keyboard(site: Site) -> None:
    link = site.request()[1]
    for page in (site.get(link), site.post(link, "contact", contact="911"), site.get(f"{link}/cancel")):
        assert '<html lang="en">' in page.text and "<main>" in page.text
        assert len(re.findall("<h1>", page.text)) == 1
        labelled = set(re.findall(r'<label for="(\w+)"', page.text))
        fields = set(re.findall(r'<input id="(\w+)"', page.text))
        assert labelled == fields
        ids = set(re.findall(r' id="([\w-]+)"', page.text))
        for described in re.findall(r'aria-describedby="([^"]+)"', page.text):
            assert set(described.split()) <= ids


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "ground"),
        ("ink", "card"),
        ("quiet", "ground"),
        ("quiet", "card"),
        ("action", "ground"),
        ("danger", "ground"),
        ("good", "ground"),
    ],
)
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(name: str) -> float:
    code = re.search(rf"--{name}: #(\w{{6}});", STYLE)[1]
    parts = [int(code[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_two_apps_run_in_one_process(start_site: Callable[..., Site]) -> None:
    first, second = start_site(), start_site()
    assert first.url != second.url
    assert first.get("/readyz").json() == second.get("/readyz").json() == {"ready": True}


def test_without_its_database_it_is_not_ready_and_says_so_to_visitors(site: Site, tmp_path: Path) -> None:
    link = site.request()[1]
    with_database = tmp_path / "bookings.db"
    site.engine.dispose()  # a connection that is open would still see the file
    for file in tmp_path.glob("bookings.db*"):
        file.rename(tmp_path / f"away-{file.name}")
    with_database.mkdir()
    assert site.get("/readyz").status_code == 503
    page = site.get(link)
    assert page.status_code == 503
    assert "Something is wrong on our side" in words_of(page) and CLINIC.phone in words_of(page)


# --- the process ---


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BOOKINGS_KEY")}
    return {**kept, "VAR_DIR": str(tmp_path / "var"), "WEB_PORT": str(free_port()), "ALLOW_FICTIONAL_PHONES": "1"}


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command(), cwd=PROJECT_DIR, env=environment, stdout=log, stderr=log)
    yield running
    if running.poll() is None:
        running.kill()
        running.wait(10)


def command() -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "console"]


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("not ready within 30 seconds")


def test_the_process_serves_loopback_only_logs_no_token_and_stops_when_told(
    process: subprocess.Popen[bytes], environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{environment['WEB_PORT']}"
    wait_until_ready(url)
    monkeypatch.setenv("VAR_DIR", environment["VAR_DIR"])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("BOOKINGS_KEY", raising=False)
    reference = open_store(CLINIC).submit(a_request()).reference
    token = sign_link(reference, ContactCipher.load().derive(LINK_LABEL), utc_now())
    page = httpx.get(f"{url}/booking/{token}")
    assert page.status_code == 200 and reference in page.text
    form = {"code": code_of(page), "contact": "415 555 0177"}
    assert httpx.post(f"{url}/booking/{token}/contact", data=form).status_code == 303
    assert httpx.post(f"{url}/booking/{token}/times", data={"times": "x"}).status_code == 403
    assert httpx.get(f"{url}/booking/{token}x").status_code == 404
    assert httpx.get(f"{url}/book/{token}").status_code == 404
    with pytest.raises(httpx.ConnectError):  # an address of this machine, too, but not the one to listen on
        httpx.get(f"http://127.0.0.2:{environment['WEB_PORT']}/readyz")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert "console.started" in log
    for private in (token, reference, "0177", "booking/", "book/"):
        assert private not in log


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"WEB_PORT": "none"}, "WEB_PORT must be a port number", id="no port"),
        pytest.param({"PUBLIC_URL": "http://clinic.test"}, "PUBLIC_URL must start with https://", id="no TLS"),
        pytest.param({"DATABASE_URL": "mysql://u:hunter2@db/x"}, "DATABASE_URL: write", id="another database"),
        pytest.param({"DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"}, "(OperationalError)", id="no server"),
        pytest.param({"SMTP_URL": "smtp://localhost"}, "MAIL_FROM is missing", id="half a mail server"),
    ],
)
def test_a_wrong_setting_ends_it_at_once_with_one_line(
    environment: dict[str, str], changes: dict[str, str], said: str
) -> None:
    ended = subprocess.run(
        command(), cwd=PROJECT_DIR, env={**environment, **changes}, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert said in ended.stderr and ended.stderr.startswith("console: ") and len(ended.stderr.splitlines()) == 1
    assert "hunter2" not in ended.stderr


def test_a_port_that_is_taken_ends_it_at_once(site: Site, environment: dict[str, str]) -> None:
    taken = {**environment, "WEB_PORT": site.url.rpartition(":")[2]}
    ended = subprocess.run(command(), cwd=PROJECT_DIR, env=taken, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "Address already in use" in ended.stderr
