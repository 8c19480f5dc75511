"""How quick pages are on a phone: 1.6 Mbit/s, 150 ms a round trip and a processor slowed four times, in Chromium.

    python -m tests.benchmarks.phone SITE "search.html?q=siren" index.html f/block1/7.html [--latency 150] [--zipped]

A line a page: milliseconds to what a reader waits for, the median of `--times` visits with an empty cache, and the
bytes and requests up to then. Of a search that is the first row or card with its name; of other pages, when all is
loaded but sounds. Sites are served as they lie, or with `--zipped` compressed as hosts do.
"""

import gzip
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

BYTES_PER_S = 1_600_000 / 8
SLOWER = 4
ROWS = "#rows > li .code, #cards .card bdi, #jumps li .code"
SEEN = f"() => [...document.querySelectorAll({ROWS!r})].some((name) => name.textContent && name.checkVisibility())"
ZIPPED = (".html", ".js", ".css", ".svg", ".json")


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit: when what was waited for stood there, and what had been loaded."""

    ms: float
    painted_ms: float
    size: float
    requests: int


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A browser that leaves in the middle of a file has seen what it was asked for."""


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    zipped = False

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if self.zipped and path.suffix in ZIPPED:
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: the lines would stand between the figures."""


@contextmanager
def served(site: Path, zipped: bool) -> Iterator[str]:
    """The address of a site."""
    handler = type("Handler", (_Handler,), {"zipped": zipped})
    server = _Server(("127.0.0.1", 0), partial(handler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def slowed(page: Any, latency_ms: float) -> Any:
    """The page, its network and its processor slowed."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S / 2}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency_ms, **speed})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def seen(browser: Any, base: str, address: str, latency_ms: float) -> Seen:
    """One visit with an empty cache."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page = context.new_page()
    session = slowed(page, latency_ms)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(base + address, wait_until="commit")
    if address.startswith("search.html"):
        page.wait_for_function(SEEN, timeout=60_000, polling=20)
    else:
        page.wait_for_load_state("load", timeout=60_000)
    found = Seen(page.evaluate("performance.now()"), _painted(page), sum(sizes), len(sizes))
    context.close()
    return found


def _painted(page: Any) -> float:
    """When the largest thing in sight was painted."""
    watch = """() => new Promise((done) => {
      new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
        .observe({ type: "largest-contentful-paint", buffered: true });
      setTimeout(() => done(NaN), 2000);
    })"""
    return float(page.evaluate(watch))


def main() -> None:
    parser = ArgumentParser(description="How quick pages are on a phone.")
    parser.add_argument("site", type=Path)
    parser.add_argument("addresses", nargs="+")
    parser.add_argument("--latency", type=float, default=150, help="milliseconds of a round trip")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--zipped", action="store_true", help="compress as hosts do")
    given = parser.parse_args()
    with served(given.site, given.zipped) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--mute-audio"])
        for address in given.addresses:
            visits = [seen(browser, base, address, given.latency) for _ in range(given.times)]
            times, painted = (median(values) for values in ([v.ms for v in visits], [v.painted_ms for v in visits]))
            size, requests = median(v.size for v in visits), median(v.requests for v in visits)
            print(
                f"{times:6.0f} ms  {painted:6.0f} ms painted  {size / 1000:6.0f} kB  {requests:3.0f} files  {address}"
            )
        browser.close()


if __name__ == "__main__":
    main()
