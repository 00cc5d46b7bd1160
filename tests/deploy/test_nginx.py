"""The real nginx with our configuration: what reaches whom, what nobody reaches, headers, sizes, the log."""

from __future__ import annotations

import re
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from rasa.shared.utils.common import class_from_module_path

from assistant.channels.incoming import MAX_BODY
from bookings.settings import LINK_PATH, PAGE_PATH
from console.app import _MOST_BYTES, _STATIC
from console.staff.access import ROOT
from console.staff.policy import POLICY
from tests.conftest import PROJECT_DIR, needs
from tests.platforms.inbound import ENVIRONMENT

from .proxy import NAME, NEWEST, TEMPLATE, Proxy, Upstream, fill, listening, programs, variables_of, version_of

HIDDEN = {"rest", "health"}  # channels that are for this machine only
MESSAGES = "/webhooks/webchat/messages"
OF_OURS = [
    *("Strict-Transport-Security", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "X-Robots-Tag"),
]


def routes_of_channels(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Paths by channel, from the channels themselves."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEBCHAT_KEY", "A" * 43 + "=")
    routes = {}
    for path in yaml.safe_load((PROJECT_DIR / "credentials.yml").read_text(encoding="utf-8")):
        channel = class_from_module_path(path)()
        prefix = channel.url_prefix() if channel.name() == "health" else f"/webhooks/{channel.name()}"
        futures = channel.blueprint(None)._future_routes  # type: ignore[arg-type]
        routes[channel.name()] = {f"{prefix.rstrip('/')}/{route.uri.lstrip('/')}" for route in futures}
    return routes


def pages() -> list[str]:
    """A path of every page and file of the web app."""
    staff = [re.sub(r"<\w+:\w+>", "webchat:1.2_3-4", ROOT + rule.path) for rule in POLICY.values()]
    links = [f"{PAGE_PATH}/a.token-of_it", f"{LINK_PATH}/a.token-of_it", f"{LINK_PATH}/a.token-of_it/calendar"]
    return [*staff, *links, *(f"/static/{name}" for name in _STATIC), "/", "/contact", "/widget.js", "/panel.0A1b2C.js"]


def test_both_kinds_of_nginx_are_tried() -> None:
    versions = [version_of(program) for program in programs()]
    assert len(versions) == 2, "install nginx-light, and run `make tests/deploy/.venv/.installed`"
    assert versions[1] > (1, 27, 3)


def test_it_finds_nothing_wrong_with_the_configuration(proxy: Proxy) -> None:
    result = proxy.check()
    assert result.returncode == 0, result.stderr
    assert not re.search(r"warn|emerg", result.stderr), result.stderr


def test_every_public_route_reaches_an_assistant(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = routes_of_channels(monkeypatch)
    assert len(channels) == 8
    public = set().union(*(paths for name, paths in channels.items() if name not in HIDDEN))
    assert len(public) == 7 + 5
    with proxy.client() as client:
        for path in public - {"/webhooks/webchat/events"}:
            assert client.get(path).json()["name"] in ("one", "two"), path
        assert client.get("/webhooks/webchat/events").text.startswith("data: ")


def test_every_page_reaches_the_web_app(proxy: Proxy) -> None:
    with proxy.client() as client:
        for path in pages():
            told = client.get(path).json()
            assert (told["name"], told["path"]) == ("web", path)


@pytest.mark.parametrize(
    "path",
    [
        *("/metrics", "/healthz", "/readyz", "/health", "/version", "/status", "/domain", "/webhook"),
        *("/conversations", "/conversations/x/tracker", "/model/parse", "/model", "/webhooks", "/webhooks/"),
        *("/webhooks/rest", "/webhooks/rest/", "/webhooks/rest/webhook", "/webhooks/webchat", "/webhooks/webchat/"),
        *("/webhooks/webchat/other", "/webhooks/webchat/messages/", "/webhooks/twilio", "/webhooks/facebook/webhook"),
        *("/webhooks/twilio/webhook/x", "/webhooks/socketio", "/staffing", "/static", "/book", "/x/widget.js", "/.env"),
        *("/webhooks/webchat/../rest/webhook", "/static/../readyz", "/staff/%2e%2e/readyz", "//readyz", "/a/../readyz"),
    ],
)
def test_nothing_else_is_reached(proxy: Proxy, path: str) -> None:
    assert proxy.raw(f"GET {path} HTTP/1.1").startswith("HTTP/1.1 404")


def test_the_hidden_channels_are_really_hidden(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = routes_of_channels(monkeypatch)
    with proxy.client() as client:
        for path in set().union(*(channels[name] for name in HIDDEN)) - {"/"}:
            for method in ("GET", "POST"):
                assert client.request(method, path).status_code == 404, path


def test_plain_http_is_sent_to_https_and_other_names_to_nobody(proxy: Proxy) -> None:
    plain = httpx.get(f"http://127.0.0.1:{proxy.http}/staff?x=1", headers={"Host": "evil.example"})
    assert (plain.status_code, plain.headers["location"]) == (308, f"https://{NAME}/staff?x=1")
    with proxy.client() as client:
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("version", "works"), [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)]
)
def test_only_present_versions_of_tls_are_spoken(proxy: Proxy, version: str, works: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", proxy.https)) as connection:
        if works:
            context.wrap_socket(connection, server_hostname=NAME).close()
        else:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_hostname=NAME)


@pytest.mark.parametrize("path", ["/", "/staff", MESSAGES, "/readyz", f"{MESSAGES}?busy=1"])
def test_every_answer_has_the_headers_of_ours_once(proxy: Proxy, path: str) -> None:
    with proxy.client() as client:
        reply = client.get(path)
    for name in OF_OURS:
        assert len(reply.headers.get_list(name)) == 1, name
    assert int(re.findall(r"max-age=(\d+)", reply.headers["strict-transport-security"])[0]) >= 31536000
    assert reply.headers["server"] == "nginx"


def test_the_visitors_address_is_the_one_that_was_seen_whatever_they_claim(proxy: Proxy) -> None:
    claimed = {
        **{"X-Forwarded-For": "6.6.6.6, 7.7.7.7", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"},
        **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Path": "/evil"},
        **{"X-Forwarded-Port": "1", "X-Forwarded-Prefix": "/evil", "X-Scheme": "http", "Proxy": "evil.example:1"},
        "X-Actions-Token": "guessed",
    }
    with proxy.client() as client:
        for path in (MESSAGES, "/staff"):
            told = client.post(path, headers=claimed).json()
            assert (told["address"], told["scheme"]) == ("127.0.0.1", "https")
            assert told["headers"]["host"] == NAME
            assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
            assert not re.search("evil|6.6.6.6|guessed", str(told["headers"]))


@pytest.mark.parametrize(
    ("path", "most"), [(MESSAGES, MAX_BODY), ("/webhooks/slack/webhook", MAX_BODY), ("/staff", _MOST_BYTES)]
)
def test_what_the_assistant_takes_gets_through_and_more_does_not(proxy: Proxy, path: str, most: int) -> None:
    with proxy.client() as client:
        assert client.post(path, content=b"x" * most).json()["bytes"] == most
        refused = client.post(path, content=b"x" * (most + 1))
    assert refused.status_code == 413
    if path == MESSAGES:
        assert {"911", "988"} <= set(re.findall(r"\d+", refused.json()["error"]))
        assert refused.headers["access-control-allow-origin"] == "*"
    assert not list(proxy.folder.glob("nginx-body/*")), "a visitor's words were written to a disk"


def test_no_address_and_no_link_stands_in_the_log(proxy: Proxy) -> None:
    with proxy.client() as client:
        client.get(f"{LINK_PATH}/secret-token", params={"q": "secret-word"}, headers={"Referer": "https://secret-page"})
        client.get("/webhooks/webchat/secret-path")
    time.sleep(0.2)
    assert '"route":"booking"' in proxy.log
    assert '"route":"webchat"' in proxy.log
    assert "secret" not in proxy.log
    seen = proxy.log.replace('"server":"127.0.0.1:', "")
    assert "127.0.0.1" not in re.sub(r", 127\.0\.0\.1:\d+", "", seen)


@needs(NEWEST.exists(), "the environment of tests/deploy: make test")
def test_staff_can_be_kept_to_the_clinics_own_network(
    tmp_path: Path, upstreams: tuple[Upstream, Upstream, Upstream]
) -> None:
    *servers, web = upstreams
    closed = Proxy(str(NEWEST), tmp_path, servers, web, {"NGINX_STAFF_ONLY": "allow 203.0.113.0/24; deny all;"})
    closed.start()
    try:
        with closed.client() as client:
            assert {path: client.get(path).status_code for path in ("/staff", "/staff/sign-in", "/")} == {
                **{"/staff": 403, "/staff/sign-in": 403},
                "/": 200,
            }
    finally:
        closed.stop()


@needs(NEWEST.exists(), "the environment of tests/deploy: make test")
def test_composes_values_are_ones_that_its_nginx_takes(tmp_path: Path) -> None:
    services = yaml.safe_load((PROJECT_DIR / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    values: dict[str, Any] = {
        name: value for name, value in services["nginx"]["environment"].items() if name.startswith("NGINX_")
    }
    filtered = values.pop("NGINX_ENVSUBST_FILTER")
    del values["NGINX_ENVSUBST_OUTPUT_DIR"]
    assert set(values) == variables_of(TEMPLATE.read_text(encoding="utf-8"))
    assert all(re.search(filtered, name) for name in values)
    made = Proxy(str(NEWEST), tmp_path, (), Upstream("web"))
    values |= {"NGINX_NAME": NAME, "NGINX_STAFF_ONLY": "", "NGINX_RUN": str(tmp_path)}
    values |= {"NGINX_CERTIFICATE": f"{tmp_path}/certificate.pem", "NGINX_KEY": f"{tmp_path}/key.pem"}
    made.configuration.write_text(fill(TEMPLATE.read_text(encoding="utf-8"), values), encoding="utf-8")
    result = made.check()
    assert result.returncode == 0, result.stderr
    assert "resolve" in values["NGINX_SERVERS"]
    assert listening(str(NEWEST), 1).count(";") == 2


def test_help_is_at_numbers_that_somebody_has_tried() -> None:
    known = {entry["shown"] for entry in yaml.safe_load((PROJECT_DIR / "knowledge/helplines.yml").read_text("utf-8"))}
    said = set(re.findall(r"\b\d{3}\b", " ".join(re.findall(r"(?:Call|text) [^'\"]+", TEMPLATE.read_text("utf-8")))))
    assert said == {"911", "988"}
    assert said <= known
