"""An atlas together with the settings of its site: where each feature's page lies, and how pages are packed."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from atlas.config.settings import Config
from atlas.config.site import CiteConfig, MediaConfig, SiteConfig
from atlas.reading.citation import Work, work_of
from atlas.reading.controls import cited
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.fingerprints import dictionary_figures, figures_fingerprint
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas

LARGEST_UNPACKED = 2 * 6_144  # features of a site: with pages of 60 KB they leave a quarter of 1 GB for sound
LARGEST_STUBBED = 300_000  # features: their stubs take a quarter of 1 GB, and hosts dislike more files
ALIAS = "f.html"


@dataclass(frozen=True, eq=False, repr=False)
class SiteAtlas(Atlas):
    """An atlas as pages see it."""

    settings: SiteConfig
    abouts: tuple[tuple[str, str], ...] = ()
    "dictionaries with their lines for readers"
    cite: CiteConfig = field(default_factory=CiteConfig)
    media: MediaConfig = field(default_factory=MediaConfig)

    def dictionary(self, name: str, first: int = 0, stop: int | None = None) -> DictionaryTables:
        """The tables of a block; the last one is kept, as pages and JSON of the same features follow each other."""
        key = name, first, stop
        if key not in self._last_block:
            self._last_block.clear()
            self._last_block[key] = super().dictionary(name, first, stop)
        return self._last_block[key]

    @cached_property
    def _last_block(self) -> dict[tuple[str, int, int | None], DictionaryTables]:
        return {}

    @cached_property
    def figures(self) -> str:
        """A short name for all figures that the pages show."""
        return figures_fingerprint(self)

    @cached_property
    def figures_by_name(self) -> dict[str, str]:
        """Short names for those of each dictionary."""
        return {name: dictionary_figures(self, name) for name in self.card.dictionaries}

    def fingerprint(self, name: str) -> str:
        """What addresses of a dictionary's features carry behind `?v=`."""
        return f"{self.card.dictionaries[name].identity}-{self.figures_by_name[name]}"

    @cached_property
    def redirects(self) -> dict[str, str]:
        """Former names of dictionaries with those of today; those of controls, too, which follow their dictionary's."""
        moved = {old: new for old, new in self.settings.redirects.items() if new in self.card.dictionaries}
        for old, new in tuple(moved.items()):
            for name, card in self.card.dictionaries.items():
                former = f"{old}{name.removeprefix(new)}"
                if card.control_of == new and name.startswith(f"{new}-") and former not in self.card.dictionaries:
                    moved.setdefault(former, name)
        return moved

    def former_names(self, name: str) -> tuple[str, ...]:
        """What a dictionary was called."""
        return tuple(old for old, new in self.redirects.items() if new == name)

    @cached_property
    def work(self) -> Work:
        """How the atlas is cited."""
        return work_of(self.card.title, self.cite, self.settings)

    @cached_property
    def packed(self) -> bool:
        """Whether feature pages lie in shards: what the config says; without it, by the number of features."""
        if self.settings.packed is not None:
            return self.settings.packed
        return sum(self.feature_count(name) for name in self.names if not self._has_stubs(name)) > LARGEST_UNPACKED

    @cached_property
    def aliased(self) -> bool:
        """Whether features have no files at their addresses: `404.html` shows them there, and links go by the alias."""
        if self.settings.stubs is not None:
            return self.packed and not self.settings.stubs
        return self.packed and self._all_features > LARGEST_STUBBED

    @cached_property
    def _all_features(self) -> int:
        return sum(map(self.feature_count, self.card.dictionaries))

    def _has_stubs(self, name: str) -> bool:
        return self.card.dictionaries[name].control_of is not None and not self.settings.control_pages

    def is_stubbed_control(self, name: str) -> bool:
        """Whether a dictionary is a control whose directions have pages only where they are cited."""
        return self._has_stubs(name) and not self.aliased

    @cached_property
    def cited(self) -> dict[str, frozenset[int]]:
        """Of each control, the directions that pages of other dictionaries lead to."""
        return cited(self.folder, {name: self.controls_of(name) for name in self.names})

    def about(self, name: str) -> str:
        """What the config says of a dictionary, for readers; empty where it says nothing."""
        return dict(self.abouts).get(name, "")

    def address(self, feature: str) -> str:
        """Where links to a feature (`block2/1234`) lead, from the site's root."""
        return f"{ALIAS}#{feature}" if self.aliased else f"f/{feature}.html"

    def lasting_address(self, feature: str) -> str:
        """The address of a feature to cite, whole where the host is known, which shows `404.html` for want of a file.

        Elsewhere it is relative, and leads to a file.
        """
        base = self.work.address
        return f"{base}f/{feature}.html" if base else self.address(feature)


def site_atlas(root: Path, settings: SiteConfig) -> SiteAtlas:
    """Open the atlas that measuring left in a folder, for a site with these settings."""
    atlas = open_atlas(root)
    return SiteAtlas(atlas.folder, atlas.card, settings)


def site_of_config(root: Path, config: Config) -> SiteAtlas:
    """The same, with all that a config says of the site."""
    return replace(site_atlas(root, config.site), abouts=config.abouts(), cite=config.cite, media=config.media)
