"""The site as planned, part by part: what is counted where, and that of a finished site the same is planned."""

import pytest

from atlas.config.site import SiteConfig
from atlas.planning import parts, site
from atlas.planning.contents import Contents
from atlas.planning.downloads import tables_part
from atlas.planning.existing import card_of_atlas, finished, outline_of_atlas
from atlas.planning.folder import SEVERAL
from atlas.planning.parts import part_of, parts_of_site
from atlas.planning.plan import Known, Plan, contents_of, extent_of, make_plan
from atlas.planning.site import former_names
from atlas.publish.hosts import HOSTS
from atlas.render.pages import redirects
from atlas.render.parts.downloads import downloads
from atlas.render.parts.extent import extent_of as shown_of
from atlas.render.parts.featuretable import feature_tables
from atlas.render.site import LARGEST_STUBBED, site_atlas
from atlas.schema.offered import BY_ROW, LARGE
from atlas.store import AtlasFolder
from tests.cards import control_card
from tests.planning.plans import config, known, shapes, trial
from tests.synthetic import Spec, write_atlas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AtlasFolder:
    spec = Spec(features=40, dictionaries=("block2", "block3"), clips=48)
    return AtlasFolder(write_atlas(tmp_path_factory.mktemp("planned") / "atlas", spec))


def contents(folder: AtlasFolder, settings: SiteConfig) -> Contents:
    """What is known of an atlas that is there."""
    made = config().model_copy(update={"site": settings})
    outline, card = outline_of_atlas(folder, 200), card_of_atlas(folder)
    assert outline is not None
    assert card is not None
    measured = {one.shape.name: one for one in finished(folder, card, extent_of(made, outline))}
    shapes = tuple(one.shape for one in measured.values())
    return contents_of(made, Known(outline=outline, shapes=shapes, grid=card.encoder.grid, measured=measured))


def planned(features: int = 3_072, **tables: dict[str, object]) -> Plan:
    return make_plan(config(**tables), known(shapes=shapes(features), trial=trial(features)), HOSTS["github"])


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("f/block2/1.html", parts.FEATURES),
        ("f/block2-random/1.html", parts.CONTROLS),
        ("f/block2/1.json", parts.JSON),
        ("p/block2/0.js", parts.SHARDS),
        ("p/block2/0.json.gz", parts.JSON),
        ("d/block2.csv", parts.DICTIONARIES),
        ("data/features.csv", parts.TABLES),
        ("data/controls.csv.gz", parts.TABLES),
        ("data/vectors/block2.safetensors", parts.TABLES),
        ("tables/atlas.json", parts.TABLES),
        ("data/block2/1.js", parts.SEARCH),
        ("f/once/1.html", parts.FORMER),
        ("d/once/links-1.html", parts.FORMER),
        ("compare/once--block3.html", parts.FORMER),
        ("compare/block2--block3.html", parts.DICTIONARIES),
        ("sitemap.xml", parts.REST),
    ],
)
def test_every_file_belongs_to_a_part(address: str, part: str) -> None:
    assert part_of(address, {"block2-random"}, {"once"}) == part


@pytest.mark.parametrize("tables", ["none", "figures", "all"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_can_be_downloaded_of_an_atlas_that_is_there_is_known_by_table(
    folder: AtlasFolder, tables: str, packed: bool
) -> None:
    settings = SiteConfig(tables=tables, packed=packed)  # type: ignore[arg-type]
    atlas = site_atlas(folder.root, settings)
    offered = sum(len(file.content) for file in downloads(atlas)) + sum(map(len, feature_tables(atlas).values()))

    # made-up tables are so small that headers of files count, and the card is smaller than one that was measured
    assert tables_part(contents(folder, settings)).bytes == pytest.approx(offered, rel=0.15, abs=60_000)


def test_packed_sites_leave_out_the_timed_labels_unless_everything_is_offered(folder: AtlasFolder) -> None:
    def offered(**settings: object) -> int:
        return tables_part(contents(folder, SiteConfig.model_validate(settings))).bytes

    timed = sum(path.stat().st_size for path in (folder.root / "timed_labels").glob("*.parquet"))
    assert offered(packed=False) - offered(packed=True) == pytest.approx(timed, abs=1)
    assert offered(packed=False, tables="all") == offered(packed=True, tables="all")


def test_tables_that_are_planned_together_are_offered_together() -> None:
    assert not {*SEVERAL} & (BY_ROW | LARGE)


def test_decoder_rows_of_controls_are_offered_with_everything_alone() -> None:
    learned, every = (planned(site={"tables": tables, "packed": False}) for tables in ("none", "all"))
    rows = 2 * 384 * 3_072

    assert rows < learned.site[parts.TABLES].bytes < 1.1 * rows + 500 * sum(one.features for one in shapes())
    assert every.site[parts.TABLES].bytes > 2 * 384 * (3_072 + 2 * 1_000)


def test_json_is_smaller_in_shards_and_is_left_out_where_features_have_no_room_for_it() -> None:
    alone, packed = (planned(site={"packed": packed}) for packed in (False, True))

    assert 2_000 < alone.site[parts.JSON].bytes / alone.site[parts.JSON].files < 9_000
    assert packed.site[parts.JSON].bytes < alone.site[parts.JSON].bytes / 4
    assert parts.JSON not in planned(LARGEST_STUBBED).site


def test_json_of_directions_that_are_cited_counts() -> None:
    plan = planned(site={"packed": False})

    assert plan.site[parts.JSON].files > 3_072


def test_features_that_seldom_fire_have_less_json() -> None:
    rare, usual = (
        make_plan(config(), known(trial=trial(share=share)), HOSTS["github"]).site[parts.JSON].bytes
        for share in (0.001, 0.2)
    )

    assert rare < 0.8 * usual


@pytest.mark.parametrize("stubs", [None, False])
@pytest.mark.parametrize("moved", [{"once": "block2"}, {"once": "block2", "before": "block2", "third": "block3"}])
def test_former_names_take_as_many_pages_as_are_rendered(
    folder: AtlasFolder, moved: dict[str, str], stubs: bool | None
) -> None:
    settings = SiteConfig(redirects=moved, packed=True, stubs=stubs)
    made = dict(redirects.pages(site_atlas(folder.root, settings)))
    part = site.site_parts(contents(folder, settings))[parts.FORMER]

    assert part.pages == part.files == len(made)
    assert part.bytes == pytest.approx(sum(map(len, made.values())), rel=0.1)
    counted = parts_of_site(dict.fromkeys(made, 1), {"block2-random"}, site_atlas(folder.root, settings).redirects)
    assert set(counted) == {parts.FORMER}


def test_a_name_that_no_dictionary_has_moves_nothing(folder: AtlasFolder) -> None:
    assert set(former_names(contents(folder, SiteConfig(redirects={"once": "gone"}))).values()) == {0}


def test_a_site_whose_address_is_known_has_a_list_of_its_pages_and_a_picture_more() -> None:
    here, there = (planned(site={"base_url": base}) for base in (None, "https://example.org/atlas/"))
    more = there.site[parts.REST].bytes - here.site[parts.REST].bytes

    assert there.site[parts.REST].files == here.site[parts.REST].files + 2
    assert more == pytest.approx(80_000 + 67 * 3_072, rel=0.3)
    assert there.site[parts.FEATURES].bytes > here.site[parts.FEATURES].bytes


def test_pages_of_cited_directions_have_as_many_examples_as_are_planned() -> None:
    assert shown_of(control_card("block2"), packed=False).top == site.OF_A_CONTROL


def test_sounds_and_pictures_on_another_host_are_no_part_of_the_site() -> None:
    plan = planned(media={"base_url": "https://media.example.org/"})

    assert not {parts.SOUNDS, parts.SPECTROGRAMS} & set(plan.site)
    assert plan.site[parts.CLIPS].pages
