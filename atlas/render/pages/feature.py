"""The page of a feature: what stands at its head, and everything that the other views tell of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atlas.formatting import counted
from atlas.reading.citation import CitedFeature, reference
from atlas.reading.dictionary_tables import DictionaryTables
from atlas.reading.names import label_of, shown_name
from atlas.render import numbers
from atlas.render.definitions import DEFINITIONS, Definition
from atlas.render.parts import doing
from atlas.render.parts.acoustics import AcousticShift, acoustics_of
from atlas.render.parts.cards import A_CONTROL, CONTROL_WORDS, VALUES
from atlas.render.parts.effects import EffectsView, effects_view
from atlas.render.parts.evidence import (
    DatasetRow,
    LabelRow,
    PeakContext,
    TierEvidence,
    contexts_of,
    datasets_of,
    labels_of,
    tiers_of,
)
from atlas.render.parts.extent import WHOLE, Extent, extent_of
from atlas.render.parts.metadata import PageMetadata, metadata_of_feature
from atlas.render.parts.naming import NAMING, Lead, NameEvidence, evidence_of, lead_of
from atlas.render.parts.peaktiers import PeakTier, peak_tiers_of
from atlas.render.parts.place import Place, place_of
from atlas.render.parts.related import Elsewhere, Neighbours, elsewhere_of, neighbours_of
from atlas.render.parts.rows import ExampleGroup, groups_of
from atlas.render.parts.shape import DomainRow, Histogram, Mel, domain_note, domains_of, histogram_of, mel_of
from atlas.render.parts.spoken import writers_note
from atlas.render.parts.verdict import Verdict, verdict_of
from atlas.render.site import SiteAtlas
from atlas.render.templating import Page, Site, page, site_of
from atlas.schema.card import DictionaryCard

_FORMATTERS = {
    "density": numbers.percent,
    "frames_active": numbers.count,
    "clip_density": numbers.percent,
    "clips_active": numbers.count,
    "recordings_active": numbers.count,
    "max": numbers.figure,
    "mean_active": numbers.figure,
    "sd_active": numbers.figure,
    "q50": numbers.figure,
    "q90": numbers.figure,
    "q99": numbers.figure,
    "burst_s": lambda value: numbers.seconds(value, 3),
    "energy_corr": numbers.unit,
    "onset_ratio": numbers.ratio,
    "pad_rate": numbers.percent,
    "decoder_norm": numbers.figure,
    "mass_shown": numbers.percent,
}


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """One figure with its definition."""

    definition: Definition
    value: str


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """What somebody, or something, says that the feature is."""

    text: str
    author: str
    score: str
    source: str


@dataclass(frozen=True, slots=True)
class GivenNameView:
    """Who gave the feature its name, and what it would be called otherwise; empty where nothing else names it."""

    author: str
    made: str


@dataclass(frozen=True, slots=True)
class ControlNote:
    """What the features of a control are, of which dictionary it is one, and what that is for."""

    directions: str
    of: str
    short: str


@dataclass(frozen=True, slots=True)
class Citation:
    """What a paper prints of the feature: what it is, in which atlas, where, and in which edition of it."""

    text: str
    published: bool
    "whether the config says where, or in which archive, so that the text ends with an address"
    edition: str

    @property
    def line(self) -> str:
        """All of it."""
        where = "" if self.published else " Not published yet: set [site] base_url"
        return f"{self.text}{where} {self.edition}"


@dataclass(frozen=True, slots=True)
class FeatureFact:
    """A line of the provenance."""

    name: str
    value: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureView:
    """Everything that the page of a feature prints."""

    name: str
    address: str  # where links to it lead
    dictionary: str
    number: str
    last: str
    title: str  # its name, or its number where nothing names it
    lead: Lead | None
    evidence: NameEvidence | None
    tap: str
    given: GivenNameView | None  # where somebody has named it
    state: str
    verdict: Verdict
    control: ControlNote | None  # where it is a direction of one
    flags: tuple[str, ...]
    maximum: str
    kept: str
    shown: str
    previous: str | None
    next: str | None
    cite: Citation
    groups: tuple[ExampleGroup, ...]
    writers: str  # whose words stand under the traces
    histogram: Histogram | None
    domains: tuple[DomainRow, ...]
    domain_note: str
    mel: Mel | None
    labels: tuple[LabelRow, ...]
    tiers: tuple[TierEvidence, ...]
    peak_tiers: tuple[PeakTier, ...]
    datasets: tuple[DatasetRow, ...]
    contexts: tuple[PeakContext, ...]
    elsewhere: Elsewhere | None
    acoustics: tuple[AcousticShift, ...]
    neighbours: tuple[Neighbours, ...]
    place: Place | None  # where it is on the map
    explanations: tuple[ExplanationView, ...]
    figures: tuple[ShownFigure, ...]
    facts: tuple[FeatureFact, ...]
    effects: EffectsView | None  # where it was measured exactly
    caveat: str

    @property
    def summary(self) -> str:
        """What a search engine or a preview shows of the page."""
        return self.lead.text if self.lead else self.verdict.text

    @property
    def labelled(self) -> bool:
        """Whether something names it."""
        return self.title != self.name

    @property
    def silent(self) -> bool:
        """Whether nothing is heard and no spectrogram seen."""
        snippets = (example.snippet for group in self.groups for example in group.examples)
        return not any(snippet.audio or snippet.picture for snippet in snippets)

    @property
    def spoken(self) -> bool:
        """Whether words or phones stand under some trace."""
        return any(example.spoken for group in self.groups for example in group.examples)


def pages(atlas: SiteAtlas, name: str, first: int, stop: int) -> Iterator[Page]:
    """The pages of a block of features."""
    site = site_of(atlas)
    dictionary = atlas.dictionary(name, first, stop)
    extent = extent_of(dictionary.card, packed=False)
    for feature in range(dictionary.first, dictionary.stop):
        yield feature_page(atlas, site, dictionary, feature, extent)


def feature_page(atlas: SiteAtlas, site: Site, dictionary: DictionaryTables, feature: int, extent: Extent) -> Page:
    """The whole page of one feature."""
    view = feature_view(atlas, site, dictionary, feature, extent)
    views = {"feature": view} if view.control else {"feature": view, "meta": _metadata(atlas, view)}
    return page(site, f"f/{view.name}.html", "feature.html", **views)


def _metadata(atlas: SiteAtlas, view: FeatureView) -> PageMetadata:
    label = view.title if view.labelled else None
    return metadata_of_feature(atlas, CitedFeature(view.name, label, atlas.fingerprint(view.dictionary)), view.summary)


def feature_view(
    atlas: SiteAtlas, site: Site, dictionary: DictionaryTables, feature: int, extent: Extent = WHOLE
) -> FeatureView:
    """One feature's tables as finished text."""
    row, finding, given = (dictionary.row(table, feature) or {} for table in ("features", "findings", "names"))
    name = f"{dictionary.name}/{feature}"
    last, title = atlas.feature_count(dictionary.name) - 1, _title(finding, given)
    groups = groups_of(atlas, dictionary, feature, extent)
    return FeatureView(
        name=name,
        address=atlas.address(name),
        dictionary=dictionary.name,
        number=str(feature),
        last=str(last),
        title=title or name,
        lead=lead_of(atlas, dictionary, feature),
        evidence=evidence_of(atlas, dictionary, feature),
        tap=dictionary.card.tap,
        given=GivenNameView(given["author"], label_of(finding) or "") if given else None,
        state=row["state"],
        verdict=verdict_of(atlas, dictionary, feature),
        control=_control_note(dictionary.card),
        flags=tuple(finding.get("flags") or ()),
        maximum=numbers.figure(row["max"]),
        kept=counted(len(dictionary.records("examples", feature)), "example"),
        shown=numbers.percent(row["mass_shown"]),
        previous=_beside(atlas, dictionary.name, feature - 1) if feature > 0 else None,
        next=_beside(atlas, dictionary.name, feature + 1) if feature < last else None,
        cite=_citation(atlas, site, CitedFeature(name, title, atlas.fingerprint(dictionary.name))),
        groups=groups,
        writers=_writers(atlas, dictionary, feature, groups),
        histogram=histogram_of(atlas, dictionary, feature),
        domains=domains_of(atlas, dictionary, feature),
        domain_note=domain_note(dictionary, feature),
        mel=mel_of(atlas, dictionary, feature),
        labels=labels_of(atlas, dictionary, feature, extent.labels),
        tiers=tiers_of(atlas, dictionary, feature, extent.timed),
        peak_tiers=peak_tiers_of(atlas, dictionary, feature),
        datasets=datasets_of(dictionary, feature),
        contexts=contexts_of(atlas, dictionary, feature, extent.top),
        acoustics=acoustics_of(atlas, dictionary, feature),
        elsewhere=elsewhere_of(atlas, dictionary, feature),
        neighbours=neighbours_of(atlas, dictionary, feature),
        place=place_of(dictionary.name, feature, finding),
        explanations=_explanations(dictionary, feature),
        figures=tuple(ShownFigure(DEFINITIONS[key], formatter(row[key])) for key, formatter in _FORMATTERS.items()),
        facts=_facts(atlas, dictionary),
        effects=effects_view(atlas, dictionary, feature, extent.timed),
        caveat=doing.caveat(dictionary.effects(feature)),
    )


def _title(finding: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """What heads the page, where something names the feature; what it leans to stands in the line below."""
    named = given or finding.get("named_by") in NAMING
    return shown_name({**finding, "given_name": given.get("name")}) if named else None


def _citation(atlas: SiteAtlas, site: Site, cited: CitedFeature) -> Citation:
    published = bool(atlas.work.address or atlas.work.doi)
    return Citation(reference(atlas.work, cited), published, f"(atlas {site.hash}, {site.version})")


def _control_note(card: DictionaryCard) -> ControlNote | None:
    return ControlNote(CONTROL_WORDS[card.kind], card.control_of, A_CONTROL) if card.control_of else None


def _writers(atlas: SiteAtlas, dictionary: DictionaryTables, feature: int, groups: tuple[ExampleGroup, ...]) -> str:
    spoken = {example.anchor for group in groups for example in group.examples if example.spoken}
    rows = dictionary.records("examples", feature)
    return writers_note(atlas, [row["clip"] for row in rows if f"{row['group']}-{row['rank']}" in spoken])


def _beside(atlas: SiteAtlas, name: str, feature: int) -> str:
    """The page before or after, from the page itself."""
    return atlas.address(f"{name}/{feature}") if atlas.aliased else f"{feature}.html"


def _explanations(dictionary: DictionaryTables, feature: int) -> tuple[ExplanationView, ...]:
    return tuple(
        ExplanationView(row["text"], row["author"], numbers.unit(row["score"]), row["source"] or "")
        for row in dictionary.records("explanations", feature)
    )


def _facts(atlas: SiteAtlas, dictionary: DictionaryTables) -> tuple[FeatureFact, ...]:
    """Where a figure comes from, so that it can be made again."""
    card, encoder, corpus = dictionary.card, atlas.card.encoder, atlas.card.corpus
    facts = {
        "Encoder": f"{encoder.model}, sha256 {encoder.sha256[:16]}",
        "Tap": card.tap,
        "Dictionary": f"{card.kind} of {card.features:,} features, sha256 {card.sha256[:16]}",
        "Selection": card.selection,
        "Values": VALUES,
        "Corpus": f"{corpus.clips:,} clips, {corpus.valid_frames:,} valid frames, hash {corpus.hash}",
        "Atlas": f"{atlas.card.fingerprint}, {atlas.card.tool}",
        "Arithmetic": "; ".join(atlas.card.builds),
    }
    stated = tuple(FeatureFact(name, str(value)) for name, value in facts.items())
    archive = atlas.work.doi_address
    return (*stated, FeatureFact("Archive", f"doi:{atlas.work.doi}", archive)) if archive else stated
