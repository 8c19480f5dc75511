"""`python -m tools.demo.make`: make everything again that the demo consists of, step by step.

The corpus that is shown, the listener (a micro Whisper) with the evidence that it learned, the heads by which it says
what it hears, and the dictionaries. A step that was stopped goes on where it was, from what lies in the work folder;
the heads' few minutes begin anew. It needs espeak-ng for the speech. The explanations come last, of a built atlas:
`python -m tools.demo.captions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from atlas.demo.embedded import FILES
from atlas.pool import cores
from atlas.readouts.heads import Heads
from atlas.train.run import closing_lines
from tools.demo.dictionaries import (
    ENTRIES,
    UNTRAINED,
    Lessons,
    keep,
    train_dictionaries,
    write_lessons,
    write_untrained,
)
from tools.demo.listener.evidence import Ears, Score, evidence, table, write_evidence
from tools.demo.listener.heads import HeadLessons, encoded_scenes, fit_heads, scores_of, write_heads
from tools.demo.listener.training import Recipe, train_listener
from tools.demo.scenes.files import write_corpus
from tools.demo.scenes.instruments import INSTRUMENTS
from tools.demo.scenes.scene import Scene
from tools.demo.scenes.sets import shown_scenes, training_scenes
from tools.demo.scenes.sounds import SOUNDS
from tools.demo.scenes.synonyms import write_synonyms

ENCODER, CORPUS, EVIDENCE, HEADS = "encoder.pt", "corpus", "probes.json", "heads.safetensors"
KINDS = {"instrument": tuple(INSTRUMENTS), "sound": tuple(SOUNDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """Where things are made, and how much of them."""

    files: Path
    work: Path
    recipe: Recipe = field(default_factory=Recipe)
    lessons: Lessons = field(default_factory=Lessons)
    head_lessons: HeadLessons = field(default_factory=HeadLessons)
    workers: int = field(default_factory=cores)

    def shown(self) -> Iterator[Scene]:
        return shown_scenes(self.workers)


def make_corpus(making: Making) -> str:
    written = write_corpus(making.files / CORPUS, making.shown())
    write_synonyms(making.files / CORPUS)
    return f"corpus     {written.clips} clips, {written.seconds / 60:.1f} min, {written.sound_bytes / 1e6:.1f} MB"


def make_listener(making: Making) -> str:
    losses = train_listener(making.work / "listener", making.files / ENCODER, making.recipe, making.workers)
    return f"listener   {making.recipe.steps} steps, loss {losses[0]:.2f} to {losses[-1]:.2f}"


def make_evidence(making: Making) -> str:
    """Probe the listener on the corpus that is shown, whose parameters it has never met."""
    taps = sorted({entry.tap for entry in ENTRIES})
    scores: list[Score] = evidence(making.shown(), Ears(making.files / ENCODER, taps, making.recipe.seed), KINDS)
    write_evidence(scores, making.files / EVIDENCE)
    return table(scores)


def make_heads(making: Making) -> str:
    """Fit heads on scenes of the training world, and try them on the corpus that is shown."""
    encoder, lessons = making.files / ENCODER, making.head_lessons
    scenes = encoded_scenes(encoder, training_scenes(lessons.scenes, lessons.seed, making.workers))
    names, weights = fit_heads(scenes, lessons)
    size = write_heads(names, weights, encoder, making.files / HEADS)
    scores = scores_of(Heads(names, weights), encoded_scenes(encoder, making.shown()))
    return f"heads      {lessons.scenes} scenes, {size / 1e3:.0f} kB; {scores.line()}"


def make_dictionaries(making: Making) -> str:
    work = making.work
    work.mkdir(parents=True, exist_ok=True)
    scenes = write_lessons(work, making.lessons, making.workers)
    plain = write_untrained(work, making.recipe.shape, making.recipe.seed)
    lines = []
    for encoder, entries in ((making.files / ENCODER, ENTRIES), (plain, UNTRAINED)):
        trained = train_dictionaries(work, encoder, scenes, entries, making.lessons)
        keep(trained, making.files / "dictionaries")
        lines += closing_lines(trained)[: 1 + len(entries)]
    return "\n".join(lines)


STEPS = {
    "corpus": make_corpus,
    "listener": make_listener,
    "evidence": make_evidence,
    "heads": make_heads,
    "dictionaries": make_dictionaries,
}


@click.command()
@click.argument("steps", nargs=-1, type=click.Choice(list(STEPS)))
@click.option("--files", type=click.Path(path_type=Path), default=FILES, help="Where it goes. Default: the package.")
@click.option("--work", type=click.Path(path_type=Path), default=Path(".demo"), help="What is kept between runs.")
def main(steps: tuple[str, ...], files: Path, work: Path) -> None:
    """Make the demo's corpus, listener, evidence, heads and dictionaries again: all, or the STEPS named."""
    for name in steps or STEPS:
        click.echo(STEPS[name](Making(files=files, work=work)))


if __name__ == "__main__":
    main()
