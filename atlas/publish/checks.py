"""Check a finished site before others see it: links, anchors, policy, sizes, limits of its host, stable addresses.

It reads files and opens no network. What many pages have in common is told once, with the first page and their number.
"""

import json
import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from atlas.errors import AtlasError
from atlas.formatting import counted
from atlas.progress import Echo, bar
from atlas.publish.former import former_faults
from atlas.publish.hosts import HOSTS, Host, beyond_file, beyond_site
from atlas.publish.pagescan import anchors, scan
from atlas.render.datascripts import part_address
from atlas.render.pages.packed import SHARD
from atlas.render.site import ALIAS
from atlas.schema.site import SITE, PublishedMedia, PublishedSite, read_site

REQUIRED = ("index.html", "404.html", "f.html", "about.html", "search.html", "map.html", "list.html", ".nojekyll")
INDEX = "data/index.js"
MISSING = "404.html"
A_FEATURE = "f/dictionary/0.html"

_STYLE_ADDRESS = re.compile(r"""(?:url\(|@import\s+["'])\s*["']?([^"')\s;]+)""")
_SCRIPT_ADDRESS = re.compile(r"""["'`](https?://[^"'`\s]+)""")
_ALIASED = re.compile(r"<html[^>]*\sdata-alias[\s>]")
_NAMESPACE = "http://www.w3.org/"


@dataclass(slots=True)
class Faults:
    """What is wrong: each sentence once, with the first file that it holds of and how many there are."""

    files: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, where: str, before: str, after: str = "") -> None:
        """A fault of a file, whose name stands between the two parts of the sentence."""
        self.files.setdefault((before, after), []).append(where)

    def sentences(self) -> list[str]:
        return [f"{before}{_named(places)}{after}" for (before, after), places in self.files.items()]


def _named(places: list[str]) -> str:
    first = places[0]
    return first if len(places) == 1 else f"{first} (and {counted(len(places) - 1, 'other file')})"


def check_site(folder: Path, echo: Echo, host: Host = HOSTS["github"]) -> list[str]:
    """Everything that is wrong with a site, a sentence each; and a closing line."""
    if not (folder / "index.html").is_file():
        raise AtlasError(f"{folder}: no index.html, so no site; give the folder that `atlas render` wrote")
    sizes, faults = _sizes(folder), Faults()
    for name in REQUIRED:
        if name not in sizes:
            faults.add(name, "", " is missing")
    _check_sizes(sizes, host, faults)
    _check_features(folder, sizes, faults)
    published = _published(folder, faults)
    for address, fault in former_faults(published, sizes) if published else ():
        faults.add(address, "", fault)
    media = published.media if published else PublishedMedia()
    _check_assets(folder, sizes, faults, media.base_url)
    _check_pages(folder, sizes, faults, media)
    problems = faults.sentences()
    pages = [size for name, size in sizes.items() if name.endswith(".html")]
    echo(
        f"check      {counted(len(sizes), 'file')}, {sum(sizes.values()) / 1e6:.1f} MB, of which"
        f" {counted(len(pages), 'page')}, the largest {max(pages) / 1e3:.0f} kB: {counted(len(problems), 'problem')}"
    )
    if media.base_url is not None:
        echo(f"           sounds and pictures lie at {media.base_url}, which is not checked: no network is opened here")
    return problems


def _sizes(folder: Path) -> dict[str, int]:
    """All files by address, in order; what git keeps is no part of the site."""
    sizes = {}
    for place, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted(one for one in files if one != ".git"):  # a file in a worktree
            path = Path(place, name)
            sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
    return sizes


def _check_sizes(sizes: Mapping[str, int], host: Host, faults: Faults) -> None:
    for told in beyond_site(host, len(sizes), sum(sizes.values())):
        faults.add("the site", "", told)
    for name, size in sizes.items():
        beyond = beyond_file(host, size)
        if beyond is not None:
            faults.add(name, "", beyond)


def _check_features(folder: Path, sizes: Mapping[str, int], faults: Faults) -> None:
    """Every feature has its address, dead or not, and every data script that the index names is there."""
    try:
        index = read_index(folder / INDEX)
    except (OSError, ValueError, KeyError) as error:
        faults.add(INDEX, "", f" cannot be read ({type(error).__name__}), so it is not known which features there are")
        return
    aliased = _is_aliased(folder)
    for name, features, scripts in index:
        for address in (f"data/{script}" for script in scripts):
            if address not in sizes:
                faults.add(address, "", f" is missing, though {INDEX} names it")
        for address in _addresses(name, features, aliased):
            if address not in sizes:
                faults.add(address, "", f" is missing: {name} has {counted(features, 'feature')}, and each has a page")


def read_index(path: Path) -> list[tuple[str, int, list[str]]]:
    """Each dictionary that `data/index.js` names: its features, and its scripts relative to `data/`."""
    text = path.read_text(encoding="utf-8")
    content = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    return [
        (
            entry["name"],
            entry["features"],
            [
                part_address(entry["name"], script, number)
                for script, parts in sorted(entry["scripts"].items())
                for number in range(1, parts + 1)
            ],
        )
        for entry in content["dictionaries"]
    ]


def _is_aliased(folder: Path) -> bool:
    """Whether features have no files of their own: the alias and 404.html then show them out of shards."""
    try:
        return _ALIASED.search((folder / ALIAS).read_text(encoding="utf-8")) is not None
    except OSError:
        return False


def _addresses(name: str, features: int, aliased: bool) -> Iterator[str]:
    if not name:  # what all dictionaries share has scripts, and no pages
        return
    yield f"d/{name}.html"
    if aliased:
        yield from (f"p/{name}/{shard}.js" for shard in range(-(-features // SHARD)))
    else:
        yield from (f"f/{name}/{feature}.html" for feature in range(features))


def _check_assets(folder: Path, sizes: Mapping[str, int], faults: Faults, media: str | None) -> None:
    """What style sheets and our own scripts ask for; scripts may name the host of sounds and pictures."""
    for name in sizes:
        if name.startswith("assets/") and name.endswith(".css"):
            for address in _STYLE_ADDRESS.findall((folder / name).read_text(encoding="utf-8")):
                _check_style_address(name, address, sizes, faults)
        if name.startswith("assets/") and name.endswith(".js"):
            for address in _SCRIPT_ADDRESS.findall((folder / name).read_text(encoding="utf-8")):
                if address != media and not address.startswith(_NAMESPACE):
                    faults.add(name, "", f" names {address}, which is outside of the site")


def _check_style_address(name: str, address: str, sizes: Mapping[str, int], faults: Faults) -> None:
    if address.startswith(("http:", "https:", "//")):
        faults.add(name, "", f" asks for {address}, which is outside of the site")
    elif not address.startswith(("data:", "#")) and _resolved(name, address) not in sizes:
        faults.add(name, f"{address}: asked for by ", ", and not there")


def _check_pages(folder: Path, sizes: Mapping[str, int], faults: Faults, media: PublishedMedia) -> None:
    pages = [name for name in sizes if name.endswith(".html")]
    aliased = _is_aliased(folder)
    wanted: dict[str, dict[str, list[str]]] = {}  # page -> anchor -> the pages that link to it
    with bar("check", len(pages), "pages") as advance:
        for name in pages:
            scanned = scan((folder / name).read_text(encoding="utf-8"), media)
            for fault in scanned.faults:
                faults.add(name, "", f" {fault}")
            for link in sorted(scanned.links):
                _check_link((name, link, _goal(name, link, sizes, aliased)), sizes, faults, wanted)
            advance(1)
    for goal, by_anchor in sorted(wanted.items()):
        known = anchors((folder / goal).read_text(encoding="utf-8"))
        for anchor, places in sorted(by_anchor.items()):
            for place in places if anchor not in known else ():
                faults.add(place, f"{goal}#{anchor}: linked from ", f", and {goal} has no such anchor")


def _published(folder: Path, faults: Faults) -> PublishedSite | None:
    """What the site says of itself: former names, and where it has sounds and pictures if not in itself."""
    try:
        return read_site((folder / SITE).read_bytes(), SITE)
    except OSError:
        return None  # the site of an earlier version
    except AtlasError as error:
        faults.add(SITE, "", f" cannot be used ({error})")
        return None


def _check_link(
    linked: tuple[str, str, str], sizes: Mapping[str, int], faults: Faults, wanted: dict[str, dict[str, list[str]]]
) -> None:
    page, link, goal = linked
    if goal.startswith(("/", "../")):
        faults.add(page, f"{link}: linked from ", ", and leads out of the site; links are relative to their page")
    elif goal not in sizes:
        faults.add(page, f"{goal}: linked from ", ", and not there")
    elif "#" in link and goal.endswith(".html") and goal != ALIAS:  # a script reads what follows the alias
        anchor = unquote(link.split("#", 1)[1])
        if anchor:
            wanted.setdefault(goal, {}).setdefault(anchor, []).append(page)


def _goal(page: str, link: str, sizes: Mapping[str, int], aliased: bool) -> str:
    """Where a link leads; 404.html stands at any depth, so its links may begin at the host's root, above the site's."""
    goal = _resolved(page, link)
    if page != MISSING or goal == page:
        return goal
    if link.startswith("/"):
        parts = goal[1:].split("/")
        tails = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((tail for tail in tails if tail in sizes), goal)
    return _resolved(A_FEATURE, link) if aliased else goal  # where features have no files, it stands at theirs


def _resolved(page: str, link: str) -> str:
    """The address from the site's root that a link leads to."""
    return _joined(posixpath.dirname(page), link) or page


@lru_cache(maxsize=2**17)  # pages of one folder share most of their links
def _joined(folder: str, link: str) -> str:
    """The same, seen from a folder; empty where the link stays on its page."""
    path = unquote(re.split(r"[?#]", link, maxsplit=1)[0])
    if not path:
        return ""
    joined = posixpath.normpath(posixpath.join(folder, path))
    return (
        posixpath.join("" if joined == "." else joined, "index.html") if path.endswith("/") or joined == "." else joined
    )
