"""Bytes, files and pages of a site, part by part, before it is there.

All of it follows from what is known of the corpus and the dictionaries, by the constants of `constants.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import comb

from atlas.planning import parts
from atlas.planning.causes import effects_json_bytes, panel_bytes
from atlas.planning.constants import SITE, SiteBytes
from atlas.planning.contents import Contents, DictionaryContents, spans
from atlas.planning.downloads import tables_part
from atlas.planning.firing import FiringMeans
from atlas.planning.media import heard_windows, media_parts
from atlas.planning.parts import SitePart, part_of_size
from atlas.render.pages.packed import SHARD
from atlas.render.parts.featuredata import ALONE, IN_SHARDS
from atlas.render.parts.tracks import most_bands
from atlas.schema.thresholds import TRACKED_FEATURES

_SCRIPT = 2_000_000  # bytes of a script of the search, at most
_LINKS = 500  # features a page of links
_SCRIPTS = 15  # of a dictionary
OF_A_CONTROL = 20
"examples on the page of a direction, as `render/parts/extent.py` has it"
_IN_SHARDS = IN_SHARDS.top / ALONE.top
_LISTED = 41  # characters of a page in `sitemap.xml`, beside the address of the site
_REST_FILES, _REST_PAGES = 67, 10
_PACKED_PANEL = 0.3  # of what effects add to a page, where it lies compressed in a shard


def page_bytes(firing: FiringMeans, examples: float) -> float:
    """The mean page of a dictionary's features."""
    evidence = SITE.page_active * firing.active + SITE.page_breadth * firing.breadth
    return SITE.page + evidence + SITE.page_example * examples


def shard_bytes(one: DictionaryContents) -> float:
    """What a feature takes in a shard, on the mean."""
    return SITE.shard_feature + SITE.shard_table * uncompressed_bytes(one.mel_bytes, one.example_bytes, one.firing)


def uncompressed_bytes(mel_bytes: float, example_bytes: float, firing: FiringMeans) -> float:
    """Of a packed page: what compresses no further than in the tables."""
    return mel_bytes + example_bytes * firing.few


def json_bytes(breadth: float, examples: float, site: SiteBytes = SITE) -> float:
    """The text of a feature's JSON, on the mean."""
    return site.json + site.json_breadth * breadth + site.json_example * examples


def packed_json_bytes(firing: FiringMeans, site: SiteBytes = SITE) -> float:
    """The same in a shard, where it is cut to as few rows as `IN_SHARDS` says, before it is compressed."""
    return json_bytes(firing.breadth, _IN_SHARDS * firing.few, site)


def site_parts(contents: Contents) -> dict[str, SitePart]:
    """The site, by part; those that hold nothing are left out."""
    found = dict(_feature_parts(contents))
    if contents.has_json:
        found[parts.JSON] = _json(contents)
    found |= {parts.CLIPS: _clip_pages(contents), parts.LABELS: _label_pages(contents)}
    found |= {parts.DICTIONARIES: _dictionary_pages(contents), parts.SEARCH: _search(contents)}
    if contents.config.media.base_url is None:
        found |= media_parts(contents)
    found |= {parts.TABLES: tables_part(contents), parts.FORMER: _former_names(contents)}
    found[parts.REST] = _rest(contents, found)
    return {name: found[name] for name in parts.PARTS if name in found and found[name].files}


def _shown(contents: Contents) -> tuple[DictionaryContents, ...]:
    """Dictionaries whose features all have whole pages."""
    return contents.learned if _stubs_controls(contents) else contents.dictionaries


def _stubs_controls(contents: Contents) -> bool:
    return not contents.config.site.control_pages and not contents.aliased


def _addressed(contents: Contents) -> float:
    return SITE.addressed if contents.config.site.base_url else 0.0


def _feature_parts(contents: Contents) -> Iterator[tuple[str, SitePart]]:
    shown = _shown(contents)
    features = sum(one.shape.features for one in shown)
    if contents.packed:
        inside = [shard_bytes(one) for one in shown]
        size = sum(one.shape.features * each for one, each in zip(shown, inside, strict=True))
        size += _PACKED_PANEL * panel_bytes(contents)
        shards = _shards(shown)
        yield parts.SHARDS, part_of_size(shards, size, largest=SHARD * max(inside, default=0))
        if not contents.aliased:
            yield parts.FEATURES, part_of_size(features, SITE.stub * features, pages=features, largest=SITE.stub)
    else:
        each = [page_bytes(one.firing, _shown_examples(one)) + _addressed(contents) for one in shown]
        size = sum(one.shape.features * page for one, page in zip(shown, each, strict=True)) + panel_bytes(contents)
        yield parts.FEATURES, part_of_size(features, size, pages=features, largest=2 * max(each, default=0))
    if _stubs_controls(contents):
        yield parts.CONTROLS, _stubbed_controls(contents)


def _shards(shown: Sequence[DictionaryContents]) -> int:
    return sum(-(-one.shape.features // SHARD) for one in shown)


def _shown_examples(one: DictionaryContents) -> float:
    """Of a direction of a control only the largest are shown."""
    return min(OF_A_CONTROL, one.firing.examples) if one.shape.is_control else one.firing.examples


def _json(contents: Contents) -> SitePart:
    shown, cited = _shown(contents), 0.0
    if contents.packed:
        files = float(_shards(shown))
        each = [SITE.json_packed * packed_json_bytes(one.firing) for one in shown]
    else:
        files = float(sum(one.shape.features for one in shown))
        each = [json_bytes(one.firing.breadth, one.firing.few) for one in shown]
    size = sum(one.shape.features * text for one, text in zip(shown, each, strict=True))
    size += effects_json_bytes(contents) * (SITE.json_packed if contents.packed else 1)
    largest = max(each, default=0) * (SHARD if contents.packed else 2)
    for one in contents.controls if _stubs_controls(contents) else ():
        cited += _cited(one, contents)
        size += _cited(one, contents) * json_bytes(
            one.firing.breadth, one.firing.few * (_IN_SHARDS if contents.packed else 1)
        )
    return part_of_size(files + cited, size, largest=largest)


def _cited(one: DictionaryContents, contents: Contents) -> float:
    """Directions of a control that other pages lead to, and that so have whole pages."""
    return min(one.shape.features, SITE.cited + SITE.cited_a_label * contents.labels)


def _stubbed_controls(contents: Contents) -> SitePart:
    files, size = 0, 0.0
    for one in contents.controls:
        cited = _cited(one, contents)
        files += one.shape.features
        size += cited * page_bytes(one.firing, _shown_examples(one))
        size += (one.shape.features - cited) * SITE.control_stub
    return part_of_size(files, size, pages=files, largest=60_000)


def _clip_pages(contents: Contents) -> SitePart:
    heard, bands = heard_windows(contents), 0
    if contents.learned:
        bands = len(contents.learned) * min(TRACKED_FEATURES, most_bands(len(contents.learned)))
    timed = heard.sounds / contents.outline.count * spans(contents)
    size = SITE.clip * heard.sounds + SITE.clip_band_s * bands * heard.seconds + SITE.clip_span * timed
    return part_of_size(heard.sounds, size, pages=heard.sounds, largest=100_000)


def _label_pages(contents: Contents) -> SitePart:
    each = SITE.label + SITE.label_dictionary * len(contents.learned) + _addressed(contents)
    size = contents.labels * (each + SITE.label_row)
    return part_of_size(contents.labels + 1, size, pages=contents.labels + 1, largest=2 * each)


def _dictionary_pages(contents: Contents) -> SitePart:
    several = len(contents.dictionaries)
    pairs = comb(several, 2)
    size = SITE.dictionary * several + SITE.comparison * pairs + (SITE.csv_row + SITE.link) * contents.features
    links = sum(-(-one.shape.features // _LINKS) for one in contents.dictionaries)
    pages = several + pairs + links + (len(contents.learned) > 1)
    largest = SITE.csv_row * max(one.shape.features for one in contents.dictionaries)
    return part_of_size(pages + several, size, pages=pages, largest=largest)


def _search(contents: Contents) -> SitePart:
    size = SITE.search * contents.features + SITE.search_clip * contents.outline.count
    files = 5 + (_SCRIPTS + 1) * len(contents.dictionaries) + size / _SCRIPT
    return part_of_size(files, size, largest=min(size, _SCRIPT))


def _former_names(contents: Contents) -> SitePart:
    """A page for each one that a dictionary, or two that are compared, had under former names."""
    several = former_names(contents)
    pages = sum((1 + one) * (1 + other) - 1 for one, other in combinations(several.values(), 2))
    for one in contents.dictionaries:
        features = one.shape.features
        pages += several[one.shape.name] * (1 + -(-features // _LINKS) + (0 if contents.aliased else features))
    return part_of_size(pages, SITE.moved * pages, pages=pages, largest=2 * SITE.moved)


def former_names(contents: Contents) -> dict[str, int]:
    """How many former names each dictionary has: those of the config, which its controls follow, as `render` has it."""
    former = dict.fromkeys((one.shape.name for one in contents.dictionaries), 0)
    for old, new in contents.config.site.redirects.items():
        for one in contents.dictionaries:
            name, is_of = one.shape.name, one.shape.control_of == new
            follows = is_of and name.startswith(f"{new}-") and f"{old}{name.removeprefix(new)}" not in former
            former[name] += name == new or follows
    return former


def _rest(contents: Contents, found: Mapping[str, SitePart]) -> SitePart:
    """What every site has; where its address is known, a list of its pages and a picture, too."""
    base, size = contents.config.site.base_url, SITE.rest
    if base:
        listed = sum(part.pages for name, part in found.items() if name not in (parts.CONTROLS, parts.FORMER))
        size += SITE.preview + listed * (len(base) + _LISTED)
    return part_of_size(_REST_FILES + 2 * bool(base), size, pages=_REST_PAGES, largest=100_000)
