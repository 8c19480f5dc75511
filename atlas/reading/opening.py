"""Opening a finished atlas: a folder on this machine, or the address of a published one."""

from pathlib import Path

from atlas.errors import AtlasError
from atlas.reading.clips import Locate
from atlas.reading.published import SCHEMES, PublishedFolder
from atlas.reading.tables import Atlas
from atlas.schema.card import CARD, read_card
from atlas.store import AtlasFolder


def open_atlas(place: str | Path, locate: Locate | None = None) -> Atlas:
    """The atlas in a folder or at an address; `locate` gives the file of a clip's path, where the corpus is at hand."""
    if str(place).startswith(SCHEMES):
        folder = PublishedFolder(str(place))
        return Atlas(folder, read_card(folder.root), locate=locate)
    root = Path(place).expanduser()
    if not root.is_dir():
        raise AtlasError(f"{root}: no such folder; give the folder that `atlas build` left, or an http(s) address")
    if not (root / CARD).exists():
        _refuse_unfinished(root)
    return Atlas(AtlasFolder(root), read_card(root), locate=locate)


def _refuse_unfinished(root: Path) -> None:
    """Say why there is no card, where that can be seen: a build that has not come so far, or a site."""
    if (root / ".done").is_dir():
        raise AtlasError(
            f"{root}: the stage 'merge', which writes {CARD}, is not done; run `atlas build` again, it goes on from"
            " here"
        )
    if (root / "index.html").is_file():
        raise AtlasError(
            f"{root}: a site, not an atlas, as it has no {CARD}; give the folder of tables that it was rendered from"
        )
