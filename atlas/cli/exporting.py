"""`atlas export`: an atlas, or a part of it, handed to other programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from atlas.cli.options import config_argument, out_option

if TYPE_CHECKING:
    from atlas.render.site import SiteAtlas

dictionary_option = click.option(
    "--dictionary",
    "dictionaries",
    multiple=True,
    help="One by its name; again for more. Default: all but the controls.",
)


@click.group()
def export() -> None:
    """Hand an atlas, or a part of it, to other programs."""


@export.command()
@config_argument
@out_option
@click.option(
    "--to", "bundle", type=click.Path(path_type=Path), help="A new folder. Default: the config's name and -explain."
)
@click.option("--features", help="Such as block2/12,block2/77. Default: the live features of the surest evidence.")
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="How many, if not named.")
def explain(config: Path, out: Path | None, bundle: Path | None, features: str | None, count: int) -> None:
    """Write prompts and sounds that a captioning model can explain features by.

    For use on this machine: the sounds are cut from the corpus, whatever its licences. `atlas import explanations`
    reads the answers back, and scores them on clips that the model was not shown the truth of.
    """
    from functools import partial

    from atlas.config.loading import load_config
    from atlas.corpus.locate import locate
    from atlas.explain.bundle import chosen_features, export_bundle, named_features
    from atlas.reading.opening import open_atlas

    settings = load_config(config)
    atlas = open_atlas(out or Path(f"{config.stem}-atlas"))
    names = [entry.name for entry in settings.dictionary if not entry.is_control]
    wanted = named_features(atlas, features.split(",")) if features else chosen_features(atlas, names, count)
    to = bundle or Path(f"{config.stem}-explain")
    export_bundle(atlas, to, wanted, partial(locate, settings.corpus), click.echo)


@export.command()
@config_argument
@out_option
@click.option(
    "--to", type=click.Path(path_type=Path), help="A new folder. Default: the config's name and -neuronpedia."
)
@dictionary_option
@click.option("--model-id", help="Of the model there. Default: the encoder's name, in a-z 0-9 - _.")
@click.option(
    "--source", help="As LAYER-SET or LAYER-SET__SUFFIX. Default: the tap's number and the dictionary's name."
)
@click.option("--release", help="The release's name there. Default: the title's words.")
@click.option("--creator-id", help="A user of that Neuronpedia. Default: the one that a fresh Neuronpedia has.")
@click.option("--creator-name", help="Shown as the maker. Default: the authors of [cite].")
@click.option("--owner", help="Who made the model. Default: the maker.")
def neuronpedia(
    config: Path,
    out: Path | None,
    to: Path | None,
    dictionaries: tuple[str, ...],
    model_id: str | None,
    source: str | None,
    release: str | None,
    creator_id: str | None,
    creator_name: str | None,
    owner: str | None,
) -> None:
    """Write dictionaries in the layout that Neuronpedia imports.

    Each becomes a source, with its features, their examples as tokens (words, phones or times), histograms, labels,
    cosines and explanations. Sounds have no place there.
    """
    from atlas.exports.blocks import chosen_dictionaries
    from atlas.exports.neuronpedia import export_neuronpedia
    from atlas.exports.neuronpedia_names import SEEDED_CREATOR, NeuronpediaOptions

    atlas = _atlas_of(config, out)
    options = NeuronpediaOptions(
        model=model_id,
        source=source,
        release=release,
        creator=creator_id or SEEDED_CREATOR,
        creator_name=creator_name,
        owner=owner,
    )
    chosen = chosen_dictionaries(atlas, dictionaries)
    export_neuronpedia(atlas, chosen, options, to or Path(f"{config.stem}-neuronpedia"), click.echo)


@export.command(name="embedding-atlas")
@config_argument
@out_option
@click.option(
    "--to", type=click.Path(path_type=Path), help="A .parquet file. Default: the config's name and -map.parquet."
)
@dictionary_option
def embedding_atlas(config: Path, out: Path | None, to: Path | None, dictionaries: tuple[str, ...]) -> None:
    """Write the map of features as a Parquet that the embedding-atlas package opens.

    A row a feature: its place, name, labels and explanations, its neighbours by their decoder rows, and links to its
    page and to the sound of its largest peak. Several maps lie beside each other.
    """
    from atlas.exports.blocks import chosen_dictionaries
    from atlas.exports.embedding_atlas import export_embedding_atlas

    atlas = _atlas_of(config, out)
    chosen = chosen_dictionaries(atlas, dictionaries)
    export_embedding_atlas(atlas, chosen, to or Path(f"{config.stem}-map.parquet"), click.echo)


@export.command()
@config_argument
@out_option
@click.option(
    "--to", type=click.Path(path_type=Path), help="A new folder. Default: the config's name and -huggingface."
)
@dictionary_option
@click.option(
    "--sounds",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="How many top examples of each feature get a sound of their own, 10 KB each.",
)
def huggingface(config: Path, out: Path | None, to: Path | None, dictionaries: tuple[str, ...], sounds: int) -> None:
    """Write a dataset folder with its card: features, examples and clips, with sounds.

    Only clips whose licence is one of [media] redistribute, and their examples, are in it.
    """
    from atlas.exports.blocks import chosen_dictionaries
    from atlas.exports.huggingface import export_huggingface

    atlas = _atlas_of(config, out)
    chosen = chosen_dictionaries(atlas, dictionaries)
    export_huggingface(atlas, chosen, sounds, to or Path(f"{config.stem}-huggingface"), click.echo)


def _atlas_of(config: Path, out: Path | None) -> "SiteAtlas":
    """The finished atlas of a config."""
    from atlas.config.loading import load_config
    from atlas.render.site import site_of_config

    return site_of_config(out or Path(f"{config.stem}-atlas"), load_config(config))
