"""Public corpora that lie unpacked on disk."""

from pathlib import Path

import click

from atlas.formatting import counted


def _known_corpora(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from atlas.corpus.presets import PRESETS

        width = max(map(len, PRESETS))
        click.echo("\n".join(f"{name:<{width}}  {preset.title}: {preset.expects}" for name, preset in PRESETS.items()))
        ctx.exit()


@click.command()
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
