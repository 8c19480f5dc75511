"""Every clip that effects are measured on: what is said of it unedited, and how each dictionary sees it.

A clip is encoded once for the taps of all dictionaries. What is said of it is kept on disk, so that no later step
decodes it again. Every process does its arithmetic on one thread and one clip at a time, so that no bit depends on how
many processes there are.
"""

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path

import torch
from torch import Tensor

from atlas.audio.units import clips_in_half_a, unit_names
from atlas.config.dictionaries import UNTRAINED
from atlas.digests import digest_of
from atlas.effects.clips import TappedClip, TappedModel, nothing_said
from atlas.effects.utterances import RECIPE, KeptResults, content_of, utterance_bytes, utterance_from
from atlas.encoders.base import Encoder
from atlas.encoders.taps import load_encoder
from atlas.errors import AtlasError
from atlas.measure.calibrate import RESULT as CALIBRATION
from atlas.measure.calibrate import calibrated_dictionary
from atlas.measure.codes import Coder
from atlas.measure.listening import ClipSource, decode
from atlas.measure.run import Run
from atlas.measure.threads import Threads
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.readouts.base import ReadoutSource, Utterance
from atlas.readouts.catalogue import NoReadout, find_readout
from atlas.schema import CLIPS
from atlas.store import Facts, opaque

KEPT = "causes"
"the folder of what is kept, which no table is in and no other stage prunes"
CPU = torch.device("cpu")
FEWEST_TOKENS = 2
"for a clip to count: the end of the text alone is said of nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardClip:
    """A clip that effects are measured on."""

    number: int
    recording: str
    unit: str
    "what no half cuts: the recording, or the group that it belongs to"
    half_a: bool
    hash64: int
    path: str
    utterance: Utterance


@dataclass(frozen=True)  # without slots, for what is loaded once
class Hearing:
    """An encoder, its readout and some dictionaries; what they make of the clips of a run.

    It is sent to other processes as a name for what is to be loaded there, see `shipped`.
    """

    run: Run
    names: tuple[str, ...]
    "of dictionaries"
    readout: ReadoutSource
    root: Path
    "where what is said is kept"

    @classmethod
    def of(cls, run: Run, names: Sequence[str]) -> "Hearing":
        """With the readout that the config means, and what is kept in the run's own folder."""
        return cls(run, tuple(names), find_readout(run.config, run.source), run.folder.root / KEPT)

    def without_words(self) -> "Hearing":
        """The same where nothing is said of any clip: what follows in the encoder is all that can be measured."""
        return replace(self, readout=NoReadout("nothing is said of any clip"))

    def __reduce__(self) -> tuple[type["Hearing"], tuple[object, ...]]:
        return Hearing, (replace(self.run), self.names, self.readout, self.root)

    @cached_property
    def shipped(self) -> bytes:
        """What `hearing_here` takes in another process, or in this one.

        Other clips, calibrations or weights under the same config are other bytes, so that none is taken for another.
        """
        folder = self.run.folder
        read = [digest_of(path.read_bytes()) for path in (folder.path(CLIPS), folder.root / CALIBRATION)]
        return pickle.dumps((self, read, self.run.checkpoints, self.run.source.sha256))

    @cached_property
    def encoder(self) -> Encoder:
        return load_encoder(self.run.source, self.taps.values(), CPU, torch.float32)

    @cached_property
    def taps(self) -> Mapping[str, str]:
        """dictionary -> where it reads."""
        known = {entry.name: entry.tap for entry in self.run.config.dictionaries()}
        return {name: known[name] for name in self.names}

    @cached_property
    def models(self) -> Mapping[str, TappedModel]:
        """dictionary -> the model as it goes on from there; they share one buffer, as one encodes at a time."""
        readout = self.readout.load(CPU)
        entries = [entry for entry in self.run.config.dictionaries() if entry.name in self.names]
        loaded = {entry.name: calibrated_dictionary(self.run, entry) for entry in entries}
        frames, threads = self.run.window_frames, Threads(1)
        room = torch.empty(frames * max(dictionary.n for dictionary in loaded.values()))
        coders = {name: Coder(dictionary, frames, threads, room) for name, dictionary in loaded.items()}
        return {name: TappedModel(self.encoder, readout, self.taps[name], coders[name]) for name in self.names}

    @property
    def facts(self) -> Mapping[str, str]:
        """What utterances follow from, beside the clip."""
        return {
            "recipe": RECIPE,
            "arithmetic": arithmetic(),
            "encoder": self.run.source.sha256,
            "readout": self.readout.name,
            "weights of the readout": self.readout.sha256,
        }

    @property
    def speaks(self) -> bool:
        """Whether something is said; else only what follows in the encoder can be measured."""
        return self.readout.problem is None

    @cached_property
    def kept(self) -> KeptResults:
        return KeptResults.of(self.root / "utterances", self.facts)

    @cached_property
    def clips(self) -> Mapping[int, ClipSource]:
        """Those that are listened to, by number: of the domains that are transcribed, or all where nothing is said."""
        settings = self.run.config.effects
        clips = {clip.number: clip for clip in self.run.usable}
        if not self.speaks or settings is None:
            return clips
        numbers = self.run.clips.select("clip", "domain").filter(self.run.clips["domain"].is_in(settings.domains))
        return {number: clips[number] for number in numbers["clip"] if number in clips}

    @cached_property
    def languages(self) -> Sequence[str | None]:
        """[all clips]: as the corpus says."""
        return self.run.clips["language"].to_list()

    def heard(self, workers: int = 1) -> list[HeardClip]:
        """The clips of which enough is said, in the order of their numbers; what is not known yet is listened to."""
        numbers = list(self.clips)
        unknown = [number for number in numbers if self.known(number) is None]
        with bar("hear", len(numbers), "clips") as advance:
            advance(len(numbers) - len(unknown))
            for _ in ordered_map(partial(_listen, self.shipped), unknown, workers):
                advance(1)
        halves, units = clips_in_half_a(self.run.clips), unit_names(self.run.clips)
        recordings = self.run.clips["recording"]
        said = ((self.clips[number], self.known(number)) for number in numbers)
        return [
            HeardClip(
                number=clip.number,
                recording=recordings[clip.number],
                unit=units[clip.number],
                half_a=bool(halves[clip.number]),
                hash64=clip.hash64,
                path=clip.path,
                utterance=utterance,
            )
            for clip, utterance in said
            if utterance is not None and self._counts(utterance)
        ]

    def _counts(self, utterance: Utterance) -> bool:
        return utterance.problem is None and (not self.speaks or len(utterance.tokens) >= FEWEST_TOKENS)

    def known(self, number: int) -> Utterance | None:
        """What was said of a clip, if it was listened to before or says nothing."""
        if not self.speaks:
            return nothing_said()
        content = self.kept.read(self.content(number))
        return None if content is None else utterance_from(content)

    def content(self, number: int) -> str:
        """A name for what is listened to of a clip."""
        clip = self.clips[number]
        return content_of(clip.hash64, clip.valid, self.languages[number])

    def utterance(self, number: int, found: Mapping[str, Tensor]) -> Utterance:
        """What is said of a clip: as it was kept, or else now, from what the taps gave."""
        known = self.known(number)
        if known is not None:
            return known
        trained = [tap for tap in self.taps.values() if not tap.startswith(UNTRAINED)]
        tap = [tap for tap in found if tap in trained][-1] if trained else next(iter(self.taps.values()))
        model = next(model for model in self.models.values() if model.tap == tap)
        beside = self.encoder.resumed_with(tap)
        encoded = self.encoder.resume(tap, found[tap], found[beside] if beside else None)
        assert model.readout is not None, "known otherwise"
        (utterance,) = model.readout.listen(encoded, [self.clips[number].valid], [self.languages[number]])
        self.kept.write(self.content(number), utterance_bytes(utterance))
        return utterance

    @torch.no_grad()
    def activations(self, number: int) -> dict[str, Tensor]:
        """tap -> [1, frames, width], in the order in which they are computed; and what enters their layers."""
        clip = self.clips[number]
        samples, _ = decode(clip, self.run.grid)
        besides = [beside for tap in self.taps.values() if (beside := self.encoder.resumed_with(tap))]
        wanted = list(dict.fromkeys((*self.taps.values(), *besides)))
        found = self.encoder.activations(self.encoder.prepare(samples)[None], wanted)
        for tap, x in found.items():
            if not bool(x.isfinite().all()):
                raise AtlasError(f"{clip.path}: the encoder gives NaN or infinity at tap {tap!r}; use other weights")
        return {tap: x.clone() for tap, x in found.items()}  # out of inference mode

    @torch.no_grad()
    def tapped(self, number: int) -> dict[str, TappedClip]:
        """A clip as each dictionary sees it, from one pass of the encoder."""
        return self.coded(number, self.activations(number))

    def coded(self, number: int, found: Mapping[str, Tensor]) -> dict[str, TappedClip]:
        """The same from what the taps gave."""
        utterance, valid = self.utterance(number, found), self.clips[number].valid
        clips = {}
        for name, model in self.models.items():
            beside = self.encoder.resumed_with(model.tap)
            clips[name] = model.coded(found[model.tap][0], found[beside][0] if beside else None, valid, utterance)
        return clips


def arithmetic() -> str:
    """What the last bits of all effects depend on; they are measured on CPUs alone."""
    return f"torch {torch.__version__}, float32"


def source_facts(run: Run) -> Facts:
    """What the stage depends on outside of config and folder."""
    readout = find_readout(run.config, run.source)
    facts = {name: value for name, value in run.model_facts().items() if name.startswith("weights of ")}
    facts["weights of the readout"] = opaque(readout.sha256[:16]) if readout.sha256 else "none"
    return facts | {"arithmetic of effects": arithmetic()}


@lru_cache(maxsize=1)
def hearing_here(shipped: bytes) -> Hearing:
    """What `Hearing.shipped` stands for, loaded once a process."""
    hearing: Hearing = pickle.loads(shipped)[0]
    return hearing


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch's arithmetic on one thread meanwhile, as other processes work beside this one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _listen(shipped: bytes, number: int) -> None:
    with one_thread():
        hearing = hearing_here(shipped)
        hearing.utterance(number, hearing.activations(number))
