"""What every figure on a page is called and means: entries of the registry, in the order of the about page.

One list for the about page, the popovers beside figures (`templates/define.html`), the figures of a feature and the
columns of a table. A key is the anchor of its definition, so it never changes; where it is not the name of a column,
the list says which column it stands for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from atlas.schema import MEL_BANDS, STATES
from atlas.schema.figures import COLUMNS, CONTROL_FIGURES, DERIVED, TERMS, Figure, Figures

MEASURED_TOO = (*STATES, "features", "l0", "fvu", "named")
"figures beside the controls that are defined as figures of a dictionary alone"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure."""

    key: str
    name: str
    text: str
    absent: str = ""
    "where there is no such figure"
    entry: str = ""
    "the key that the about page has it under, where that is another"

    @property
    def anchor(self) -> str:
        """Where the about page defines it."""
        return f"define-{(self.entry or self.key).replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together."""

    key: str
    title: str
    about: str
    figures: tuple[Definition, ...]


def definition(key: str, figure: Figure) -> Definition:
    """An entry of the registry, as pages show it."""
    return Definition(key, figure.name, figure.meaning, figure.null)


def beside_entry(figure: str) -> str:
    """The key of a figure that analysing holds against the controls, as the about page has it."""
    return figure if figure in MEASURED_TOO else f"beside_{figure}"


def search_definition(column: str) -> Definition:
    """What a column of search, of the table of all features or of the map means."""
    if column in DEFINITIONS:
        return DEFINITIONS[column]
    return definition(column, DERIVED[column] if column in DERIVED else COLUMNS["findings"][column])


def _of(figures: Figures, *keys: str, **renamed: str) -> tuple[Definition, ...]:
    """Definitions by column; `renamed` gives keys that are no column's name."""
    columns = {key: key for key in keys} | renamed
    return tuple(definition(key, figures[column]) for key, column in columns.items())


def _prefixed(*columns: str) -> dict[str, str]:
    """Keys of figures of effects, whose columns have names that other tables have as well."""
    return {f"effect_{column}": column for column in columns}


def _beside() -> tuple[Definition, ...]:
    """The figures of a card that are held against its controls; what each is told of stands in its name there."""
    return tuple(
        Definition(beside_entry(key), figure.name.removesuffix(": {}").replace("{}", "…"), figure.meaning, figure.null)
        for key, figure in CONTROL_FIGURES.items()
        if key not in MEASURED_TOO
    )


OF_EFFECTS = "effects"
"the section that only a site with effects has"
SECTIONS: tuple[Section, ...] = (
    Section(
        "terms",
        "What every page takes for granted",
        "Words that stand in many definitions.",
        _of(TERMS, *TERMS),
    ),
    Section(
        "frames",
        "How often, how strongly",
        "Counted over valid frames: padding is never counted, and is reported apart.",
        (
            *_of(
                COLUMNS["features"],
                "density",
                "frames_active",
                "max",
                "mean_active",
                "sd_active",
                "q50",
                "q90",
                "q99",
                "burst_s",
                "energy_corr",
                "onset_ratio",
                "pad_rate",
            ),
            *_of(DERIVED, "histogram"),
            *_of(COLUMNS["features"], "decoder_norm"),
        ),
    ),
    Section(
        "clips",
        "Clips and recordings",
        "A clip is at most one window of a recording; what statistics count is recordings.",
        (
            *_of(COLUMNS["features"], "clip_density", "clips_active", "recordings_active"),
            *_of(COLUMNS["peaks"], "peak", "peak_matched", "peak_cell"),
            *_of(COLUMNS["features"], "mass_shown"),
        ),
    ),
    Section(
        "states",
        "States and flags",
        "A state speaks of this corpus alone: another may wake a dead feature.",
        (
            *_of(COLUMNS["features"], "state"),
            *_of(DERIVED, "dead", "rare", "dense", "live", "padding", "positional", "one_dataset"),
        ),
    ),
    Section(
        "domains",
        "Domains",
        "Rates describe and are not tests; the test counts recordings, by their matched peaks.",
        (
            *_of(
                COLUMNS["domains"],
                "rate_pooled_frame",
                "rate_macro_frame",
                "rate_pooled_clip",
                "rate_macro_clip",
                auroc_domain="auroc",
            ),
            *_of(COLUMNS["domains"], "auroc_worst", "auroc_worst_low", "follows_length", "confounded", "specialised"),
            *_of(COLUMNS["domains"], "entropy_frame"),
            *_of(COLUMNS["grades"], "tau"),
        ),
    ),
    Section(
        "labels",
        "Labels of clips",
        "Sound classes, languages, speakers and words, each held against other recordings of the same datasets.",
        (
            *_of(COLUMNS["labels"], "auroc", "auroc_low", "lift", "lift_low", "precision10", "r_precision", "p", "q"),
            *_of(COLUMNS["label_index"], "tests", "best_f1"),
            *_of(COLUMNS["labels"], "phi_heldout", "f1_heldout", "f1_permuted_max", "mass_share", "mass_base"),
            *_of(COLUMNS["labels"], "phi_chosen_a", "phi_a", "f1_a"),
            *_of(COLUMNS["label_index"], "probe_a", "probe_auroc", "probe_permuted"),
            *_of(DERIVED, "best_label"),
        ),
    ),
    Section(
        "names",
        "Names",
        "What a feature is called, and why; decided once, on recordings that did not choose the name.",
        (
            *_of(COLUMNS["findings"], "named_by", "second_label", "apart_label", "leans_to", "null_reason"),
            *_of(COLUMNS["findings"], "confound", "flags"),
        ),
    ),
    Section(
        "timed",
        "Phones and words in time",
        "Labels with a start and an end, from alignments; shares are of its active frames in aligned clips.",
        (*_of(COLUMNS["timed_labels"], "share", "expected", "share_shifted_max", "mean", timed_q="q"),),
    ),
    Section(
        "peaks",
        "Words, phones and classes at the peaks",
        "Of its strongest peaks, one per recording and per text; the label is chosen on one half of the recordings and"
        " its share is read on the other; then the halves are swapped.",
        (
            *_of(COLUMNS["peak_labels"], "purity", "purity_shifted_max", "base", peaks_looked_at="peaks", peak_q="q"),
            *_of(COLUMNS["peak_labels"], "precision", "recall", mass_under="mass_share"),
        ),
    ),
    Section(
        "acoustics",
        "Acoustics",
        "What the sound is like on the sampled frames on which a feature is active, column by column; its page shows"
        " the shifts that are held out.",
        (
            *_of(COLUMNS["column_shifts"], "shift_a", "shift_b", "shifted_max", "held_out"),
            *_of(COLUMNS["column_shifts"], shift_sd="sd", shift_frames="frames"),
            *_of(DERIVED, "shift_control"),
            *_of(COLUMNS["columns"], "loudness", "centroid", "flatness", "onset", "voiced", "f0"),
        ),
    ),
    Section(
        "mel",
        "Spectra",
        f"On the display mel: {MEL_BANDS} bands up to 8 kHz, in dB over a fixed floor, the same for every encoder.",
        (*_of(COLUMNS["mel"], mel_spectrum="spectrum", mel_patch="patch"),),
    ),
    Section(
        "neighbours",
        "Neighbours and comparisons",
        "Computed on a sample of frames that depends on content alone, so that dictionaries share it.",
        (
            *_of(DERIVED, "cosine", "cofiring", "overlap"),
            *_of(COLUMNS["comparisons"], "compared", "matched", "coverage"),
            *_of(DERIVED, "duplicates"),
        ),
    ),
    Section(
        "card",
        "A dictionary as a whole",
        "Stated beside its controls, directions of the same densities that were not learned from this layer. All of it"
        " is correlation: which sounds go with which feature.",
        (
            *_of(
                DERIVED,
                "l0",
                "fvu",
                "features",
                "width",
                "selection",
                "threshold",
                "k",
                "values",
                "sha256",
                "control",
                "named",
            ),
        ),
    ),
    Section(
        OF_EFFECTS,
        "Effects",
        "What ablating a feature does to what the model says: a cause, where all other figures are correlation."
        " Measured on recordings that screening did not see, and held against decoys; labels that names are made of"
        " stand only where both halves of the recordings choose the same.",
        (
            *_of(DERIVED, "does", "effect_size"),
            *_of(
                COLUMNS["effects"],
                "effect",
                **_prefixed(
                    *("low", "high", "recordings", "same_sign", "local", "elsewhere", "statistic", "q"),
                    *("decoy", "smallest_seen", "rank_features", "rank_isotropic", "rank_covariance"),
                    *("shifted", "scaled", "mean_difference"),
                ),
            ),
            *_of(COLUMNS["screening"], effect_gradient="gradient_effect", **_prefixed("control_share_below")),
        ),
    ),
    Section(
        "beside",
        "A dictionary beside its controls",
        "What the card of a dictionary holds against each of its controls: random directions, templates, untrained"
        " features, log-mel directions.",
        _beside(),
    ),
)


def sections(*, effects: bool) -> tuple[Section, ...]:
    """Those of a site; effects: whether they were measured."""
    return SECTIONS if effects else tuple(section for section in SECTIONS if section.key != OF_EFFECTS)


DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {figure.key: figure for section in SECTIONS for figure in section.figures}
)
