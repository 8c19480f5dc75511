"""What one page of a site asks for and promises: links, anchors, its security policy, and what that policy forbids.

Pages come from our own templates, which escape every text and put attributes into double quotes. So patterns suffice
here, and a site of 6,144 pages is read in seconds; an HTML parser would take minutes.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from atlas.render.templating import policy_with
from atlas.schema.site import PublishedMedia

_ADDRESS = re.compile(r'\s(?:href|src|poster|action|xlink:href|data-(?:audio|picture|src|page))="([^"]*)"')
_ANCHOR = re.compile(r'\s(?:id|name)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_REFRESH = re.compile(r'<meta http-equiv="refresh" content="\d+; url=([^"]*)"')
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_LOADING = re.compile(r"<(?:script|link|style|img|audio|image|iframe)\b")
_OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_FOLLOWED = re.compile(r'<(?:a\b|link rel="canonical")[^<>]*?\shref="(https?://[^"]*)"')
_LOADED = re.compile(
    r'<(?!a\b|link rel="canonical")([a-z]+)\b[^<>]*?\s(?:href|src|poster|action|xlink:href)="((?:https?:)?//[^"]*)"'
)
_PLAYED = re.compile(r'<a class="play[^"]*" href="([^"]*)"')
_MEDIA = re.compile(r"audio/[0-9a-f]+\.mp3(?:#t=[\d.,]+)?|spectrograms/[0-9a-f]+\.webp")
_VALUE = re.compile(r'"[^"<>]*"')
_FORBIDDEN = (
    ("<style", re.compile(r"<style\b"), "a style element"),
    ("<script", re.compile(r'<script(?! type="application/ld\+json">)(?![^>]*\ssrc=)'), "a script in the page"),
    ("script:", re.compile(r'\s(?:href|src|action)="\s*javascript:', re.IGNORECASE), "a javascript: address"),
)
"each with letters that it has in it: looking for those alone is much faster"
_FORBIDDEN_ATTRIBUTES = (
    (re.compile(r"\sstyle\s*="), re.compile(r"<[a-z][^<>]*\sstyle\s*="), "a style attribute"),
    (re.compile(r"\son[a-z]+\s*="), re.compile(r"<[a-z][^<>]*\son[a-z]+\s*="), "an event handler in an attribute"),
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A page's links within the site, as they are written; and its faults, each a sentence without a subject."""

    links: frozenset[str]
    faults: tuple[str, ...]


_WHOLE = PublishedMedia()
"of a site that has its own sounds and pictures"


def scan(text: str, media: PublishedMedia = _WHOLE) -> Scanned:
    """What a page asks for, and what is wrong with it by itself; `media` is where its site has sounds and pictures."""
    addresses = {html.unescape(address) for pattern in (_ADDRESS, _REFRESH) for address in pattern.findall(text)}
    links = frozenset(address for address in addresses if not _OUTSIDE.match(address))
    faults = (
        *_policy_faults(text, policy_with(media.origins)),
        *_outside_faults(text, addresses - links, media.base_url),
        *_double_ids(text),
    )
    return Scanned(links, faults)


def anchors(text: str) -> frozenset[str]:
    """The names within a page that a link can lead to."""
    return frozenset(html.unescape(anchor) for anchor in _ANCHOR.findall(text))


def _policy_faults(text: str, allowed: str) -> Iterator[str]:
    policy = _POLICY.search(text)
    loading = _LOADING.search(text)
    if policy is None:
        yield "has no security policy"
    elif html.unescape(policy.group(1)) != allowed:
        yield "has another security policy than the tool gives to this site"
    elif loading and loading.start() < policy.start():
        yield "loads something before its security policy"
    bare = _VALUE.sub('""', text)  # a value may speak of attributes
    small = text.lower()
    forbidden = [what for letters, pattern, what in _FORBIDDEN if letters in small and pattern.search(text)]
    forbidden += [what for part, pattern, what in _FORBIDDEN_ATTRIBUTES if part.search(bare) and pattern.search(bare)]
    yield from (f"holds {what}, which the security policy forbids" for what in forbidden)


def _outside_faults(text: str, outside: set[str], media: str | None) -> Iterator[str]:
    """A reader may follow a link to elsewhere; no page may load from there, or know another scheme.

    But for sounds and pictures, where the site has them on another host.
    """
    outside = {address for address in outside if not address.startswith("data:image/")}
    if not outside:
        return
    named = ((tag, html.unescape(address)) for tag, address in _LOADED.findall(text))
    loaded = {address for tag, address in named if not (tag == "img" and _is_media(address, media))}
    loaded |= {address for address in map(html.unescape, _PLAYED.findall(text)) if not _is_media(address, media)}
    followed = {html.unescape(address) for address in _FOLLOWED.findall(text)}
    for address in sorted(outside):
        allowed = address in followed or _is_media(address, media) or address.startswith("javascript:")
        if address in loaded or not allowed:
            yield f"asks for {address[:80]}, which is outside of the site"


def _is_media(address: str, media: str | None) -> bool:
    """Whether this is a sound or a picture of a clip on the host that has them."""
    return media is not None and address.startswith(media) and _MEDIA.fullmatch(address.removeprefix(media)) is not None


def _double_ids(text: str) -> Iterator[str]:
    ids = _ID.findall(text)
    if len(ids) != len(set(ids)):
        double = sorted({name for name in ids if ids.count(name) > 1})
        yield f"uses the id {html.unescape(double[0])} twice"
