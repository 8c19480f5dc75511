"""A set of scenes -> a corpus on disk: Opus files, a manifest, timed labels, the truth and the licence.

Every file is coded alike, so that the coding tells nothing. Equal scenes give equal bytes with the same libsndfile.
"""

import csv
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import soundfile

from atlas.pool import AHEAD, cores, prefetch
from tools.demo.scenes.scene import RATE_HZ, Samples, Scene

CODING = {"format": "OGG", "subtype": "OPUS", "compression_level": 0.93}  # about 24 kb/s
SUFFIX = ".opus"
MANIFEST, ALIGNMENTS, TRUTH, LICENCE = "manifest.csv", "alignments.tsv", "truth.jsonl", "LICENCE.txt"
LICENCE_NAME = "CC0 1.0"
COLUMNS = ("path", "domain", "dataset", "recording", "speaker", "labels", "language", "text", "licence")
LICENCE_TEXT = """\
These sounds were made by programs: music and sounds by code of the audio feature atlas, speech with the program
espeak-ng. Nobody was recorded. The sentences were written for the atlas.

The authors of the atlas give all of it to the public domain, under CC0 1.0:
https://creativecommons.org/publicdomain/zero/1.0/
"""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    clips: int
    seconds: float
    sound_bytes: int


def write_corpus(folder: Path, scenes: Iterable[Scene]) -> Written:
    """Write a set of scenes; files that lie there with the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LICENCE).write_text(LICENCE_TEXT, encoding="utf-8")
    clips = sound_bytes = 0
    seconds = 0.0
    with (
        open(folder / MANIFEST, "w", encoding="utf-8", newline="") as manifest,
        open(folder / ALIGNMENTS, "w", encoding="utf-8", newline="") as alignments,
        open(folder / TRUTH, "w", encoding="utf-8", newline="\n") as truth,
    ):
        rows = csv.writer(manifest, lineterminator="\n")
        spans = csv.writer(alignments, "excel-tab", lineterminator="\n")
        rows.writerow(COLUMNS)
        spans.writerow(("path", "tier", "start_s", "end_s", "label"))
        for scene, coded in _coded(scenes):
            path = folder / (scene.name + SUFFIX)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(coded)
            rows.writerow(_row(scene))
            spans.writerows(_spans(scene))
            known = {"path": scene.name + SUFFIX, **scene.truth}
            truth.write(json.dumps(known, ensure_ascii=False, separators=(",", ":")) + "\n")
            clips, seconds = clips + 1, seconds + len(scene.samples) / RATE_HZ
            sound_bytes += len(coded)
    return Written(clips, seconds, sound_bytes)


def _coded(scenes: Iterable[Scene]) -> Iterator[tuple[Scene, bytes]]:
    """Scenes with their files' bytes, in order. Coding takes longer than making a scene; several are coded at once."""

    def with_code(number: int, scene: Scene) -> tuple[Scene, bytes]:
        return scene, opus(scene.samples, number)

    with ThreadPoolExecutor(cores()) as pool:
        yield from prefetch((pool.submit(with_code, *numbered) for numbered in enumerate(scenes)), AHEAD * cores())


def _row(scene: Scene) -> tuple[str, ...]:
    said = (scene.name + SUFFIX, scene.domain, scene.dataset, scene.recording, scene.speaker, "|".join(scene.labels))
    return (*said, scene.language, scene.text, LICENCE_NAME)


def _spans(scene: Scene) -> Iterator[tuple[str, str, str, str, str]]:
    for tier, spans in (("phones", scene.phones), ("words", scene.words)):
        for span in spans:
            yield scene.name + SUFFIX, tier, f"{span.start_s:.3f}", f"{span.end_s:.3f}", span.label


def opus(samples: Samples, serial: int) -> bytes:
    """Samples as an Ogg Opus file; libsndfile gives each stream a random number, which is replaced."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, **CODING)
    return b"".join(_renumbered(page, serial) for page in _pages(file.getvalue()))


def _pages(content: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(content):
        sizes = content[start + 27 : start + 27 + content[start + 26]]
        end = start + 27 + len(sizes) + sum(sizes)
        yield content[start:end]
        start = end


def _renumbered(page: bytes, serial: int) -> bytes:
    """A page with another stream number, and the checksum that goes with it."""
    changed = page[:14] + serial.to_bytes(4, "little") + page[18:22] + bytes(4) + page[26:]
    return changed[:22] + _checksum(changed).to_bytes(4, "little") + changed[26:]


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with all bits in the other order, starting from 0."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
