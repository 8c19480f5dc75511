"""The command line: each command parses, calls one function and reports.

Heavy imports are inside the commands, so that help comes at once. Closing lines go to stdout, bars and warnings to
stderr.
"""

import logging
from typing import Any

import click

from atlas import __version__
from atlas.cli import (
    archiving,
    checkpoints,
    corpora,
    experiments,
    exporting,
    looking,
    papers,
    planning,
    publishing,
    results,
    stages,
    steering,
)
from atlas.cli.kernels import find_room
from atlas.errors import AtlasError, refuse_windows


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
    refuse_windows()
    find_room()


for _command in (
    *(
        stages.demo,
        stages.build,
        stages.index,
        stages.annotate,
        stages.calibrate,
        stages.scan,
        stages.merge,
        stages.analyse,
    ),
    *(stages.effects, stages.media, stages.render, planning.plan, checkpoints.inspect, checkpoints.train),
    *(results.compare, results.import_, exporting.export, looking.serve, looking.check, publishing.publish),
    *(archiving.archive, steering.steer, experiments.experiment, papers.figure, papers.links, corpora.corpus),
):
    main.add_command(_command)
