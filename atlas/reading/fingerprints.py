"""Two short names that a cited address carries: whose feature it is, and on which figures.

The first is the dictionary's identity. The second is one of everything that was measured and analysed, but not of what
people add to it: a caption or a name that is given later changes no figure.
"""

from atlas.digests import digest_of
from atlas.reading.tables import Atlas

LENGTH = 8
ANALYSED = "analyse"


def figures_fingerprint(atlas: Atlas) -> str:
    """A short name for the figures of an atlas: of its card, and of the tables that analysing left."""
    analysed = atlas.folder.record(ANALYSED)
    tables = sorted(analysed.outputs.items()) if analysed else []
    return digest_of(f"{atlas.card.fingerprint}\n" + "".join(f"{name} {one.digest}\n" for name, one in tables))[:LENGTH]
