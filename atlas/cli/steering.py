"""What a model writes when features are taken away, set or multiplied, or activations moved along saved directions."""

import csv
import io
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atlas.cli.options import config_argument, out_option

if TYPE_CHECKING:
    from atlas.effects.hands import SteeredClip, Wish
    from atlas.effects.steering import Target, Where
    from atlas.measure.run import Run


def _where(ctx: click.Context, param: click.Parameter, value: str | None) -> "Where | None":
    if value in ("own", "all", None):
        return value  # type: ignore[return-value]
    assert value is not None, "as mypy does not see"
    times = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", value)
    if times is None:
        raise click.BadParameter(f"{value!r}: expected own, all, or two times in seconds such as 1.0-1.4", ctx, param)
    return float(times[1]), float(times[2])


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value}: expected a finite number", ctx, param)
    return value


def _value(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"q50|q90|q99|max|-?\d+(?:\.\d+)?", value):
        raise click.BadParameter(f"{value!r}: expected a number, q50, q90, q99 or max", ctx, param)
    return value


@click.command()
@config_argument
@click.argument("audio", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@out_option
@click.option("--feature", "features", multiple=True, help="Such as block2/1234; may be repeated.")
@click.option(
    "--direction",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Instead of features: a safetensors file of one or several directions at a tap.",
)
@click.option("--dictionary", help="Beside a direction: whose tap, reconstruction and features are taken.")
@click.option("--tap", help="Of a direction whose file names none, such as encoder.blocks.2.")
@click.option("--ablate", is_flag=True, help="Take the features away; project a direction out.")
@click.option("--factor", type=float, callback=_finite, help="Multiply their values, or a direction's share; also < 0.")
@click.option(
    "--set",
    "value",
    callback=_value,
    help="Their value: a number, or q50, q90, q99, max. Of a direction: how much to add.",
)
@click.option("--dose", type=float, callback=_finite, default=1.0, show_default=True, help="Times what --set says.")
@click.option("--frames", callback=_where, help="own (features' default), all (a direction's), or such as 1.0-1.4.")
@click.option("--language", help="Of the audio, such as de. Default: as the model hears it.")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws the controls.")
@click.option("--table", is_flag=True, help="Comma-separated values for scripts, instead of text.")
@click.option(
    "--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the direction of an edit of features there."
)
def steer(config: Path, audio: tuple[Path, ...], out: Path | None, **asked: Any) -> None:
    """Hear AUDIO with features taken away, set or multiplied.

    Prints what the model writes of each file unedited, by the dictionary's reconstruction alone, edited, and under
    three controls that change the same frames as much; words that differ are marked. The dictionary's error is kept,
    but in the reconstruction. It needs a Whisper with its decoder, or an encoder with a file of heads; and an atlas
    that is calibrated and merged.
    """
    _refuse_combinations(asked, audio)
    from atlas.config.loading import load_config
    from atlas.effects.hands import Wish
    from atlas.effects.hands import steer as steer_files
    from atlas.measure.run import Run
    from atlas.pool import cores
    from atlas.store import AtlasFolder

    import torch  # isort: skip

    run = Run(load_config(config), AtlasFolder(out or Path(f"{config.stem}-atlas")), torch.device("cpu"), cores())
    where: Where = asked["frames"] or ("own" if asked["features"] else "all")
    wish = Wish(0.0 if asked["ablate"] else asked["factor"], asked["value"], asked["dose"], where)
    target = _target(run, wish, asked)
    if asked["save"] is not None:
        from atlas.effects.saved import save_direction

        click.echo(save_direction(run, target, asked["save"]), err=asked["table"])
    for number, clip in enumerate(steer_files(run, target, audio, asked["language"], asked["seed"]) if audio else ()):
        click.echo(_rows(clip, number == 0) if asked["table"] else _text(clip), nl=not asked["table"])
        if asked["table"] and clip.silent:
            click.echo(f"{clip.file} from {clip.start_s:g} s: {_unedited(clip)}", err=True)


def _refuse_combinations(asked: dict[str, Any], audio: tuple[Path, ...]) -> None:
    """What options cannot be given together, or not without one another."""
    if bool(asked["features"]) == (asked["direction"] is not None):
        raise click.UsageError("give --feature, once or several times, or else --direction")
    if sum([asked["ablate"], asked["factor"] is not None, asked["value"] is not None]) != 1:
        raise click.UsageError("give one of --ablate, --factor and --set")
    if asked["value"] is None and asked["dose"] != 1:
        raise click.UsageError("--dose multiplies what --set says; give --factor another number instead")
    for name in ("dictionary", "tap"):
        if asked["features"] and asked[name] is not None:
            raise click.UsageError(f"--{name} is of a saved direction; a feature names its dictionary itself")
    if asked["save"] is not None and not asked["features"]:
        raise click.UsageError("--save writes the direction of features; name them by --feature")
    if not audio and asked["save"] is None:
        raise click.UsageError("Missing argument 'AUDIO...'.")


def _target(run: "Run", wish: "Wish", asked: dict[str, Any]) -> "Target":
    if asked["features"]:
        from atlas.effects.hands import target_of_features

        return target_of_features(run, asked["features"], wish)
    from atlas.effects.saved import target_of_directions

    return target_of_directions(run, asked["direction"], asked["dictionary"], asked["tap"], wish)


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
    if clip.silent:
        lines.append(f"  {_unedited(clip)}")
    return "\n".join(lines)


def _unedited(clip: "SteeredClip") -> str:
    from atlas.formatting import listed

    fires, it = ("does", "it") if len(clip.silent) == 1 else ("do", "them")
    return f"{listed(clip.silent)} {fires} not fire here, so nothing of {it} was edited"


def _rows(clip: "SteeredClip", heading: bool) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    if heading:
        rows.writerow(["file", "start_s", "version", "changed", "text"])
    for version in clip.versions:
        rows.writerow([clip.file, f"{clip.start_s:g}", version.name, version.changed, version.text])
    return text.getvalue()
