"""A site on this machine: whole files, ranges as players ask for them, and nothing outside the folder."""

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.publish.serve import HOST, address_of, server_of

CONTENT = bytes(range(100))


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    site = tmp_path / "site"
    (site / "media").mkdir(parents=True)
    (site / "index.html").write_text("<title>home</title>", encoding="utf-8")
    (site / "media/a.mp3").write_bytes(CONTENT)
    (site / "media/empty.mp3").write_bytes(b"")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    server = server_of(site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def answer(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    found = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return found


def test_a_folder_answers_with_its_page_and_a_file_with_its_type(port: int) -> None:
    status, headers, body = answer(port, "/")
    assert (status, body) == (200, b"<title>home</title>")
    status, headers, body = answer(port, "/media/a.mp3")
    assert (status, headers["content-type"], headers["accept-ranges"], body) == (200, "audio/mpeg", "bytes", CONTENT)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-9", 0, 9), ("90-", 90, 99), ("-5", 95, 99), ("-500", 0, 99), ("95-1000", 95, 99), ("0-0", 0, 0)],
)
def test_a_range_is_answered_in_part(port: int, asked: str, first: int, last: int) -> None:
    status, headers, body = answer(port, "/media/a.mp3", Range=f"bytes={asked}")

    assert status == 206
    assert headers["content-range"] == f"bytes {first}-{last}/100"
    assert headers["content-type"] == "audio/mpeg"
    assert body == CONTENT[first : last + 1]


@pytest.mark.parametrize(("path", "asked", "size"), [("a", "100-", 100), ("a", "7-3", 100), ("empty", "0-", 0)])
def test_a_range_that_holds_nothing_is_refused(port: int, path: str, asked: str, size: int) -> None:
    status, headers, body = answer(port, f"/media/{path}.mp3", Range=f"bytes={asked}")

    assert (status, headers["content-range"], body) == (416, f"bytes */{size}", b"")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=-", "seconds=0-1", "bytes=a-b"])
def test_a_range_that_is_not_understood_is_answered_whole(port: int, asked: str) -> None:
    status, _, body = answer(port, "/media/a.mp3", Range=asked)

    assert (status, body) == (200, CONTENT)


def test_a_head_has_the_headers_alone(port: int) -> None:
    status, headers, body = answer(port, "/media/a.mp3", "HEAD", Range="bytes=10-19")

    assert (status, headers["content-length"], body) == (206, "10", b"")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/media/../../secret.txt", "/no.html"])
def test_what_is_not_in_the_folder_is_not_there(port: int, path: str) -> None:
    assert answer(port, path)[0] == 404


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AtlasError) as caught:
        server_of(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'}: no such folder; give the folder of a site"


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    server = server_of(tmp_path)
    taken = server.server_address[1]
    with pytest.raises(AtlasError, match=f"--port {taken}: Address already in use; leave it out"):
        server_of(tmp_path, taken)
    assert address_of(server) == f"http://{HOST}:{taken}/"
    server.server_close()


def test_what_is_missing_is_answered_with_the_nearest_page_of_a_site_that_says_so(port: int, tmp_path: Path) -> None:
    status, _, body = answer(port, "/below/f/block2/1.html")
    assert (status, b"Error response" in body) == (404, True)

    (tmp_path / "site/below").mkdir()
    (tmp_path / "site/below/404.html").write_text("<title>none</title>", encoding="utf-8")
    for method, expected in (("GET", b"<title>none</title>"), ("HEAD", b"")):
        status, headers, body = answer(port, "/below/f/block2/1.html", method)
        assert (status, headers["content-type"], headers["content-length"]) == (404, "text/html; charset=utf-8", "19")
        assert body == expected
    assert b"Error response" in answer(port, "/elsewhere.html")[2]


ABORT = struct.pack("ii", 1, 0)
"of SO_LINGER: the connection is reset when it is closed, whatever was not sent"


def leave_early(port: int, path: str) -> None:
    """Ask for a file, and be gone after its first bytes."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert connection.recv(100)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)


def errors_of(site: Path, path: str, capfd: pytest.CaptureFixture[str]) -> str:
    """What a server prints to stderr about a visitor who leaves early."""
    server = server_of(site)
    server.daemon_threads = False  # closing waits for every answer
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    leave_early(server.server_address[1], path)
    server.shutdown()
    server.server_close()
    thread.join()
    return capfd.readouterr().err


def test_a_visitor_who_leaves_early_is_no_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "long.mp3").write_bytes(bytes(30_000_000))  # more than a socket takes at once

    assert errors_of(tmp_path, "/long.mp3", capfd) == ""


def test_a_bug_of_the_server_keeps_its_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def copyfile(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("http.server.SimpleHTTPRequestHandler.copyfile", copyfile)
    (tmp_path / "a.mp3").write_bytes(CONTENT)

    assert "ZeroDivisionError: a bug" in errors_of(tmp_path, "/a.mp3", capfd)
