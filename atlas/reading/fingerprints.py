"""Two short names that a cited address carries: whose feature it is, and on which figures.

The first is the dictionary's identity. The second is one of what was measured and analysed of this dictionary, but not
of what people add to it: a caption or a name that is given later changes no figure, and neither does another dictionary
that the atlas gets. Effects count where they were measured; an atlas without them keeps the name that it has.
"""

import json
from dataclasses import asdict
from pathlib import PurePosixPath

from atlas.digests import digest_of
from atlas.reading.tables import Atlas
from atlas.schema import CAUSES, NEIGHBOURS

LENGTH = 8
ANALYSED, MEASURED = "analyse", "effects"
"the stages whose tables have the figures beside those of the card"


def dictionary_figures(atlas: Atlas, name: str) -> str:
    """A short name for the figures of one dictionary, whatever it is called: of what the card says of it and of the
    corpus, and of its own tables that analysing left; its neighbours lie in other dictionaries as well.
    """
    card = asdict(atlas.card.dictionaries[name])
    del card["control_of"]  # a name
    tables = sorted(
        (path.parts[0], digest)
        for path, digest in _tables(atlas).items()
        if path.parts[0] != NEIGHBOURS.name and path.parts[1:] == (f"{name}.parquet",)
    )
    return digest_of(json.dumps([atlas.card.corpus.hash, card, tables], sort_keys=True))[:LENGTH]


def figures_fingerprint(atlas: Atlas) -> str:
    """A short name for the figures of an atlas: of its card, and of the tables that analysing and effects left."""
    tables = sorted((path.as_posix(), digest) for path, digest in _tables(atlas).items())
    return digest_of(f"{atlas.card.fingerprint}\n" + "".join(f"{name} {digest}\n" for name, digest in tables))[:LENGTH]


def _tables(atlas: Atlas) -> dict[PurePosixPath, str]:
    """The files with figures, and the digest of each."""
    analysed, effects = atlas.folder.record(ANALYSED), atlas.folder.left_by(MEASURED)
    outputs = {PurePosixPath(path): one.digest for path, one in analysed.outputs.items()} if analysed else {}
    causes = {PurePosixPath(path): one.digest for path, one in effects.outputs.items()} if effects else {}
    return outputs | {path: digest for path, digest in causes.items() if path.parts[0].partition(".")[0] in CAUSES}
