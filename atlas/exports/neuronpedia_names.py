"""What Neuronpedia calls a model, a source and its set, and the four files of one line that describe them.

A source is `{layer}-{set}`, with an optional `__{suffix}`; a model has lower-case letters, digits, hyphens and
underscores. Unknown keys are errors there, so that nothing stands in these files which their schema does not have.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath

from atlas.errors import AtlasError
from atlas.render.site import SiteAtlas

SEEDED_CREATOR = "clkht01d40000jv08hvalcvly"
"the user that a fresh Neuronpedia has"
MODEL = re.compile(r"[a-z0-9_-]+")
SOURCE = re.compile(r"\d+-(?:(?!__)[A-Za-z0-9_-])+?(?:__[A-Za-z0-9_-]+)?")
PUBLIC = "PUBLIC"
NAMED = 5
"datasets of a corpus"

Line = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronpediaOptions:
    """What replaces the names that would be made of the atlas's own."""

    model: str | None = None
    source: str | None = None
    release: str | None = None
    creator: str = SEEDED_CREATOR
    "the id of a user of that Neuronpedia"
    creator_name: str | None = None
    owner: str | None = None
    "who made the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNames:
    """What a dictionary and its model are called there."""

    dictionary: str
    model: str
    source: str
    creator: str

    @property
    def set_name(self) -> str:
        """The set that the source belongs to: its id without the layer and a suffix."""
        return self.source.partition("-")[2].partition("__")[0]

    @property
    def folder(self) -> str:
        return f"v1/{self.model}/{self.source}"

    def row_id(self, *parts: object) -> str:
        """An id as their database has them, which follows from what it names alone."""
        text = " ".join(map(str, (self.model, self.source, *parts)))
        return "c" + hashlib.sha256(text.encode()).hexdigest()[:24]


def source_names(atlas: SiteAtlas, dictionary: str, options: NeuronpediaOptions) -> SourceNames:
    """The names of a dictionary there; those that their importer would not take are refused."""
    model = options.model or _slug(PurePath(atlas.card.encoder.model).name.removesuffix(".pt").removesuffix(".encoder"))
    if not MODEL.fullmatch(model):
        raise AtlasError(f"--model-id {model}: expected lower-case letters, digits, - and _, such as whisper-tiny-en")
    source = options.source or _source(dictionary, atlas.card.dictionaries[dictionary].tap)
    if not SOURCE.fullmatch(source):
        raise AtlasError(
            f"--source {source}: expected the layer's number, - and a name, such as 2-block2, and nothing but letters,"
            " digits, - and _"
        )
    return SourceNames(dictionary=dictionary, model=model, source=source, creator=options.creator)


def _source(dictionary: str, tap: str) -> str:
    layer = re.search(r"\.(\d+)(?:\.|$)", tap)
    if layer is None:
        raise AtlasError(f"{dictionary}: its tap {tap} names no layer; give --source, such as 0-{_set(dictionary)}")
    return f"{layer[1]}-{_set(dictionary)}"


def _set(dictionary: str) -> str:
    return re.sub("__+", "_", dictionary.replace(".", "-"))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def describing_lines(atlas: SiteAtlas, names: SourceNames, options: NeuronpediaOptions) -> dict[str, Line]:
    """The release, the model, the set and the source: file name -> its only line."""
    card, own = atlas.card, atlas.card.dictionaries[names.dictionary]
    title = atlas.cite.title or card.title
    creator = options.creator_name or "; ".join(author.name for author in atlas.cite.authors) or "Audio feature atlas"
    release = options.release or _slug(title)
    about = atlas.about(names.dictionary) or f"{own.features:,} features of {own.tap}"
    addresses = [address for address in (atlas.settings.base_url, atlas.settings.paper) if address]
    made_by = {"creatorName": creator, "creatorId": names.creator}
    shapes = card.encoder.architecture
    return {
        "release.jsonl": {
            "name": release,
            "description": title,
            "urls": addresses,
            **made_by,
            "visibility": PUBLIC,
        },
        "model.jsonl": {
            "id": names.model,
            "displayName": names.model,
            "displayNameShort": names.model,
            "creatorId": names.creator,
            "layers": shapes.get("layers", 1),
            "neuronsPerLayer": shapes.get("width", own.width),
            "owner": options.owner or creator,
            "visibility": PUBLIC,
        },
        "sourceset.jsonl": {
            "modelId": names.model,
            "name": names.set_name,
            "description": about,
            "urls": addresses,
            **made_by,
            "releaseName": release,
            "visibility": PUBLIC,
        },
        "source.jsonl": {
            "id": names.source,
            "modelId": names.model,
            "setName": names.set_name,
            "creatorId": names.creator,
            "dataset": _datasets(card.corpus.datasets),
            "visibility": PUBLIC,
        },
    }


def _datasets(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
