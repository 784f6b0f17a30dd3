"""Who may ask: names of hosts, other sites, tokens, bodies; on every route and every method that there is."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from serving import served
from starlette.routing import BaseRoute, Mount

from tidemill.core.errors import InvalidConfigError
from tidemill.server.app import create_app
from tidemill.server.guard import MOST_BYTES, check_address, host_name, is_loopback

TOKEN = "a-token-of-some-length"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
VALUES = {"run": "1", "number": "1", "path": "anything"}


def every_path(routes: list[BaseRoute]) -> list[str]:
    """An address of each route in the router's table, included routers and mounted apps too."""
    found: list[str] = []
    for route in routes:
        inner = getattr(route, "routes", None)
        if isinstance(route, Mount) or (inner and not isinstance(route, APIRoute)):
            found += [getattr(route, "path", "") + path for path in every_path(inner or [])]
        path = getattr(route, "path_format", None) or getattr(route, "path", None)
        if path is not None:
            for name, value in VALUES.items():
                path = path.replace(f"{{{name}}}", value)
            found.append(path or "/")
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    static = tmp_path_factory.mktemp("built")
    (static / "built").mkdir()
    (static / "built" / "page.js").write_text("1")
    (static / "index.html").write_text("<!doctype html><title>the page</title>")
    return create_app(tmp_path_factory.mktemp("store"), hosts=["lab.example"], static=static)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with served(app) as client:
        yield client


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(create_app(tmp_path_factory.mktemp("locked"), token=TOKEN)) as client:
        yield client


def paths_of(app: FastAPI) -> list[str]:
    """All of them, as the OpenAPI document and the router know them."""
    documented = [path.format(**VALUES) for path in app.openapi()["paths"]]
    return sorted({*documented, *every_path(app.routes), "/built/page.js"})


def test_the_table_of_routes_is_whole(app: FastAPI) -> None:
    paths = paths_of(app)
    assert "/api/run/1/cancel" in paths
    assert "/anything" in paths
    assert len(paths) > 28


@pytest.mark.parametrize("method", METHODS)
def test_no_route_answers_under_another_name(app: FastAPI, client: httpx.Client, method: str) -> None:
    for path in paths_of(app):
        answer = client.request(method, path, headers={"host": "evil.example"}, json={})
        assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_no_route_answers_a_page_of_another_site(
    app: FastAPI, client: httpx.Client, method: str, headers: dict[str, str]
) -> None:
    for path in paths_of(app):
        answer = client.request(method, path, headers=headers, json={})
        assert answer.status_code == 403, (method, path)


def test_a_link_may_lead_here_from_another_site(client: httpx.Client) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    assert client.post("/api/runs", headers=link, json={}).status_code == 403
    assert client.get("/", headers={**link, "origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("method", METHODS)
def test_no_route_takes_anything_but_json(app: FastAPI, client: httpx.Client, method: str) -> None:
    if method in ("GET", "HEAD"):
        return
    for path in paths_of(app):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            answer = client.request(method, path, headers={"content-type": kind}, content=b"{}")
            assert answer.status_code == 415, (method, path, kind)


@pytest.mark.parametrize("method", METHODS)
def test_no_route_is_open_without_the_token(app: FastAPI, locked: httpx.Client, method: str) -> None:
    for path in paths_of(app):
        for headers in ({}, {"authorization": "Bearer wrong"}, {"cookie": "tidemill-token=wrong"}):
            answer = locked.request(method, path, headers=headers, json={})
            assert answer.status_code == 401, (method, path, headers)


def test_a_get_changes_nothing_and_a_write_is_no_get(app: FastAPI) -> None:
    writes = {
        (path, method)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if method != "get"
    }
    assert writes == {
        ("/api/runs", "post"),
        ("/api/run/{run}/cancel", "post"),
        ("/api/run/{run}/rerun", "post"),
        ("/api/code/reload", "post"),
        ("/api/launch/check", "post"),
    }


GOOD = (
    "localhost", "LOCALHOST", "localhost:8080", "localhost.", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80",
    "[0:0:0:0:0:0:0:1]:80", "lab.example", "Lab.Example:99",
)  # fmt: skip
BAD = (
    "evil.com", "localhost.evil.com", "127.0.0.1.nip.io", "127.0.0.1.evil.com:80", "0.0.0.0",
    "127.0.0.2", "127.1", "0x7f.1", "2130706433", "[::]", "[::ffff:127.0.0.1]", "[::1", "::1]:80",
    "localhost:evil", "localhost:80:80", "localhost:80@evil.com", "user@localhost",
    "evil.com#localhost", "localhost/evil", "localhost\\evil", " ", ":80", "..", "local host",
    "xn--lcalhost-evil", "lab.example.evil.com", "metadata.google.internal", "169.254.169.254",
    "localhost\u0130.com", "loc\u0430lhost",
)  # fmt: skip


def asked_as(client: httpx.Client, *hosts: str, path: str = "/api/server") -> tuple[int, Any]:
    """Ask with these Host lines, which no client would send."""
    connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host.encode("utf-8"))
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    try:
        return answer.status, json.loads(body)
    except ValueError:
        return answer.status, body


@pytest.mark.parametrize("host", GOOD)
def test_names_of_this_machine_and_those_allowed_are_answered(client: httpx.Client, host: str) -> None:
    assert asked_as(client, host)[0] == 200


@pytest.mark.parametrize("host", BAD)
def test_any_other_name_is_refused(client: httpx.Client, host: str) -> None:
    assert asked_as(client, host)[0] in (400, 403)


def test_no_name_and_two_names_are_refused(client: httpx.Client) -> None:
    assert asked_as(client)[0] in (400, 403)
    assert asked_as(client, "localhost", "evil.com")[0] in (400, 403)
    assert asked_as(client, "evil.com", "localhost")[0] in (400, 403)


def test_who_is_refused_is_told_how_to_allow_a_name(client: httpx.Client) -> None:
    _, problem = asked_as(client, "my.lab:80")
    assert problem["next_step"].endswith("`--allow-host my.lab`")
    assert "localhost" in problem["expected"]


def test_a_page_of_the_server_itself_may_write(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    answer = client.post(
        "/api/launch/check", json={}, headers={"origin": origin, "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 409  # it was let in; there is no code
    assert client.post("/api/launch/check", json={}).status_code == 409  # and so is a program


def test_a_body_that_is_too_large_is_refused_with_or_without_its_length(client: httpx.Client) -> None:
    large = {"config": {"x": "y" * MOST_BYTES}}
    assert client.post("/api/launch/check", json=large).status_code == 413
    chunks = (b" " * 65_536 for _ in range(MOST_BYTES // 65_536 + 2))
    answer = client.post("/api/launch/check", content=chunks, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_every_answer_has_the_headers_that_bind_the_browser(app: FastAPI, client: httpx.Client) -> None:
    for path in ("/", "/built/page.js", "/api/server", "/api/nothing", "/runs/1"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        for part in (
            "default-src 'self'", "img-src 'self' data:", "script-src 'self'", "object-src 'none'",
            "base-uri 'none'", "frame-ancestors 'none'",
        ):  # fmt: skip
            assert part in policy, path
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
    assert "content-security-policy" in client.get("/", headers={"host": "evil.example"}).headers


def test_the_token_opens_as_a_header_or_as_the_cookie_that_its_address_leaves(locked: httpx.Client) -> None:
    assert locked.get("/api/server", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    moved = locked.get("/runs", params={"token": TOKEN, "status": "failed"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/runs?status=failed")
    cookie = moved.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    kept = cookie.partition(";")[0]
    assert locked.get("/api/server", headers={"cookie": kept}).status_code == 200
    locked.cookies.clear()
    assert locked.get("/api/server", params={"token": "wrong"}).status_code == 401


def test_the_address_that_leaves_the_token_never_leads_elsewhere(locked: httpx.Client) -> None:
    for path in ("//evil.example/x", "/\\evil.example/x", "///evil.example"):
        connection = http.client.HTTPConnection("127.0.0.1", locked.base_url.port, timeout=10)
        connection.request("GET", f"{path}?token={TOKEN}")
        location = connection.getresponse().headers["location"]
        connection.close()
        assert location[0] == "/", path
        assert location[1] not in "/\\", path


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "lab.example", "127.0.0.1.nip.io", ""])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(InvalidConfigError) as refused:
        check_address(host, None)
    assert "--token" in (refused.value.next_step or "")
    check_address(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_the_loopback_needs_none(host: str) -> None:
    check_address(host, None)
    assert is_loopback(host_name(host))


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="too short"):
        check_address("127.0.0.1", "secret")


PAYLOADS = (
    "..", ".", "../..", "%2e%2e", "%252e%252e", "..%2f..%2fetc%2fpasswd", "..\\..\\x", "%00", "1%00",
    "file:x", "1#", "a b", "1;ls", "C:", "CON", "\\\\host\\share", "1/../../x", "~", "$HOME", "1'--",
    "a" * 65, "-1.5", "{run}", "%c3%a9", "%0a", "%0d%0aX: y",
)  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_id_that_is_none_reaches_nothing(client: httpx.Client, payload: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port, timeout=10)
    address = payload.replace("#", "%23").replace(" ", "%20").encode().decode("latin-1")
    for path in ("/api/run/{}", "/api/run/{}/steps", "/api/run/{}/events", "/api/run/{}/log?step=x"):
        connection.request("GET", path.format(address))
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in (404, 422), (path, payload, body[:200])
        assert b"root:" not in body
    connection.close()


@pytest.mark.parametrize(
    "payload", ["../../../etc/passwd", "..", "a\0b", "%2e%2e%2f", "x" * 1001, "a\nb", "\x7f"]
)
def test_a_name_is_looked_up_and_never_a_path(client: httpx.Client, payload: str) -> None:
    for path in ("/api/asset", "/api/asset/versions", "/api/asset/versions/1", "/api/asset/metrics"):
        assert client.get(path, params={"key": payload}).status_code in (404, 422)


def test_the_page_s_files_are_those_of_the_build(client: httpx.Client) -> None:
    assert "the page" in client.get("/").text
    assert "the page" in client.get("/assets/a%2Fb").text  # the page of an asset, not a file of the build
    kept = client.get("/built/page.js")
    assert (kept.text, kept.headers["cache-control"]) == ("1", "public, max-age=31536000, immutable")
    connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port, timeout=10)
    for path in ("/built/../tidemill.db", "/built/%2e%2e/index.html", "/built/..%2f..%2fetc/passwd"):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404, path
    connection.close()


def test_a_read_only_server_refuses_every_request_for_a_change(tmp_path: Path) -> None:
    create_app(tmp_path)  # makes the store
    with served(create_app(tmp_path, read_only=True)) as client:
        for path in ("/api/runs", "/api/run/1/cancel", "/api/run/1/rerun", "/api/code/reload"):
            refused = client.post(path, json={})
            assert refused.status_code == 403, path
            assert "tidemill dev" in refused.json()["next_step"]
        assert client.get("/api/server").json()["read_only"] is True
