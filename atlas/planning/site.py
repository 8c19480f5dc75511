"""Bytes, files and pages of a site, part by part, before it is there.

All of it follows from what is known of the corpus and the dictionaries, by the constants of `constants.py`.
"""

from collections.abc import Iterator
from math import comb

from atlas.planning import parts
from atlas.planning.constants import SITE
from atlas.planning.contents import Contents, DictionaryContents, spans
from atlas.planning.firing import FiringMeans
from atlas.planning.folder import ANNOTATED, CODES, CORPUS, FIGURES, PEAKS, atlas_parts, vectors_bytes
from atlas.planning.media import heard_windows, media_parts
from atlas.planning.parts import SitePart, part_of_size
from atlas.render.pages.packed import SHARD
from atlas.render.parts.extent import PACKED
from atlas.render.parts.tracks import most_bands
from atlas.schema.thresholds import TRACKED_FEATURES

SHARD_EXAMPLES = PACKED.top + 5 * PACKED.others
"of a feature, on a packed page"
_SCRIPT = 2_000_000  # bytes of a script of the search, at most
_LINKS = 500  # features a page of links
_SCRIPTS = 15  # of a dictionary


def page_bytes(firing: FiringMeans, examples: float) -> float:
    """The mean page of a dictionary's features."""
    evidence = SITE.page_active * firing.active + SITE.page_tested * firing.tested
    return SITE.page + evidence + SITE.page_example * examples


def shard_bytes(one: DictionaryContents) -> float:
    """What a feature takes in a shard, on the mean."""
    return SITE.shard_feature + SITE.shard_table * uncompressed_bytes(one.mel_bytes, one.example_bytes, one.firing)


def uncompressed_bytes(mel_bytes: float, example_bytes: float, firing: FiringMeans) -> float:
    """Of a packed page: what compresses no further than in the tables."""
    return mel_bytes + example_bytes * min(SHARD_EXAMPLES, firing.examples)


def site_parts(contents: Contents) -> dict[str, SitePart]:
    """The site, by part; those that hold nothing are left out."""
    found = dict(_feature_parts(contents))
    found |= {parts.CLIPS: _clip_pages(contents), parts.LABELS: _label_pages(contents)}
    found |= {parts.DICTIONARIES: _dictionary_pages(contents), parts.SEARCH: _search(contents)}
    if contents.config.media.base_url is None:
        found |= media_parts(contents)
    found[parts.TABLES] = _tables(contents)
    pages = sum(part.pages for part in found.values())
    found[parts.REST] = part_of_size(70, SITE.rest + SITE.rest_page * pages, pages=8, largest=100_000)
    return {name: found[name] for name in parts.PARTS if name in found and found[name].files}


def _feature_parts(contents: Contents) -> Iterator[tuple[str, SitePart]]:
    stubbed = not contents.config.site.control_pages and not contents.aliased
    shown = contents.learned if stubbed else contents.dictionaries
    features = sum(one.shape.features for one in shown)
    if contents.packed:
        inside = [shard_bytes(one) for one in shown]
        size = sum(one.shape.features * each for one, each in zip(shown, inside, strict=True))
        shards = sum(-(-one.shape.features // SHARD) for one in shown)
        yield parts.SHARDS, part_of_size(shards, size, largest=SHARD * max(inside, default=0))
        if not contents.aliased:
            yield parts.FEATURES, part_of_size(features, SITE.stub * features, pages=features, largest=SITE.stub)
    else:
        each = [page_bytes(one.firing, one.firing.examples) for one in shown]
        size = sum(one.shape.features * page for one, page in zip(shown, each, strict=True))
        yield parts.FEATURES, part_of_size(features, size, pages=features, largest=2 * max(each, default=0))
    if stubbed:
        yield parts.CONTROLS, _stubbed_controls(contents)
    files = sum(-(-one.shape.features // SHARD) for one in shown) if contents.packed else features
    if SITE.feature_json:
        size = SITE.feature_json * features
        yield parts.JSON, part_of_size(files, size, largest=size / files)


def _stubbed_controls(contents: Contents) -> SitePart:
    files, size = 0, 0.0
    for one in contents.controls:
        cited = min(one.shape.features, SITE.cited + SITE.cited_a_label * contents.labels)
        files += one.shape.features
        size += cited * page_bytes(one.firing, min(contents.config.examples.top, one.firing.examples))
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
    each = SITE.label + SITE.label_dictionary * len(contents.learned)
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


def _tables(contents: Contents) -> SitePart:
    """What can be downloaded: the tables that the config names, and decoder rows."""
    folder, wanted = atlas_parts(contents), contents.config.site.tables
    size = SITE.vectors_share * vectors_bytes(contents)
    if wanted == "figures":
        size += SITE.tables_share * folder[FIGURES]
    if wanted == "all":
        size += sum(folder[name] for name in (CORPUS, ANNOTATED, PEAKS, CODES, FIGURES))
    return part_of_size(20 * len(contents.dictionaries) if size else 0, size, largest=size / len(contents.dictionaries))
