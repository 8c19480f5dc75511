"""What a checkpoint is, and what would be read from it: a report for the terminal, before anything is run.

It reads the checkpoint as a run would, and measures its weights; no activations are needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from atlas.dictionaries.files import read_checkpoint
from atlas.dictionaries.formats import encoder_decoder_cosine, read_dictionary, recognise
from atlas.dictionaries.summary import NormRange, selection_fact
from atlas.dictionaries.taps import SuggestedTap
from atlas.schema.remarks import Doubt, Fact
from atlas.schema.wording import doubt_words, fact_words, range_words, tap_words

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointReport:
    """What is known of a checkpoint."""

    checkpoint: str
    path: str
    sha256: str
    size_bytes: int
    format: str
    reason: str
    d: int
    n: int
    selection: Fact
    decoder_norm: NormRange
    encoder_decoder_cosine: float | None
    bias: NormRange
    suggested_tap: SuggestedTap | None
    facts: tuple[Fact, ...]
    settings: tuple[str, ...]
    "the plain settings beside the file; long or nested ones by name alone"
    doubts: tuple[Doubt, ...]


def inspect_checkpoint(checkpoint: str) -> CheckpointReport:
    """Read a checkpoint and report on it; `checkpoint` is what a config would name."""
    read = read_checkpoint(checkpoint)
    recognised = recognise(read)
    dictionary = read_dictionary(read)
    return CheckpointReport(
        checkpoint=checkpoint,
        path=str(read.path),
        sha256=read.sha256,
        size_bytes=read.size_bytes,
        format=recognised.format.name,
        reason=recognised.reason,
        d=dictionary.d,
        n=dictionary.n,
        selection=selection_fact(dictionary.selection),
        decoder_norm=NormRange.of(dictionary.decoder_norm),
        encoder_decoder_cosine=encoder_decoder_cosine(dictionary),
        bias=NormRange.of(dictionary.bias),
        suggested_tap=recognised.format.suggested_tap(read),
        facts=dictionary.facts,
        settings=tuple(_shown(read.settings().items())),
        doubts=dictionary.doubts,
    )


def report_lines(report: CheckpointReport) -> tuple[str, ...]:
    """The report as aligned lines for a terminal."""
    cosine, tap = report.encoder_decoder_cosine, report.suggested_tap
    config = (("config", ", ".join(report.settings)),) if report.settings else ()
    rows = (
        ("file", report.path),
        ("size", f"{report.size_bytes / MEBIBYTE:.1f} MiB"),
        ("sha256", report.sha256),
        ("recognised by", report.reason),
        ("activations", f"d = {report.d}"),
        ("features", f"n = {report.n} ({report.n / report.d:g} x d)"),
        fact_words(report.selection),
        ("encoder bias", range_words(report.bias.figures)),
        ("encoder . decoder", "no encoder" if cosine is None else f"median cosine {cosine:.3f}"),
        ("suggested tap", "none stated" if tap is None else tap_words(tap.path, tap.layer)),
        *map(fact_words, report.facts),
        *config,
    )
    width = max(len(name) for name, _ in rows)
    doubts = [f"  ? {doubt_words(doubt)}" for doubt in report.doubts] or ["  none"]
    return (report.checkpoint, "", *(f"  {name:<{width}}  {value}" for name, value in rows), "", "Doubts", *doubts)


def _shown(settings: Iterable[tuple[str, object]]) -> Iterable[str]:
    for name, value in settings:
        plain = value is None or isinstance(value, bool | int | float | str)
        yield f"{name} = {value}" if plain and len(str(value)) <= 40 else name
