"""The real nginx under floods, with streams, and while servers fail."""

from __future__ import annotations

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from assistant.channels.webchat_limits import _IN_DANGER, _OF_ADDRESS
from assistant.channels.webchat_settings import WebchatSettings

from .proxy import Proxy, Upstream
from .upstream import GAP

MESSAGES = "/webhooks/webchat/messages"


def test_more_pages_than_anybody_reads_are_refused_for_a_moment(proxy: Proxy) -> None:
    with proxy.client() as client:
        replies = [client.get("/contact") for _ in range(400)]
    assert {reply.status_code for reply in replies[:100]} == {200}
    refused = [reply for reply in replies if reply.status_code == 429]
    assert len(refused) > 100
    assert {reply.headers["retry-after"] for reply in refused} == {"10"}
    assert {len(reply.headers.get_list("strict-transport-security")) for reply in refused} == {1}
    time.sleep(0.5)
    with proxy.client() as client:
        assert client.get("/contact").status_code == 200


def test_an_address_in_danger_is_never_refused_and_a_flood_is_told_where_help_is(proxy: Proxy) -> None:
    most = WebchatSettings().messages_per_minute * _IN_DANGER * _OF_ADDRESS
    assert most == 1200
    assert Counter(_flood(proxy, most)) == {200: most}
    assert Counter(_flood(proxy, most)) == {200: most}, "the second minute begins as the first one ends"
    floods = 0
    while 429 not in (found := Counter(_flood(proxy, 500))):
        floods += 1
        assert floods < 20, found
    head, _, body = proxy.raw(f"GET {MESSAGES} HTTP/1.1", many=60).rpartition("HTTP/1.1 429")[2].partition("\r\n\r\n")
    assert "Retry-After: 5" in head
    assert "Access-Control-Expose-Headers: Retry-After" in head
    assert "Strict-Transport-Security" in head
    assert "911" in body
    assert "988" in body
    with ThreadPoolExecutor(4) as threads:  # the platforms' addresses have no limit, also now
        with proxy.client() as client:
            path = "/webhooks/twilio/webhook"
            assert set(threads.map(lambda _: client.post(path).status_code, range(100))) == {200}


def test_the_assistants_own_refusals_pass_unchanged(proxy: Proxy) -> None:
    with proxy.client() as client:
        reply = client.get("/webhooks/slack/webhook?busy=1")
    assert (reply.status_code, reply.json()["error"]) == (429, "own words")
    assert reply.headers.get_list("retry-after") == ["42"]
    assert "access-control-allow-origin" not in reply.headers


def test_events_arrive_one_by_one(proxy: Proxy) -> None:
    with proxy.client() as client, client.stream("GET", "/webhooks/webchat/events") as reply:
        assert reply.status_code == 200
        began, arrived = time.monotonic(), []
        for line in reply.iter_lines():
            if line:
                arrived.append(time.monotonic() - began)
    assert len(arrived) == 3
    assert arrived[0] < GAP / 2
    assert all(later - earlier > GAP / 2 for earlier, later in zip(arrived, arrived[1:]))


def test_both_assistants_answer_without_one_being_stuck_to(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert {client.post(MESSAGES).json()["name"] for _ in range(20)} == {"one", "two"}


def test_when_an_assistant_dies_the_other_answers(proxy: Proxy, upstreams: tuple[Upstream, Upstream, Upstream]) -> None:
    one, _, web = upstreams
    one.kill()
    try:
        with proxy.client() as client:
            answers = [client.request(method, MESSAGES) for method in ("GET", "POST", "DELETE") for _ in range(5)]
            assert {reply.json()["name"] for reply in answers} == {"two"}
    finally:
        one.start()
    web.kill()
    try:
        with proxy.client() as client:
            away = client.post("/staff")
            assert (away.status_code, away.headers["retry-after"]) == (503, "10")
            assert client.post(MESSAGES).status_code == 200
    finally:
        web.start()


def test_when_no_assistant_is_left_the_visitor_is_told_where_help_is(
    proxy: Proxy, upstreams: tuple[Upstream, Upstream, Upstream]
) -> None:
    one, two, _ = upstreams
    one.kill()
    two.kill()
    try:
        with proxy.client() as client:
            away = client.post(MESSAGES)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert "988" in away.json()["error"]
        assert away.headers["access-control-allow-origin"] == "*"
    finally:
        one.start()
        two.start()
    time.sleep(3.1)  # they are tried again
    with proxy.client() as client:
        assert client.post(MESSAGES).status_code == 200


def _flood(proxy: Proxy, count: int) -> list[int]:
    """Send many messages as fast as they are taken; the status of each."""
    with ThreadPoolExecutor(10) as threads:
        replies = threads.map(lambda _: proxy.raw(f"GET {MESSAGES} HTTP/1.1", count // 10), range(10))
    return [int(status) for reply in replies for status in re.findall(r"HTTP/1\.1 (\d{3})", reply)]
