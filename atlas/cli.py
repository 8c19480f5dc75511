"""The command line: each command parses, calls one function and reports.

Heavy imports are inside the commands, so that help comes at once. Closing lines go to stdout, bars and warnings to
stderr.
"""

import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atlas import __version__
from atlas.errors import AtlasError
from atlas.wording import counted

if TYPE_CHECKING:
    from atlas.measure.run import Run


class _Commands(click.Group):
    """Commands in the order in which they are written; an AtlasError is printed as a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AtlasError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="atlas")
def main() -> None:
    """Listen to a corpus through an audio model and its sparse autoencoders, and measure every feature.

    A config file says what is measured; `atlas build CONFIG` does it all. The other commands are its stages, for
    queue systems and for looking closer.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)


_config = click.argument("config", type=click.Path(path_type=Path))
_out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the atlas. Default: the config's name and -atlas, here.",
)
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
_force_build = click.option(
    "--force", is_flag=True, help="Do every stage again, and throw away what was scanned before."
)
_force = click.option("--force", is_flag=True, help="Do this stage again, even where it is done.")
_engine = click.option(
    "--engine", type=click.Choice(["local"]), default="local", show_default=True, help="Where shards run."
)
_workers = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that scan shards; they divide the cores among them.",
)


def _part(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    part, _, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise click.BadParameter(f"{value!r}: expected a part and the number of parts, such as 3/16", ctx, param)
    return int(part), int(parts)


def _run(config: Path, out: Path | None, device: str) -> "Run":
    from atlas.config import load_config
    from atlas.engines.local import cores
    from atlas.measure.run import Run, choose_device
    from atlas.store import AtlasFolder

    settings = load_config(config)
    folder = AtlasFolder(out or Path(f"{config.stem}-atlas"))
    return Run(settings, folder, choose_device(device), cores())


def _stage(name: str, config: Path, out: Path | None, device: str, **options: Any) -> None:
    from atlas.build import STAGES, Options

    run = _run(config, out, device)
    with run.folder.lock(shared=options.get("share", (1, 1)) != (1, 1)):
        click.echo(STAGES[name](run, Options(**options)))


@main.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the atlas. Default: site/demo-atlas here, or a temporary folder.",
)
def demo(out: Path | None) -> None:
    """Build the atlas that comes with the package.

    A synthetic corpus of speech, music and sound, a micro Whisper and its sparse autoencoders; it takes less than a
    minute on two cores, and no network.
    """
    from atlas.demo.show import show_demo

    folder = show_demo(out, click.echo)
    click.echo(f"demo       a synthetic corpus through a micro Whisper; the tables are in {folder}")


@main.command()
@_config
@_out
@_engine
@_workers
@_device
@_force_build
def build(config: Path, out: Path | None, engine: str, workers: int, device: str, force: bool) -> None:
    """Every stage that is not done: index, calibrate, scan, merge, analyse.

    A run that was stopped, however rudely, goes on where it was. A change of the config does again what depends on
    it; where that would throw away a scan, the run stops and says so, until --force.
    """
    from atlas.build import Options
    from atlas.build import build as build_atlas

    run = _run(config, out, device)
    with run.folder.lock():
        run.folder.sweep()
        build_atlas(run, Options(workers=workers, force=force), click.echo)


@main.command()
@_config
@_out
@_force
def index(config: Path, out: Path | None, force: bool) -> None:
    """Read the corpus once and cut it into clips.

    Checks that every file decodes, and notes its duration, loudness and content hash. A file that cannot be read
    becomes a row with its problem.
    """
    _stage("index", config, out, "cpu", force=force)


@main.command()
@_config
@_out
@_device
@_force
def calibrate(config: Path, out: Path | None, device: str, force: bool) -> None:
    """Find thresholds and scales on a sample of windows.

    Where a checkpoint brings no threshold, finds the one at which k features are active on a mean frame; finds those
    of raw neurons and of the random controls; refuses a dictionary whose codes are dense.
    """
    _stage("calibrate", config, out, device, force=force)


@main.command()
@_config
@_out
@_engine
@_workers
@_device
@click.option(
    "--shard",
    "share",
    metavar="I/N",
    default="1/1",
    callback=_part,
    help="Scan only this part of the shards, such as 3/16.",
)
@_force
def scan(
    config: Path, out: Path | None, engine: str, workers: int, device: str, share: tuple[int, int], force: bool
) -> None:
    """Run encoder and dictionaries over the clips, by shards.

    Shards that are done are skipped. For a queue system: after `atlas calibrate`, start N jobs on one shared folder
    with --shard 1/N to --shard N/N, and `atlas merge` when all have ended.
    """
    _stage("scan", config, out, device, workers=workers, share=share, force=force)


@main.command()
@_config
@_out
@_force
def merge(config: Path, out: Path | None, force: bool) -> None:
    """Merge what all shards found into the tables."""
    _stage("merge", config, out, "cpu", force=force)


@main.command()
@_config
@_out
@_force
def analyse(config: Path, out: Path | None, force: bool) -> None:
    """Test every feature against domains, labels and phones.

    Exact tests over recordings, with effect sizes and their intervals; the same for the random controls.
    """
    _stage("analyse", config, out, "cpu", force=force)


@main.command()
@click.argument("checkpoint")
def inspect(checkpoint: str) -> None:
    """Say what a checkpoint is and how it would be read.

    CHECKPOINT is a file, a folder, or hf://owner/repo[@revision]/path.
    """
    from atlas.dictionaries.inspect import inspect_checkpoint, report_lines

    click.echo("\n".join(report_lines(inspect_checkpoint(checkpoint))))


@main.command()
@_config
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of what is trained. Default: the config's name and -sae, here.",
)
@_device
@click.option("--force", is_flag=True, help="Train again, and throw away what was trained before.")
def train(config: Path, out: Path | None, device: str, force: bool) -> None:
    """Train sparse autoencoders on taps of an encoder.

    All that CONFIG names learn from one encoder pass, each saved as NAME/ae.pt in the layout of dictionary_learning.
    Recordings that are held out tell how well they do; a feature counts as dead that was not active in the last
    training.dead_frames frames. A training that was stopped goes on where it was.
    """
    from atlas.train.run import closing_lines
    from atlas.train.run import train as train_config

    def say(line: str) -> None:
        click.echo(line, file=sys.stderr)  # as it is now: while a bar is shown, another that writes above it

    trained = train_config(config, out or Path(f"{config.stem}-sae"), device, force=force, say=say)
    click.echo("\n".join(closing_lines(trained)))


@main.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: any that is free.")
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
def serve(site: Path, port: int, no_open: bool) -> None:
    """Look at a site on this machine.

    Serves the folder SITE until it is stopped (Ctrl-C), to this machine alone, and answers ranges, as players need.
    """
    from atlas.publish.serve import address_of, server_of

    with server_of(site, port) as server:
        address = address_of(server)
        click.echo(f"serve      {site} at {address}; Ctrl-C stops it")
        if not no_open:
            click.launch(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def _known_corpora(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from atlas.corpus.presets import PRESETS

        width = max(map(len, PRESETS))
        click.echo("\n".join(f"{name:<{width}}  {preset.title}: {preset.expects}" for name, preset in PRESETS.items()))
        ctx.exit()


@main.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    "manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The manifest to write. Default: NAME.csv, here.",
)
@click.option(
    "--list", is_eager=True, is_flag=True, callback=_known_corpora, expose_value=False, help="The names known."
)
def corpus(name: str, folder: Path, manifest: Path | None) -> None:
    """Write the manifest of a public corpus.

    The corpus NAME (see --list) lies unpacked in FOLDER.
    Its labels, texts, speakers, licences and timed labels come from the corpus's own files.
    """
    from atlas.corpus.presets import alignments_beside, write_manifest

    path = manifest or Path(f"{name}.csv")
    listing = write_manifest(name, folder, path)
    for note in listing.notes:
        click.echo(note, err=True)
    lines = [f"corpus     {counted(len(listing.rows), 'file')} in {path}; for the config:", "", "[corpus]"]
    lines += [f'manifest = "{path.resolve()}"', f'root = "{folder.resolve()}"']
    if listing.alignments:
        lines.append(f'alignments = "{alignments_beside(path).resolve()}"')
    click.echo("\n".join(lines))
