"""Where the audio of a clip lies: the way back from `clips.path`, which names no folder of the machine."""

import glob
from itertools import takewhile
from pathlib import Path

from atlas.config.settings import CorpusConfig


def locate(corpus: CorpusConfig, path: str) -> str:
    """The file of a clip (or `shard.tar::member`), by the source that the config names."""
    if corpus.manifest is not None:
        return str((corpus.root or corpus.manifest.parent) / path)
    if corpus.folders is not None:
        domain, _, below = path.partition("/")
        return str(corpus.folders[domain] / below)
    if corpus.audiofolder is not None:
        return str(corpus.audiofolder / path)
    assert corpus.webdataset is not None, "the config names one source"
    return str(root_of_shards(corpus.webdataset) / path)


def root_of_shards(pattern: Path) -> Path:
    """The folder above the first wildcard of a pattern; shards are named relative to it."""
    return Path(*takewhile(lambda part: not glob.has_magic(part), pattern.parent.parts))
