"""FSD50K: 51,197 Freesound sounds with labels of the AudioSet ontology, each under a licence of its own.

A sound's labels include their parents in the ontology, so a clip with `Music` and without `Speech` is music and the
reverse is speech; with both or neither it is sound. Licence and uploader are told by FSD50K.metadata, without which
they stay unknown.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from atlas.corpus.presets.folder import ending_in, nothing_unpacked, prefix_of, read_columns, scan, wrong_folder
from atlas.corpus.presets.licences import licence_of_address
from atlas.corpus.presets.listing import Preset, PresetListing, PresetRow, absent_note, unlisted_note, untold_note
from atlas.errors import AtlasError

TITLE = "FSD50K"
PARTS = ("dev", "eval")
EXPECTS = "the folder with FSD50K.ground_truth/ (dev.csv, eval.csv), FSD50K.dev_audio/ and FSD50K.metadata/"

_AUDIO = re.compile(r"(?:.*/)?FSD50K\.(?:dev|eval)_audio/\d+\.wav")


@dataclass(frozen=True, slots=True)
class Upload:
    """What FSD50K.metadata tells of a sound."""

    title: str = ""
    uploader: str = ""
    licence: str = ""


def read_fsd50k(folder: Path) -> PresetListing:
    """The sounds of both parts: FSD50K.dev_audio/NUMBER.wav and FSD50K.eval_audio/NUMBER.wav."""
    paths = scan(folder)
    tables = {part: matching[0] for part in PARTS if (matching := ending_in(paths, _table(part)))}
    if not tables:
        raise wrong_folder(folder, TITLE, EXPECTS, _table("dev"))
    named = [row for part, table in tables.items() for row in _rows(folder, table, part)]
    audio = {path for path in paths if _AUDIO.fullmatch(path)}
    rows = tuple(row for row in named if row.path in audio)
    if not rows:
        raise nothing_unpacked(folder, next(iter(tables.values())), "FSD50K.dev_audio/64760.wav")
    notes = absent_note(len(named) - len(rows)) + unlisted_note(len(audio) - len(rows))
    return PresetListing(rows, notes=notes + untold_note(sum(not row.licence for row in rows), "licence"))


def _table(part: str) -> str:
    return f"FSD50K.ground_truth/{part}.csv"


def _rows(folder: Path, table: str, part: str) -> Iterator[PresetRow]:
    base = prefix_of(table, _table(part))
    uploads = _uploads(folder / f"{base}FSD50K.metadata/{part}_clips_info_FSD50K.json")
    for number, cell in read_columns(folder / table, ("fname", "labels")):
        labels = tuple(label.replace("_", " ") for label in cell.split(","))
        upload = uploads.get(number, Upload())
        yield PresetRow(
            path=f"{base}FSD50K.{part}_audio/{number}.wav",
            domain=_domain(labels),
            dataset=TITLE,
            recording=number,
            labels=labels,
            licence=upload.licence,
            attribution=f"{upload.title} by {upload.uploader}" if upload.uploader else f"Freesound {number}",
            source_url=f"https://freesound.org/s/{number}/",
        )


def _domain(labels: tuple[str, ...]) -> str:
    music, speech = "Music" in labels, "Speech" in labels
    if music == speech:
        return "sound"
    return "music" if music else "speech"


def _uploads(table: Path) -> Mapping[str, Upload]:
    """Uploads by number; none where the metadata is not unpacked."""
    if not table.is_file():
        return {}
    try:
        entries = json.loads(table.read_text(encoding="utf-8"))
        return {number: _upload(entry) for number, entry in entries.items()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise AtlasError(
            f"{table}: not the clips' information ({error!r}); expected a title, uploader and license for each sound; "
            "unpack FSD50K.metadata.zip again"
        ) from None


def _upload(entry: Mapping[str, str]) -> Upload:
    return Upload(" ".join(entry["title"].split()), entry["uploader"], licence_of_address(entry["license"]))


FSD50K = Preset("fsd50k", TITLE, ("speech", "music", "sound"), EXPECTS, read_fsd50k)
