"""Checkpoints of dictionaries: what one is, and how to train another."""

import sys
from pathlib import Path

import click

from atlas.cli.options import config_argument, device_option


@click.command()
@click.argument("checkpoint")
def inspect(checkpoint: str) -> None:
    """Say what a checkpoint is and how it would be read.

    CHECKPOINT is a file, a folder, or hf://owner/repo[@revision]/path.
    """
    from atlas.dictionaries.inspect import inspect_checkpoint, report_lines

    click.echo("\n".join(report_lines(inspect_checkpoint(checkpoint))))


@click.command()
@config_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of what is trained. Default: the config's name and -sae, here.",
)
@device_option
@click.option("--force", is_flag=True, help="Train again, and throw away what was trained before.")
def train(config: Path, out: Path | None, device: str, force: bool) -> None:
    """Train sparse autoencoders on taps of an encoder.

    All that CONFIG names learn from one encoder pass, each saved as NAME/ae.pt in the layout of dictionary_learning.
    Recordings that are held out tell how well they do; a feature counts as dead that was not active in the last
    training.dead_frames frames. A training that was stopped goes on where it was.
    """
    from atlas.train.run import closing_lines
    from atlas.train.run import train as train_config

    def echo(line: str) -> None:
        click.echo(line, file=sys.stderr)  # as it is now: while a bar is shown, another that writes above it

    trained = train_config(config, out or Path(f"{config.stem}-sae"), device, force=force, echo=echo)
    click.echo("\n".join(closing_lines(trained)))
