"""`python -m tests.parity.exporting FOLDER`: exports of a made-up atlas, for `opening` to open elsewhere."""

import shutil
import sys
from pathlib import Path

from atlas.config.site import CiteConfig, SiteConfig
from atlas.exports.embedding_atlas import export_embedding_atlas
from atlas.exports.huggingface import export_huggingface
from atlas.render.site import SiteAtlas, site_atlas
from tests.exports.conftest import SPEC, written


def main(folder: Path) -> None:
    """Write the atlas, and what others are to open."""
    shutil.rmtree(folder, ignore_errors=True)
    plain = site_atlas(written(folder / "atlas", SPEC), SiteConfig(base_url="https://example.org/atlas/"))
    atlas = SiteAtlas(plain.folder, plain.card, plain.settings, cite=CiteConfig(licence="CC-BY-4.0"))
    export_huggingface(atlas, SPEC.dictionaries, 2, folder / "huggingface", print)
    export_embedding_atlas(atlas, SPEC.dictionaries, folder / "map.parquet", print)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
