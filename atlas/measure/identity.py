"""What makes a feature the one that was cited: its dictionary, the encoder's weights, and the place that is read.

Names are not part of it, so a dictionary that is renamed keeps its identity; nor are corpus and tool, which change
figures and no feature. A control without a file is what its settings and its seed draw; templates are frames of the
corpus.
"""

import json

from atlas.config.dictionaries import DictionaryConfig
from atlas.digests import digest_of

LENGTH = 8  # hex digits: as an address can carry them


def identity_of(entry: DictionaryConfig, sha256: str, encoder_sha256: str, corpus_hash: str) -> str:
    """A short name for the features of a dictionary; `sha256` is that of its file, empty where it has none."""
    drawn = {"kind": entry.kind, "density": entry.density, "seed": entry.seed, "corpus": ""}
    if entry.kind == "template":
        drawn["corpus"] = corpus_hash
    made_of = sha256 or json.dumps(drawn, sort_keys=True)
    return digest_of(f"{made_of}\n{encoder_sha256}\n{entry.tap}")[:LENGTH]
