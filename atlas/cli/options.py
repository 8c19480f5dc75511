"""Arguments and options that several commands share."""

from pathlib import Path

import click

config_argument = click.argument("config", type=click.Path(path_type=Path))
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the atlas. Default: the config's name and -atlas, here.",
)
site_option = click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the site. Default: the config's name, in the folder site here.",
)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
force_build_option = click.option(
    "--force", is_flag=True, help="Do every stage again, and throw away what was scanned before."
)
force_option = click.option("--force", is_flag=True, help="Do this stage again, even where it is done.")
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes that a stage may use; no result depends on it. Default: one a core, but for the scan, which takes"
    " one whose threads use every core.",
)
HOST_NAMES = ("github", "huggingface", "cloudflare", "netlify", "folder")
host_option = click.option(
    "--host",
    type=click.Choice(HOST_NAMES),
    default="github",
    show_default=True,
    help="Whose limits hold.",
)
