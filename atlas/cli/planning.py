"""What a run would cost, before it runs."""

import json
from pathlib import Path

import click

from atlas.cli.options import config_argument, device_option, host_option, out_option, workers_option


@click.command()
@config_argument
@out_option
@workers_option
@device_option
@host_option
@click.option(
    "--trial-seconds",
    type=click.FloatRange(min=1),
    default=30,
    show_default=True,
    help="About how long windows are tried, beside loading the models. Longer trials tell more of rare features.",
)
@click.option("--no-trial", is_flag=True, help="Try nothing: bytes alone, as if every feature had all of its examples.")
@click.option("--try-annotating", is_flag=True, help="Try annotating, too, on a few clips.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: seconds, MiB and bytes.")
def plan(
    config: Path,
    out: Path | None,
    workers: int | None,
    device: str,
    host: str,
    trial_seconds: float,
    no_trial: bool,
    try_annotating: bool,
    as_json: bool,
) -> None:
    """Say what a run would cost: hours, memory, disk, and whether the site fits its host.

    Reads the corpus's listing and headers, the checkpoints' shapes, and what is there of the atlas, and tries some
    windows on this machine. Writes nothing.
    """
    from atlas.config.loading import load_config

    settings = load_config(config)
    from atlas.planning.report import report_json, report_lines
    from atlas.planning.run import Asked, plan_run
    from atlas.publish.hosts import HOSTS
    from atlas.store import AtlasFolder

    place = out or Path(f"{config.stem}-atlas")
    asked = Asked(device=device, workers=workers, trial_s=None if no_trial else trial_seconds, annotated=try_annotating)
    made = plan_run(settings, AtlasFolder(place), HOSTS[host], asked)
    text = json.dumps(report_json(made), indent=1) if as_json else "\n".join(report_lines(made, place))
    click.echo(text)
