"""Warnings of recordings that are less independent than they look: of one speaker, author or text, or of one folder.

At most one line a dataset, and none where the config groups recordings. A folder that all recordings lie in is how
datasets come; so are folders of one label, domain or split. Others are told where the corpus names no speakers.
"""

import logging
import posixpath
from collections.abc import Iterator

import polars as pl

from atlas.audio.draws import usable
from atlas.corpus.entries import with_mistakes
from atlas.corpus.sources import SPLITS
from atlas.formatting import counted
from atlas.schema.thresholds import FEWEST_RECORDINGS, SHARING

LOG = logging.getLogger(__name__)

_COLUMNS = ("speaker", "attribution", "text")
_FOLDER = "folder"


def warn_of_sharing(clips: pl.DataFrame) -> None:
    """Say which datasets hold recordings that share what a group could be of; clips: the table."""
    told = [line for dataset in usable(clips).partition_by("dataset") for line in sharing_of(dataset)]
    if told:
        LOG.warning(
            with_mistakes(
                f"{counted(len(told), 'dataset')} with recordings that are not independent, though each counts as one;"
                ' set corpus.group (such as "speaker") or corpus.group_pattern, or join them by recording_pattern',
                sorted(told),
            )
        )


def sharing_of(clips: pl.DataFrame) -> Iterator[str]:
    """At most one line on a dataset: the first of speaker, author, text and folder that half its recordings share."""
    recordings = clips["recording"].n_unique()
    if recordings < FEWEST_RECORDINGS:
        return
    for what in (*_COLUMNS, _FOLDER):
        pairs = _said(clips, what).unique()
        shared = pairs.filter(pl.col("recording").n_unique().over(what) > 1)
        sharing, values = shared["recording"].n_unique(), shared[what].n_unique()
        if sharing >= SHARING * recordings:
            of_all = f"{sharing:,} of {counted(recordings, 'recording')}"
            yield f"{clips['dataset'][0]}: {of_all} share {counted(values, what)}"
            return


def _said(clips: pl.DataFrame, what: str) -> pl.DataFrame:
    """recording and value of what is said; nothing where it is said of all alike, or says something else."""
    if what == _FOLDER:
        return _folders(clips)
    said = clips.select("recording", what).drop_nulls()
    credit_of_all = what == "attribution" and said[what].n_unique() < 2  # whoever published the dataset
    return said.clear() if credit_of_all else said


def _folders(clips: pl.DataFrame) -> pl.DataFrame:
    folders = clips.select("recording", pl.col("path").map_elements(posixpath.dirname, pl.String).alias(_FOLDER))
    if folders[_FOLDER].n_unique() < 2 or clips["speaker"].null_count() < len(clips):
        return folders.clear()
    labels = clips["labels"].explode().drop_nulls().to_list()
    other = {name.casefold() for name in (*labels, *clips["domain"], *clips["dataset"], *SPLITS)}
    kept = [posixpath.basename(folder).casefold() not in other for folder in folders[_FOLDER]]
    return folders.filter(kept)
