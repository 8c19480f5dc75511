"""What scripts share with Python, stated in Python alone: `assets/constants.js`, and the texts of definitions."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from atlas.audio.samples import COLUMNS_PER_S
from atlas.config.tables import NAME_PATTERN
from atlas.reading.names import FIRES_ON, LEANS, name_of
from atlas.render import svg
from atlas.render.definitions import SECTIONS, Section, sections
from atlas.render.effect_columns import DOING, effects_measured
from atlas.render.numbers import ABSENT, SMALLEST_NATS
from atlas.render.pages.packed import SHARD
from atlas.render.pages.search import RANGES
from atlas.render.parts import snippets
from atlas.render.site import SiteAtlas
from atlas.render.templating import COMMON_SCRIPTS, Page
from atlas.render.terms import WAYS
from atlas.schema import STATES
from atlas.schema.analysed import NAMELESS
from atlas.schema.media import DECODER_DELAY_S, FOLDER, LEAD_S, RUN_UP_S

CONSTANTS: Mapping[str, object] = MappingProxyType(
    {
        "ABSENT": ABSENT,
        "COLUMNS_PER_S": COLUMNS_PER_S,
        "COMMON_SCRIPTS": COMMON_SCRIPTS,
        "DECODER_DELAY_S": DECODER_DELAY_S,
        "DOING": DOING,
        "FIRES_ON": FIRES_ON,
        "LEAD_S": LEAD_S,
        "LEANS": LEANS,
        "MEDIA": f"{FOLDER}/",
        "NAMELESS": name_of({"named_by": NAMELESS}),
        "NAME_PATTERN": NAME_PATTERN,
        "PICTURE_COLUMNS": snippets.COLUMNS,
        "PICTURE_HEIGHT": snippets.SPECTROGRAM,
        "RANGES": tuple(figure.name for figure in RANGES),
        "REDIRECTS": {},
        "RUN_UP_S": RUN_UP_S,
        "SHARD": SHARD,
        "SMALLEST_NATS": SMALLEST_NATS,
        "STATES": STATES,
        "TRACE_HEIGHT": snippets.TRACE,
        "TRACE_STEP": svg.STEP,
        "WAYS": WAYS,
    }
)
"of a site that is whole: where sounds and pictures lie on another host, `MEDIA` is their address there"


def pages(atlas: SiteAtlas) -> Iterator[Page]:
    """The constants, which every page loads before all other scripts; the definitions, when somebody asks for one."""
    media = {} if atlas.media.base_url is None else {"MEDIA": atlas.media.base_url}
    yield "assets/constants.js", script({"REDIRECTS": atlas.redirects, **media})
    yield "data/definitions.js", definitions_script(sections(effects=effects_measured(atlas)))


def script(of_site: Mapping[str, object] = MappingProxyType({})) -> str:
    """`atlas.constants`, an object that nobody can change; what a site has of its own takes the place of the usual."""
    content = json.dumps({**CONSTANTS, **of_site}, ensure_ascii=False, indent=2)
    made = f"(window.atlas = window.atlas || {{}}).constants = Object.freeze({content});"
    return f"// Made by atlas/render/constants.py.\n{made}\n"


def definitions_script(shown: tuple[Section, ...] = SECTIONS) -> str:
    """Each definition's name, text and where there is no such figure, by its anchor on the about page."""
    figures = (one for part in shown for one in part.figures)
    texts = {one.anchor: (one.name, one.text, *([one.absent] if one.absent else [])) for one in figures}
    return f"atlasDefinitions({json.dumps(texts, ensure_ascii=False, separators=(',', ':'))});\n"
