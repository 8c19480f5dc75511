"""A made-up atlas of two dictionaries, with explanations, names, and sounds as `media` makes them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atlas.audio.samples import RATE_HZ
from atlas.config.site import MediaConfig, SiteConfig
from atlas.media.sounds import encode
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import EXPLANATIONS, NAMES
from atlas.store import AtlasFolder
from tests.marked import mark
from tests.synthetic import HOSTILE, LICENCES, Spec, write_atlas

SPEC = Spec(features=96, dictionaries=("block2", "block3"), controls=False, clips=72, top=6, others=2, annotated=True)

Open = Callable[..., SiteAtlas]


def with_sounds(root: Path) -> Path:
    """Sounds as `media` makes them, which are cut between frames, in the place of those that are there."""
    noise = encode(0.2 * np.random.default_rng(0).standard_normal(11 * RATE_HZ), 0.0)
    for path in sorted((root / "media" / "audio").glob("*.mp3")):
        path.write_bytes(noise)
    return root


def written(folder: Path, spec: Spec) -> Path:
    """An atlas with explanations by two authors and with names that people gave."""
    root = with_sounds(write_atlas(folder, spec))
    store = AtlasFolder(root)
    name = spec.dictionaries[0]
    texts = HOSTILE[:2] if spec.hostile else ("a bell", "something high")
    rows = [(name, 3, "ann", texts[0], 0.5, "a.csv 1"), (name, 3, "bob", texts[1], None, "b.csv 2")]
    columns = dict(zip(EXPLANATIONS.columns, zip(*rows, strict=True), strict=True))
    store.write_table(EXPLANATIONS, EXPLANATIONS.frame(columns))
    if not spec.hostile:
        given = (name, 5, "church bell", "ann")
        store.write_table(NAMES, NAMES.frame({key: [value] for key, value in zip(NAMES.columns, given, strict=True)}))
    return root


def opened(root: Path) -> SiteAtlas:
    """The atlas as its media were made: with the licences that allow publishing."""
    return replace(site_atlas(root, SiteConfig()), media=MediaConfig(redistribute=LICENCES[:2]))


@pytest.fixture(scope="session")
def exported_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("exported") / "atlas", SPEC)


@pytest.fixture
def atlas(exported_root: Path) -> SiteAtlas:
    """The atlas, to be read by all; with other settings by `replace`."""
    return opened(exported_root)


@pytest.fixture(scope="session")
def marked(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    """An atlas in which whatever is said in the clips that may not be published bears a mark."""
    return opened(mark(written(tmp_path_factory.mktemp("marked") / "atlas", SPEC), *SPEC.dictionaries))


@pytest.fixture
def published(atlas: SiteAtlas) -> SiteAtlas:
    return replace(atlas, settings=SiteConfig(base_url="https://example.org/atlas"))


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their names from there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
