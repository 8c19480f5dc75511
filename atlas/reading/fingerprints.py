"""Two short names that a cited address carries: whose feature it is, and on which figures.

The first is the dictionary's identity. The second is one of what was measured and analysed of this dictionary, but not
of what people add to it: a caption or a name that is given later changes no figure, and neither does another dictionary
that the atlas gets.
"""

import json
from dataclasses import asdict
from pathlib import PurePosixPath

from atlas.digests import digest_of
from atlas.reading.tables import Atlas
from atlas.schema import NEIGHBOURS

LENGTH = 8
ANALYSED = "analyse"


def dictionary_figures(atlas: Atlas, name: str) -> str:
    """A short name for the figures of one dictionary, whatever it is called: of what the card says of it and of the
    corpus, and of its own tables that analysing left; its neighbours lie in other dictionaries as well.
    """
    card = asdict(atlas.card.dictionaries[name])
    del card["control_of"]  # a name
    analysed = atlas.folder.record(ANALYSED)
    outputs = {PurePosixPath(path): one.digest for path, one in analysed.outputs.items()} if analysed else {}
    tables = sorted(
        (path.parts[0], digest)
        for path, digest in outputs.items()
        if path.parts[0] != NEIGHBOURS.name and path.parts[1:] == (f"{name}.parquet",)
    )
    return digest_of(json.dumps([atlas.card.corpus.hash, card, tables], sort_keys=True))[:LENGTH]


def figures_fingerprint(atlas: Atlas) -> str:
    """A short name for the figures of an atlas: of its card, and of the tables that analysing left."""
    analysed = atlas.folder.record(ANALYSED)
    tables = sorted(analysed.outputs.items()) if analysed else []
    return digest_of(f"{atlas.card.fingerprint}\n" + "".join(f"{name} {one.digest}\n" for name, one in tables))[:LENGTH]
