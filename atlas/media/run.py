"""The stage `media`: the windows that examples lie in -> sounds, spectrograms, and their index.

A window's files are named by its key, so those of an earlier run are kept and what a run that was killed had written
counts. They are made anew only where the way of making them has changed. Files that no example needs any more, or
that may no longer be heard, are deleted.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlas.audio.draws import usable
from atlas.audio.samples import RATE_HZ, Samples, energy_db, read_sound
from atlas.config.settings import Config
from atlas.errors import AtlasError, AudioProblem
from atlas.formatting import counted, duration
from atlas.media import loudness, pictures, sounds
from atlas.media.plan import MB, Window, places_of, windows_shown
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema import CLIPS
from atlas.schema.card import read_card
from atlas.schema.grid import FrameGrid
from atlas.schema.media import BUDGET, FOLDER, INDEX, LICENCE, MEDIA, picture_path, sound_path
from atlas.stages import Outcome
from atlas.store import AtlasFolder

STAGE = "media"
RECIPE = f"{sounds.RECIPE}, {loudness.RECIPE}, {pictures.RECIPE}"

_RECIPE_MARK = (STAGE, "recipe")
_CHUNK = 4  # windows that a process takes at a time
_SAME_DB = 0.1  # by which the level of a sound may differ from what `index` found: another resampler's last bits
_LICENCES_NAMED = 4  # licences that the closing lines name

Locate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class WindowTask:
    """One window to make the files of, and where its audio lies."""

    root: Path
    window: Window
    file: str
    grid: FrameGrid
    "the encoder's, by which its frames were counted"


@dataclass(frozen=True, slots=True)
class WindowMedia:
    """The files of one window."""

    window: Window
    gain_db: float | None
    seconds: float
    audio_bytes: int | None
    picture_bytes: int


def make_media(folder: AtlasFolder, config: Config, locate: Locate, workers: int) -> Outcome:
    """Make what is missing, and delete what is stale.

    `locate` gives the file of a clip's path.
    """
    started = time.monotonic()
    _drop_damaged(folder)
    _begin_recipe(folder)
    clips = usable(folder.read_table(CLIPS))
    windows = windows_shown(clips, places_of(folder, config), config.media)
    grid = read_card(folder.root).encoder.grid
    tasks = [WindowTask(folder.root, window, locate(window.path), grid) for window in windows]
    made = []
    with bar(STAGE, len(tasks)) as advance:
        for window_media in ordered_map(make, tasks, workers, _CHUNK):
            made.append(window_media)
            advance(1)
    made.sort(key=lambda window_media: window_media.window.clip)
    outputs = [folder.write_table(MEDIA, MEDIA.frame(_columns(made)), INDEX), *_files(folder.root, made)]
    folder.prune([FOLDER], set(outputs))
    return Outcome(_closing_lines(made, config.media.budget_mb, time.monotonic() - started), outputs)


def discard(folder: AtlasFolder) -> None:
    """Delete all sounds and pictures, so that they are made anew."""
    folder.unmark(STAGE)
    shutil.rmtree(folder.root / FOLDER, ignore_errors=True)


def make(task: WindowTask) -> WindowMedia:
    """The files of one window, so far as they are not there."""
    folder, window = AtlasFolder(task.root), task.window
    samples = _samples(window, task.file, task.grid)
    picture = picture_path(task.root, window.key)
    if not picture.exists():
        folder.write_bytes(picture, pictures.spectrogram(samples))
    gain_db = audio_bytes = None
    if window.reason is None:
        gain_db = loudness.gain_db(samples)
        sound = sound_path(task.root, window.key)
        if not sound.exists():
            folder.write_bytes(sound, sounds.encode(samples, gain_db))
        audio_bytes = sound.stat().st_size
    return WindowMedia(window, gain_db, len(samples) / RATE_HZ, audio_bytes, picture.stat().st_size)


def _samples(window: Window, file: str, grid: FrameGrid) -> Samples:
    """What `index` heard: of another length or level, it is another sound."""
    try:
        samples, shown = read_sound(file, window.offset_s, window.duration_s).for_encoder(grid.rate_hz)
    except AudioProblem as problem:
        raise AtlasError(
            f"{window.path}: {problem}, though it was fine at `atlas index`; bring it back as {file},"
            " or run `atlas build` again without it"
        ) from None
    level_db = energy_db(shown)
    if grid.frames_of(len(samples)) != window.valid_frames or abs(level_db - window.energy_db) > _SAME_DB:
        raise AtlasError(f"{window.path}: its sound has changed since `atlas index`; run `atlas build` again")
    return shown


def _drop_damaged(folder: AtlasFolder) -> None:
    """Delete the files that are no longer as the index of the last run has them."""
    if not folder.path(MEDIA, INDEX).exists():
        return
    try:
        index = folder.read_table(MEDIA, INDEX)
    except AtlasError:
        discard(folder)
        return
    for key, audio_bytes, picture_bytes in index.select("key", "audio_bytes", "picture_bytes").iter_rows():
        for path, size in (
            (sound_path(folder.root, key), audio_bytes),
            (picture_path(folder.root, key), picture_bytes),
        ):
            if path.is_file() and path.stat().st_size != size:
                path.unlink()


def _begin_recipe(folder: AtlasFolder) -> None:
    """Keep the files of earlier runs, unless they were made in another way."""
    last = folder.record(*_RECIPE_MARK)
    if last is None or last.facts != {"recipe": RECIPE}:
        discard(folder)
        folder.mark(_RECIPE_MARK, {"recipe": RECIPE}, [])


def _columns(made: Sequence[WindowMedia]) -> dict[str, list[object]]:
    measured = {
        name: [getattr(window_media, name) for window_media in made]
        for name in WindowMedia.__slots__
        if name != "window"
    }
    return measured | {
        name: [getattr(window_media.window, name) for window_media in made] for name in ("clip", "key", "reason")
    }


def _files(root: Path, made: Sequence[WindowMedia]) -> list[Path]:
    audible = [
        sound_path(root, window_media.window.key) for window_media in made if window_media.audio_bytes is not None
    ]
    return audible + [picture_path(root, window_media.window.key) for window_media in made]


def _closing_lines(made: Sequence[WindowMedia], budget_mb: int, seconds: float) -> str:
    sizes = [window_media.audio_bytes for window_media in made if window_media.audio_bytes is not None]
    drawn = sum(window_media.picture_bytes for window_media in made)
    reasons = Counter(window_media.window.reason for window_media in made)
    full = f", {reasons[BUDGET]:,} over the budget of {budget_mb} MB" if reasons[BUDGET] else ""
    line = (
        f"media      {counted(len(sizes), 'sound')} ({sum(sizes) / MB:.1f} MB),"
        f" {counted(len(made), 'picture')} ({drawn / MB:.1f} MB),"
        f" {reasons[LICENCE]:,} not published (licence){full}, in {duration(seconds)}"
    )
    silent = Counter(
        window_media.window.licence or "unknown" for window_media in made if window_media.window.reason == LICENCE
    )
    if not silent:
        return line
    named = ", ".join(f"{licence} ({number:,})" for licence, number in silent.most_common(_LICENCES_NAMED))
    more = f" and {len(silent) - _LICENCES_NAMED} more" if len(silent) > _LICENCES_NAMED else ""
    return f"{line}\n           not in [media] redistribute: {named}{more}"
