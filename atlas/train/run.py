"""`atlas train`: from a config to trained autoencoders, all from one encoder pass.

After every so many steps the autoencoders are saved as they stand, a line is added to each log, and last a checkpoint
is written, from which a training that was stopped goes on to the same bytes.
"""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import torch

from atlas.audio.units import unit_names
from atlas.corpus.index import CLIP_CONTENT, INDEX
from atlas.digests import digest_of
from atlas.errors import AtlasError
from atlas.formatting import counted, duration
from atlas.measure.run import Run, choose_device
from atlas.pool import cores
from atlas.progress import Echo, bar
from atlas.stages import Options, Outcome, Stage, changed, reasons
from atlas.store import AtlasFolder, Facts, opaque
from atlas.train.config import AutoencoderConfig, CourseConfig, TrainConfig, load_train_config
from atlas.train.frames import ActivationReader, Activations, Stock, batches
from atlas.train.learner import BrokenError, HeldOutReport, Learner
from atlas.train.saved import SETTINGS, WEIGHTS, save, torch_bytes
from atlas.train.split import Split, at_most, endless, groups, rounds, split_clips

BEGUN = ("train-begun",)
CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
_NO_RESULT = {"report_steps", "cache"}


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """One that was trained: where it lies, and how it does."""

    name: str
    tap: str
    checkpoint: Path
    report: HeldOutReport

    def block(self) -> str:
        """Its part of a config to build."""
        checkpoint = json.dumps(str(self.checkpoint.resolve()), ensure_ascii=False)  # quoted as TOML quotes it
        return f'[[dictionary]]\nname = "{self.name}"\ntap = "{self.tap}"\ncheckpoint = {checkpoint}'


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left."""

    autoencoders: tuple[TrainingOutcome, ...]
    seconds: float | None
    "None where it was done before"
    recordings: int
    held_out_recordings: int


def closing_lines(trained: Trained) -> list[str]:
    """What was done, how well, and what to write into a config to build."""
    steps = trained.autoencoders[0].report.step
    took = "was done before" if trained.seconds is None else f"{counted(steps, 'step')} in {duration(trained.seconds)}"
    held_out = f"{trained.held_out_recordings} of {trained.recordings} recordings held out"
    lines = [f"train      {took}; {held_out}"]
    for outcome in trained.autoencoders:
        fit = f"FVU {outcome.report.held_out_fvu:.3f} at L0 {outcome.report.held_out_l0:.1f} held out"
        lines.append(
            f"           {outcome.name}: {fit}, {outcome.report.dead:.1%} dead; in {outcome.checkpoint.parent}"
        )
    for outcome in trained.autoencoders:
        lines += ["", outcome.block()]
    return lines


def train(
    config: Path, out: Path, device: str = "auto", *, force: bool = False, echo: Echo = lambda _: None
) -> Trained:
    """Train what a config asks for, or go on where it was stopped; `echo` gets a line an autoencoder a report."""
    settings = load_train_config(config)
    run = Run(settings.measured(), AtlasFolder(out), choose_device(device), cores())
    torch.set_num_threads(run.threads)
    with run.folder.lock():
        run.folder.sweep()
        return Training(settings, run, echo).finish(force=force)


@dataclass(frozen=True)
class Training:
    """One config, trained into one folder."""

    config: TrainConfig
    run: Run
    echo: Echo

    @property
    def folder(self) -> AtlasFolder:
        return self.run.folder

    def finish(self, *, force: bool) -> Trained:
        """Whatever is not done yet."""
        started = time.monotonic()
        self._check_widths()
        self._refuse_atlas()
        self._index()
        done = TRAIN.differing(self) == () and not force
        TRAIN.do(self, Options(force=force))
        self._checkpoint.unlink(missing_ok=True)
        return Trained(
            tuple(self._trained(entry) for entry in self.config.train),
            None if done else time.monotonic() - started,
            self.split.recordings,
            self.split.held_out_recordings,
        )

    def learn(self, options: Options) -> Outcome:
        """Train from the beginning, or from where it was stopped."""
        folder = self.folder
        if options.force:
            self._discard()
        folder.mark(BEGUN, TRAIN.facts(self), [], {"names": " ".join(entry.name for entry in self.config.train)})
        self._learn()
        files = [folder.root / entry.name / file for entry in self.config.train for file in (WEIGHTS, SETTINGS, LOG)]
        return Outcome("", files)

    def refuse_changes(self) -> None:
        """Refuse what would throw away what was trained, or half trained, with other facts."""
        begun = self.folder.record(*BEGUN)
        differing = changed(self, begun.facts, TRAIN.facts(self)) if begun else ()
        if differing:
            raise AtlasError(
                f"{self.folder.root}: {reasons(differing)}. That would throw away what was trained: use --force to do"
                " so, or another --out"
            )

    @property
    def _checkpoint(self) -> Path:
        return self.run.folder.root / CHECKPOINT

    def _check_widths(self) -> None:
        for entry in self.config.train:
            features = entry.width(self.run.widths[entry.tap])
            if entry.kind != "l1" and entry.k > features:
                raise AtlasError(f"{entry.name}: k is {entry.k}, but there are {features} features; make k smaller")
            if entry.nested and entry.nested[-1] >= features:
                given = f"nested has {entry.nested[-1]}, and there are {features} features in all"
                raise AtlasError(f"{entry.name}: {given}; name fewer, the whole is always counted")

    def _refuse_atlas(self) -> None:
        if self.run.folder.record("calibrate") is not None:
            raise AtlasError(
                f"{self.run.folder.root}: holds an atlas, whose clips these would replace; give another --out"
            )

    def _index(self) -> None:
        if INDEX.differing(self.run) != ():
            INDEX.do(self.run, Options(workers=self.run.threads))
            problems = self.run.clips["problem"].count()
            if problems:
                self.echo(f"{counted(problems, 'clip')} with a `problem` in clips.parquet, left out")

    def _discard(self) -> None:
        begun = self.run.folder.record(*BEGUN)
        names = begun.notes["names"].split() if begun else []
        self._checkpoint.unlink(missing_ok=True)
        for name in names:
            shutil.rmtree(self.run.folder.root / name, ignore_errors=True)
        self.run.folder.unmark(*BEGUN)  # last: until then it says what a run that is killed here leaves

    @cached_property
    def split(self) -> Split:
        weights = self.config.training.domain_weights or {}
        left_out = {domain for domain, weight in weights.items() if not weight and any(weights.values())}
        return split_clips(self.run.clips, self.run.usable, self.config.training.held_out, left_out)

    def _learn(self) -> None:
        course = self.config.training
        planned = self._rounds()
        learners = self._learners()
        first = learners[0].steps
        stock, held_out = self._listen()
        with bar("train", course.steps - first, "steps") as advance:
            for batch in islice(batches(stock, planned, course, first), course.steps - first):
                try:
                    self._step(learners, batch, held_out)
                except BrokenError as error:
                    raise self._stopped(error) from None
                advance(1)

    def _step(self, learners: Sequence[Learner], batch: Activations, held_out: Activations) -> None:
        course = self.config.training
        for learner in learners:
            learner.step(batch[learner.config.tap])
        step = learners[0].steps
        if step % course.report_steps == 0 or step == course.steps:
            reports = [learner.report(held_out[learner.config.tap]) for learner in learners]
            for learner, report in zip(learners, reports, strict=True):
                self._save(learner, report)
            states = {learner.config.name: learner.state() for learner in learners}
            self.run.folder.write_bytes(self._checkpoint, torch_bytes(states))  # last: what it leads to is in place

    def _save(self, learner: Learner, report: HeldOutReport) -> None:
        name, folder = learner.config.name, self.run.folder
        self.echo(f"{name} after {report.step} of {self.config.training.steps} steps: {report}")
        save(learner, report, self.run.source.name, folder)
        # Later reports are those of a run that was killed between its log and its checkpoint.
        before = [earlier for earlier in self._reports(name) if earlier.step < report.step]
        lines = (json.dumps(asdict(earlier)) + "\n" for earlier in (*before, report))
        folder.write_bytes(self._log(name), "".join(lines).encode())

    def _log(self, name: str) -> Path:
        return self.run.folder.root / name / LOG

    def _reports(self, name: str) -> list[HeldOutReport]:
        if not self._log(name).exists():
            return []
        return [HeldOutReport(**json.loads(line)) for line in self._log(name).read_text(encoding="utf-8").splitlines()]

    def _stopped(self, error: BrokenError) -> AtlasError:
        root = self.run.folder.root
        kept = f"the last good state is kept in {self._checkpoint}, and as NAME/{WEIGHTS} beside it"
        none = f"there was no checkpoint yet (training.report_steps = {self.config.training.report_steps})"
        return AtlasError(
            f"{root}: {error}; {kept if self._checkpoint.exists() else none}."
            " Try a smaller training.learning_rate, with --force or another --out"
        )

    def _trained(self, entry: AutoencoderConfig) -> TrainingOutcome:
        checkpoint = self.run.folder.root / entry.name / WEIGHTS
        return TrainingOutcome(entry.name, entry.tap, checkpoint, self._reports(entry.name)[-1])

    def _learners(self) -> list[Learner]:
        """As the last checkpoint left them, if there is one."""
        run, course = self.run, self.config.training
        learners = [Learner(entry, course, run.widths[entry.tap], run.device) for entry in self.config.train]
        if self._checkpoint.exists():
            states = torch.load(self._checkpoint, map_location=run.device, weights_only=True)
            for learner in learners:
                learner.restore(states[learner.config.name])
        return learners

    def _rounds(self) -> Iterator[list[int]]:
        course, frames = self.config.training, [clip.valid for clip in self.split.training]
        buffer = min(course.buffer_frames, sum(frames))  # so that no frame comes twice in a round
        sure = buffer if buffer == sum(frames) else max(0, buffer - max(frames))
        if sure < course.batch_frames:
            raise AtlasError(
                f"training.batch_frames: a step takes {course.batch_frames} frames, but there are {sum(frames)} to"
                f" train on, and a buffer of {course.buffer_frames} is sure to hold {sure}; make batches smaller, or"
                " the buffer or the corpus larger"
            )
        order = endless(groups(self.split.domains, course.domain_weights), frames, course.seed)
        return rounds(order, frames, buffer)

    def _listen(self) -> tuple[Stock, Activations]:
        """What is trained on, and held-out frames."""
        course, split = self.config.training, self.split
        listener = ActivationReader(self.run, self.run.config.taps(), cache=course.cache)
        measured = at_most(split.held_out, course.held_out_frames)
        stock = Stock(listener, split.training, course.buffer_frames)
        with bar("listen", len(measured) + stock.fits * len(split.training)) as advance:
            held_out = listener.load(measured, advance)
            if stock.fits:
                stock.fill(advance)
        return stock, held_out


def _train_facts(training: Training) -> Facts:
    clips = training.run.clips
    names = digest_of(clips.select(unit_names(clips).alias("recording"), "domain").write_csv())
    return training.run.encoder_facts() | {"recordings and domains of the clips": opaque(names)}


TRAIN: Stage[Training] = Stage(
    name="train",
    run=Training.learn,
    reads=(CLIP_CONTENT,),
    keys=("encoder.model", "train", *(f"training.{key}" for key in CourseConfig.model_fields if key not in _NO_RESULT)),
    finds=_train_facts,
    guard=lambda training, _options, _reason: training.refuse_changes(),
)
"a corpus and taps -> autoencoders; a training that was begun goes on, and is not thrown away unasked"
