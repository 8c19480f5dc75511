"""The page of a feature: its view agrees with the tables, its HTML is safe, small, and the same every time."""

import base64
import gzip
import io
import re
import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from markupsafe import escape
from PIL import Image

from atlas.config.site import SiteConfig
from atlas.render.pages import feature
from atlas.render.pages.feature import FeatureView, GivenNameView, feature_view
from atlas.render.parts import evidence, shape
from atlas.render.site import SiteAtlas, site_atlas
from atlas.render.templating import POLICY, site_of
from atlas.schema import FINDINGS, GROUPS, NAMES
from tests.synthetic import HOSTILE, Spec, write_atlas

FEATURES = 48
VOID = {"meta", "link", "input", "img", "br"}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=FEATURES, clips=300))
    return site_atlas(folder, SiteConfig(base_url="https://example.org/atlas"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("hostile"), Spec(features=FEATURES, clips=300, hostile=True))
    return site_atlas(folder, SiteConfig(notice='<b>"Synthetic" & proud</b>'))


@cache
def views_of(atlas: SiteAtlas) -> list[FeatureView]:
    dictionary = atlas.dictionary("block2")
    return [feature_view(atlas, site_of(atlas), dictionary, number) for number in range(FEATURES)]


@cache
def pages_of(atlas: SiteAtlas) -> dict[str, str]:
    return {address: str(text) for address, text in feature.pages(atlas, "block2", 0, FEATURES)}


class Seen(HTMLParser):
    """What a browser would see: text, tags with their attributes, and whether tags were nested as written."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]


def test_every_feature_has_its_page_the_dead_ones_too(atlas: SiteAtlas) -> None:
    states = atlas.column("block2", "features", "state")["state"]

    assert list(pages_of(atlas)) == [f"f/block2/{number}.html" for number in range(FEATURES)]
    assert "dead" in states.to_list()


def test_what_is_cited_is_the_address_that_the_config_publishes_the_site_at(atlas: SiteAtlas) -> None:
    address = rf"https://example\.org/atlas/f/block2/7\.html\?v={atlas.fingerprint('block2')}"
    cited = rf"<p>block2/7[^<]*\. In: Synthetic atlas\. {address} \(atlas \w+, [^<]+\)</p>"

    assert re.search(cited, pages_of(atlas)["f/block2/7.html"])


def test_a_dead_feature_says_so_and_shows_no_charts(atlas: SiteAtlas) -> None:
    states = atlas.column("block2", "features", "state")["state"].to_list()
    view = views_of(atlas)[states.index("dead")]

    assert (view.groups, view.histogram, view.mel) == ((), None, None)
    assert "There are no examples: the feature never fires" in pages_of(atlas)[f"f/block2/{view.number}.html"]


def test_rows_are_those_of_the_table_in_its_groups_and_order(atlas: SiteAtlas) -> None:
    examples = pl.read_parquet(atlas.folder.root / "examples" / "block2.parquet")
    for number, view in enumerate(views_of(atlas)):
        rows = examples.filter(pl.col("feature") == number)
        keys = {group: rows.filter(pl.col("group") == group)["rank"].to_list() for group in GROUPS}
        assert {group.key: [row.anchor for row in group.examples] for group in view.groups} == {
            group: [f"{group}-{rank}" for rank in ranks] for group, ranks in keys.items() if ranks
        }


def test_a_block_of_features_reads_like_the_whole(atlas: SiteAtlas) -> None:
    site, block = site_of(atlas), atlas.dictionary("block2", 16, 32)
    whole = views_of(atlas)

    assert [feature_view(atlas, site, block, number) for number in range(16, 32)] == whole[16:32]


def test_the_ends_of_a_dictionary_have_no_neighbours_beyond(atlas: SiteAtlas) -> None:
    views = views_of(atlas)

    assert (views[0].previous, views[0].next) == (None, "1.html")
    assert (views[-1].previous, views[-1].next) == (f"{FEATURES - 2}.html", None)


def test_the_best_label_comes_first_and_the_rest_by_q(atlas: SiteAtlas) -> None:
    findings = atlas.column("block2", "findings", "feature", "clip_kind", "clip_label").drop_nulls()
    best = {feature: (kind, label) for feature, kind, label in findings.iter_rows()}
    table = pl.read_parquet(atlas.folder.root / "labels" / "block2.parquet")
    values = {(row["feature"], row["kind"], row["label"]): row["q"] for row in table.iter_rows(named=True)}
    longest = 0
    for number, view in enumerate(views_of(atlas)):
        names = [(row.kind, row.label) for row in view.labels]
        if number in best:
            assert names[0] == best[number]
            assert view.labels[0].significant
        rest = [values[number, *name] for name in names if name != best.get(number)]
        assert rest == sorted(rest)
        longest = max(longest, len(set(rest)))
    assert best
    assert longest > 1


def test_a_given_name_is_the_title_and_the_page_says_who_gave_it_and_what_was_made(
    atlas: SiteAtlas, tmp_path: Path
) -> None:
    findings = atlas.folder.read_table(FINDINGS, "block2")
    made = [view.title for view in views_of(atlas)]
    labelled, nameless = (int(findings.filter(named_by=by)["feature"][0]) for by in ("label", "none"))
    shutil.copytree(atlas.folder.root, tmp_path / "named")
    given = [("block2", labelled, "a <b>horn</b>", "Ann & Bob"), ("block2", nameless, "rain", "Cy")]
    named = site_atlas(tmp_path / "named", atlas.settings)
    rows = pl.DataFrame(given, schema=dict(NAMES.columns), orient="row")
    named.folder.write_table(NAMES, rows.sort(NAMES.key))

    for number, title, author, before in (
        (labelled, "a <b>horn</b>", "Ann & Bob", f"the name made from the data is <bdi>{made[labelled]}</bdi>."),
        (nameless, "rain", "Cy", "the data give it no name."),
    ):
        view, text = views_of(named)[number], pages_of(named)[f"f/block2/{number}.html"]
        assert (view.title, view.labelled) == (title, True)
        assert view.given == GivenNameView(author, "" if number == nameless else made[number])
        assert f'<h1 dir="auto">{escape(title)}</h1>' in text
        assert f'<p class="verdict small">Named by <bdi>{escape(author)}</bdi>; {before}</p>' in text
        assert view.verdict == views_of(atlas)[number].verdict
    assert [view.title for view in views_of(named) if not view.given] == [
        title for number, title in enumerate(made) if number not in (labelled, nameless)
    ]


def test_pages_are_the_same_every_time(atlas: SiteAtlas) -> None:
    again = site_atlas(atlas.folder.root, atlas.settings)

    assert pages_of(again) == pages_of(atlas)


def test_a_page_with_forty_examples_is_small(atlas: SiteAtlas) -> None:
    sizes = [(len(text.encode()), len(gzip.compress(text.encode()))) for text in pages_of(atlas).values()]

    assert max(size for size, _ in sizes) < 54_000
    assert max(size for _, size in sizes) < 12_000


def test_pages_hold_the_policy_and_nothing_that_it_forbids(hostile: SiteAtlas) -> None:
    for text in pages_of(hostile).values():
        seen = Seen(text)
        assert POLICY in seen.values("content")
        assert seen.values("style") == []
        assert [attrs for tag, attrs in seen.tags if tag == "script" and "src" not in attrs] == []
        assert "style" not in {tag for tag, _ in seen.tags}
        assert [name for _, attrs in seen.tags for name in attrs if name.startswith("on")] == []


def test_no_address_on_a_page_leads_out_of_the_site(hostile: SiteAtlas) -> None:
    for text in pages_of(hostile).values():
        seen = Seen(text)
        addresses = [*seen.values("href"), *seen.values("src")]
        allowed = re.compile(
            r"(\.\./\.\./)?[\w./-]*(\?dictionary=[\w-]+&feature=\d+)?(#[\w.,=-]+)?|data:image/webp;base64,[\w+/=]*"
        )
        assert [address for address in addresses if not allowed.fullmatch(address)] == []


def test_hostile_text_comes_out_as_text(hostile: SiteAtlas) -> None:
    texts = {" ".join(text.split()) for page in pages_of(hostile).values() for text in Seen(page).texts}
    everything = "\n".join(texts)
    labels = pl.read_parquet(hostile.folder.root / "labels" / "block2.parquet")["label"].unique().to_list()
    expected = [text for text in HOSTILE if text in labels]

    assert expected
    assert [text for text in expected if " ".join(text.split()) not in everything] == []
    named = [view for view in views_of(hostile) if view.given]
    assert len(named) == len(HOSTILE)
    for view in named:
        assert view.given
        seen = Seen(pages_of(hostile)[f"f/{view.name}.html"]).texts
        assert {view.title, view.given.author, view.given.made} <= {*seen, ""}


def test_hostile_text_opens_no_tag(hostile: SiteAtlas) -> None:
    known = {tag for page in pages_of(hostile).values() for tag, _ in Seen(page).tags}

    assert "b" in known  # the values of rows
    assert {"iframe", "object", "embed"} & known == set()
    assert all("alert(1)" not in " ".join(attrs) for p in pages_of(hostile).values() for _, attrs in Seen(p).tags)


def test_names_of_buttons_are_unique(atlas: SiteAtlas) -> None:
    for text in pages_of(atlas).values():
        names = [
            attrs["aria-label"] for tag, attrs in Seen(text).tags if tag == "a" and "play" in str(attrs.get("class"))
        ]
        assert sorted(set(names), key=str) == sorted(names, key=str)


def test_ids_are_unique_and_links_within_a_page_lead_somewhere(atlas: SiteAtlas) -> None:
    for text in pages_of(atlas).values():
        seen = Seen(text)
        ids = seen.values("id")
        assert len(set(ids)) == len(ids)
        assert {address[1:] for address in seen.values("href") if address.startswith("#")} <= set(ids)


def test_an_atlas_without_analyses_and_media_still_has_pages(tmp_path: Path) -> None:
    folder = write_atlas(tmp_path / "bare", Spec(features=8, clips=60, analysed=False, media=False))
    bare = site_atlas(folder, SiteConfig())
    site, dictionary = site_of(bare), bare.dictionary("block2")
    views = [feature_view(bare, site, dictionary, number) for number in range(8)]

    assert all(view.title == view.name and view.labels == () for view in views)
    assert {view.verdict.text.split(":")[0] for view in views} <= {"Dead on this corpus", "Live", "Rare", "Dense"}
    assert all(row.snippet.audio is None for view in views for group in view.groups for row in group.examples)
    assert len(list(feature.pages(bare, "block2", 0, 8))) == 8


def test_what_is_said_around_a_peak_is_cut_farthest_from_it() -> None:
    spans = [
        (place / 2, place / 2 + 0.5, word) for place, word in enumerate(["one", "two", "three", "four", "five", "six"])
    ]

    moment = evidence._moment([*spans, (3.0, 3.4, "extraordinarily"), (3.5, 4.0, "")], 2.2, 3)

    assert (moment.called, moment.before, moment.at) == ("top 3", "one two three four", "five")
    assert moment.after == "six extraordinarily"


def test_a_peak_in_a_pause_has_nothing_at_it() -> None:
    moment = evidence._moment([(0.0, 0.5, "one"), (1.0, 1.5, "two")], 0.7, 1)

    assert (moment.before, moment.at, moment.after) == ("one", "·", "two")


def test_the_first_histogram_bar_is_not_cut_off_and_ticks_lie_within(atlas: SiteAtlas) -> None:
    for view in views_of(atlas):
        if view.histogram:
            places = [float(tick.at) for tick in view.histogram.across]
            assert places == sorted(places)
            assert all(0 <= place <= shape.WIDTH for place in places)
            assert view.histogram.bars.startswith("M")


def test_a_patch_is_a_small_picture_of_bands_by_frames() -> None:
    patch = np.full((80, 50), shape.NO_SOUND, np.uint8)
    patch[:40, 25:] = 100

    address = shape._patch_image(patch.ravel().tolist())
    picture = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/webp;base64,"))))

    assert picture.size == (50, 80)
    assert len(address) < 600
    dark = np.asarray(picture.convert("L"))[60, 40]
    light = np.asarray(picture.convert("L"))[10, 10]
    assert dark < 30 < 220 < light
