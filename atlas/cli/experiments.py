"""Published steering experiments, made on a finished atlas."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atlas.cli.options import config_argument, out_option, workers_option

if TYPE_CHECKING:
    from atlas.measure.run import Run

dictionary_option = click.option(
    "--dictionary", metavar="NAME", help="Whose features are tried. Default: the first that is no control."
)


def _enough(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    from atlas.schema.thresholds import FEWEST_STEERED_RECORDINGS

    if value is not None and value < FEWEST_STEERED_RECORDINGS:
        raise click.BadParameter(
            f"{value}: a rate of so few recordings says nothing; give {FEWEST_STEERED_RECORDINGS} or more", ctx, param
        )
    return value


@click.group()
def experiment() -> None:
    """Make a published steering experiment on a finished atlas, beside the controls that it came without.

    Each writes tables into the atlas, and a page of the site at the next `atlas render`. It needs a model with what it
    says: a Whisper with its decoder, or heads. What was heard of each clip is kept, so that a run that was stopped goes
    on.
    """


@experiment.command()
@config_argument
@dictionary_option
@out_option
@workers_option
@click.option(
    "--clips",
    type=int,
    callback=_enough,
    help="Recordings without speech that are heard, at most, and half as many of speech, each 8 at least; more add to"
    " those before.",
)
def hallucination(
    config: Path, dictionary: str | None, out: Path | None, workers: int | None, clips: int | None
) -> None:
    """Ask whether features make the model write where nobody speaks.

    On half of the recordings without speech a logistic regression chooses the features; on the other half they are
    shifted the other way, and hallucinated texts are counted, beside plain reconstruction, a difference of means and
    random features of equal size; words of speech tell what it costs.
    """
    from atlas.effects.experiments.run import run_hallucination
    from atlas.pool import processes

    run = _finished(config, out)
    with run.folder.lock():
        click.echo(run_hallucination(run, dictionary, processes(workers), clips))


@experiment.command()
@config_argument
@dictionary_option
@out_option
@workers_option
def language(config: Path, dictionary: str | None, out: Path | None, workers: int | None) -> None:
    """Ask whether features move the language that the model hears.

    Between each two languages with enough recordings, features of the one are taken away and features of the other are
    added, beside plain reconstruction, a difference of means and random features of equal size.
    """
    from atlas.effects.experiments.run import run_language
    from atlas.pool import processes

    run = _finished(config, out)
    with run.folder.lock():
        click.echo(run_language(run, dictionary, processes(workers)))


def _finished(config: Path, out: Path | None) -> "Run":
    """The atlas of a config, if it is merged and analysed with it."""
    import torch

    from atlas.config.loading import load_config
    from atlas.measure.run import Run
    from atlas.pipeline import STAGES
    from atlas.store import AtlasFolder

    run = Run(load_config(config), AtlasFolder(out or Path(f"{config.stem}-atlas")), torch.device("cpu"), 1)
    for name in ("merge", "analyse"):
        STAGES[name].require(run, STAGES[name].stated_facts(run))
    return run
