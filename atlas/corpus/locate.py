"""Where the audio of a clip lies: the way back from `clips.path`, which names no folder of the machine."""

import glob
from pathlib import Path

from atlas.config import CorpusConfig


def locate(corpus: CorpusConfig, path: str) -> str:
    """The file of a clip (or `shard.tar::member`), by the source that the config names."""
    if corpus.manifest is not None:
        return str((corpus.root or corpus.manifest.parent) / path)
    if corpus.folders is not None:
        domain, _, below = path.partition("/")
        return str(corpus.folders[domain] / below)
    if corpus.audiofolder is not None:
        return str(corpus.audiofolder / path)
    root = Path()
    for part in corpus.webdataset.parent.parts if corpus.webdataset else ():
        if glob.has_magic(part):
            break
        root /= part
    return str(root / path)
