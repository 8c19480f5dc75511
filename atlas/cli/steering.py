"""What a model writes when features are taken away, set or multiplied."""

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atlas.cli.options import config_argument, out_option

if TYPE_CHECKING:
    from atlas.effects.hands import SteeredClip
    from atlas.effects.steering import Where


def _where(ctx: click.Context, param: click.Parameter, value: str) -> "Where":
    if value in ("own", "all"):
        return value  # type: ignore[return-value]
    times = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", value)
    if times is None:
        raise click.BadParameter(f"{value!r}: expected own, all, or two times in seconds such as 1.0-1.4", ctx, param)
    return float(times[1]), float(times[2])


def _value(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"q50|q90|q99|max|-?\d+(?:\.\d+)?", value):
        raise click.BadParameter(f"{value!r}: expected a number, q50, q90, q99 or max", ctx, param)
    return value


@click.command()
@config_argument
@click.argument("audio", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@out_option
@click.option("--feature", "features", multiple=True, required=True, help="Such as block2/1234; may be repeated.")
@click.option("--ablate", is_flag=True, help="Take the features away.")
@click.option("--factor", type=float, help="Multiply their values; negative ones turn them round.")
@click.option("--set", "value", callback=_value, help="Their value: a number, or q50, q90, q99, max of their own.")
@click.option("--dose", type=float, default=1.0, show_default=True, help="Times the value that --set names.")
@click.option("--frames", callback=_where, default="own", show_default=True, help="own, all, or such as 1.0-1.4.")
@click.option("--language", help="Of the audio, such as de. Default: as the model hears it.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the controls.")
@click.option("--table", is_flag=True, help="Comma-separated values for scripts, instead of text.")
def steer(config: Path, audio: tuple[Path, ...], out: Path | None, features: tuple[str, ...], **asked: Any) -> None:
    """Hear AUDIO with features taken away, set or multiplied.

    Prints what the model writes of each file unedited, by the dictionary's reconstruction alone, edited, and under
    three controls that change the same frames as much; words that differ are marked. The dictionary's error is kept,
    but in the reconstruction. It needs a Whisper with its decoder, and an atlas that is calibrated and merged.
    """
    if sum([asked["ablate"], asked["factor"] is not None, asked["value"] is not None]) != 1:
        raise click.UsageError("give one of --ablate, --factor and --set")
    from atlas.config.loading import load_config
    from atlas.effects.hands import Wish
    from atlas.effects.hands import steer as steer_files
    from atlas.measure.run import Run
    from atlas.pool import cores
    from atlas.store import AtlasFolder

    import torch  # isort: skip

    run = Run(load_config(config), AtlasFolder(out or Path(f"{config.stem}-atlas")), torch.device("cpu"), cores())
    wish = Wish(0.0 if asked["ablate"] else asked["factor"], asked["value"], asked["dose"], asked["frames"])
    for number, clip in enumerate(steer_files(run, features, wish, audio, asked["language"], asked["seed"])):
        click.echo(_rows(clip, number == 0) if asked["table"] else _text(clip), nl=not asked["table"])


def _text(clip: "SteeredClip") -> str:
    from atlas.effects.steering import marked

    first = clip.versions[0].text
    lines = [click.style(f"{clip.file}  from {clip.start_s:g} s", bold=True)]
    if clip.problem:
        lines.append(f"  the unedited transcript is doubtful: {clip.problem}")
    for version in clip.versions:
        words = [click.style(f"[{word}]", fg="red") if new else word for word, new in marked(first, version.text)]
        changes = "" if version is clip.versions[0] else f"  ({version.changed} changed)"
        lines.append(f"  {version.name:<18}{' '.join(words) or '(nothing)'}{changes}")
    return "\n".join(lines)


def _rows(clip: "SteeredClip", heading: bool) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    if heading:
        rows.writerow(["file", "start_s", "version", "changed", "text"])
    for version in clip.versions:
        rows.writerow([clip.file, f"{clip.start_s:g}", version.name, version.changed, version.text])
    return text.getvalue()
