"""The demo, the build, and its stages one by one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atlas.cli.looking import no_open_option, serve_site
from atlas.cli.options import (
    config_argument,
    device_option,
    force_build_option,
    force_option,
    out_option,
    site_option,
    workers_option,
)

if TYPE_CHECKING:
    from atlas.config.settings import Config
    from atlas.measure.run import Run
    from atlas.store import AtlasFolder

_LIBRARIES = (
    *("torch", "whisper", "safetensors.torch", "safetensors.numpy", "numba", "scipy.stats", "pydantic"),
    *("huggingface_hub", "soundfile", "soxr", "PIL.Image", "jinja2", "altair", "vl_convert"),
)
"what the processes of a build import, but for polars, which starts threads as it is imported"


def _part(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    part, _, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r}: expected a part and the number of parts, such as 3/16", ctx, param)
    return int(part), int(parts)


def _run(settings: "Config", folder: "AtlasFolder", device: str) -> "Run":
    from atlas.measure.run import Run, choose_device
    from atlas.pool import cores

    return Run(settings, folder, choose_device(device), cores())


def _read(config: Path, out: Path | None) -> "tuple[Config, AtlasFolder]":
    """The settings, before anything that takes long to import; and the folder of the atlas."""
    from atlas.config.loading import load_config

    settings = load_config(config)
    from atlas.store import AtlasFolder

    return settings, AtlasFolder(out or Path(f"{config.stem}-atlas"))


def _site_of(config: Path) -> Path:
    return Path("site") / config.stem


def _stage(name: str, config: Path, out: Path | None, device: str | None, **options: Any) -> None:
    """One stage; without a device it works on the tables alone, and so without torch."""
    settings, folder = _read(config, out)
    from atlas.pipeline import perform
    from atlas.stages import AtlasWorkspace, Options

    workspace = AtlasWorkspace(settings, folder) if device is None else _run(settings, folder, device)
    with folder.lock(shared=options.get("share", (1, 1)) != (1, 1)):
        click.echo(perform(name, workspace, Options(**options)))


shard_option = click.option(
    "--shard",
    "share",
    metavar="I/N",
    default="1/1",
    callback=_part,
    help="Do only this part of the shards, such as 3/16.",
)


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the site; the tables go beside it. Default: site/demo here, or a temporary folder.",
)
@click.option("--no-serve", is_flag=True, help="Build it, and stop.")
@no_open_option
def demo(out: Path | None, no_serve: bool, no_open: bool) -> None:
    """Build the atlas that comes with the package, and look at it.

    A synthetic corpus of speech, music and sound, a micro Whisper and its sparse autoencoders; it takes a minute on
    two cores, and no network.
    """
    from atlas.pool import preload

    preload(_LIBRARIES)  # first, so that it goes on beside the imports of this process
    from atlas.demo.show import show_demo

    site = show_demo(out, click.echo)
    click.echo(f"demo       a synthetic corpus through a micro Whisper; look at it again with: atlas serve {site}")
    if not no_serve:
        serve_site(site, 0, open_browser=not no_open)


@click.command()
@config_argument
@out_option
@site_option
@workers_option
@device_option
@force_build_option
def build(config: Path, out: Path | None, site: Path | None, workers: int | None, device: str, force: bool) -> None:
    """Every stage that is not done: index, annotate, calibrate, scan, merge, analyse, effects, media, render.

    A run that was stopped, however rudely, goes on where it was. A change of the config does again what depends on
    it; where that would throw away a scan, the run stops and says so, until --force.
    """
    settings, folder = _read(config, out)
    from atlas.pool import preload

    preload(_LIBRARIES)  # so that it goes on beside the imports of this process
    from atlas.pipeline import build as build_atlas
    from atlas.stages import Options

    run = _run(settings, folder, device)
    options = Options(workers=workers, force=force, site=site or _site_of(config))
    with folder.lock():
        folder.sweep()
        build_atlas(run, options, click.echo)


@click.command()
@config_argument
@out_option
@workers_option
@force_option
def index(config: Path, out: Path | None, workers: int | None, force: bool) -> None:
    """Read the corpus once and cut it into clips.

    Checks that every file decodes, and notes its duration, loudness and content hash. A file that cannot be read
    becomes a row with its problem.
    """
    _stage("index", config, out, "cpu", workers=workers, force=force)


@click.command()
@config_argument
@out_option
@workers_option
@device_option
@shard_option
@force_option
def annotate(
    config: Path, out: Path | None, workers: int | None, device: str, share: tuple[int, int], force: bool
) -> None:
    """Make words and phones for speech that comes without, by shards.

    Only what [annotate] in the config asks for; texts and alignments of the corpus win. Between index and scan.
    """
    _stage("annotate", config, out, device, workers=workers, share=share, force=force)


@click.command()
@config_argument
@out_option
@device_option
@force_option
def calibrate(config: Path, out: Path | None, device: str, force: bool) -> None:
    """Find thresholds and scales on a sample of windows.

    Where a checkpoint brings no threshold, finds the one at which k features are active on a mean frame; finds those
    of raw neurons and of the controls; refuses a dictionary whose codes are dense.
    """
    _stage("calibrate", config, out, device, force=force)


@click.command()
@config_argument
@out_option
@workers_option
@device_option
@shard_option
@force_option
def scan(config: Path, out: Path | None, workers: int | None, device: str, share: tuple[int, int], force: bool) -> None:
    """Run encoder and dictionaries over the clips, by shards.

    Shards that are done are skipped. For a queue system: after `atlas calibrate`, start N jobs on one shared folder
    with --shard 1/N to --shard N/N, and `atlas merge` when all have ended.
    """
    _stage("scan", config, out, device, workers=workers, share=share, force=force)


@click.command()
@config_argument
@out_option
@force_option
def merge(config: Path, out: Path | None, force: bool) -> None:
    """Merge what all shards found into the tables."""
    _stage("merge", config, out, "auto", force=force)


@click.command()
@config_argument
@out_option
@workers_option
@force_option
def analyse(config: Path, out: Path | None, workers: int | None, force: bool) -> None:
    """Test every feature against domains, labels and phones.

    Exact tests over recordings, with effect sizes and their intervals; the same for the controls.
    """
    _stage("analyse", config, out, None, workers=workers, force=force)


@click.command()
@config_argument
@out_option
@workers_option
@force_option
def effects(config: Path, out: Path | None, workers: int | None, force: bool) -> None:
    """Measure what features do to what the model says.

    Only what [effects] in the config asks for, by a budget of passes. It takes features away, each beside a decoy,
    and tries doses and controls; a run that was stopped goes on, and a larger budget adds to what is there. It works
    on CPUs alone.
    """
    from atlas.pool import preload

    preload(_LIBRARIES)  # its steps each have processes of their own
    _stage("effects", config, out, "auto", workers=workers, force=force)  # effects themselves are measured on CPUs


@click.command()
@config_argument
@out_option
@workers_option
@force_option
def media(config: Path, out: Path | None, workers: int | None, force: bool) -> None:
    """Make the sound files and spectrograms of the clips that examples use.

    Only clips whose licence is in [media] redistribute can be heard on the site, up to [media] budget_mb.
    """
    _stage("media", config, out, None, workers=workers, force=force)


@click.command()
@config_argument
@out_option
@site_option
@workers_option
def render(config: Path, out: Path | None, site: Path | None, workers: int | None) -> None:
    """Make the pages of the site.

    Everything is made anew, and only files whose bytes differ are written.
    """
    _stage("render", config, out, None, workers=workers, site=site or _site_of(config))
