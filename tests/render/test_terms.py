"""The words of search: which features a label leads to, and by which way."""

import polars as pl

from atlas.render.columns import FeatureTables
from atlas.render.terms import Term, origins, terms_of
from atlas.schema import DOMAINS, EXAMPLES, EXPLANATIONS, FEATURES, FINDINGS, LABELS, PEAK_LABELS, TIMED_LABELS
from tests.render.test_columns import NO_NAMES, rows_of

NO_PEAKS = PEAK_LABELS.empty()
CLIPS = pl.DataFrame(
    {
        "clip": [0, 1, 2],
        "dataset": ["esc", "esc", "fsd"],
        "labels": [["siren", "dog"], ["siren"], ["dog"]],
        "language": [None, None, "de"],
        "speaker": [None, None, None],
    },
    schema_overrides={"clip": pl.UInt32, "speaker": pl.String},
)


def terms(
    labels: pl.DataFrame,
    timed: pl.DataFrame,
    examples: pl.DataFrame,
    peaks: pl.DataFrame = NO_PEAKS,
    given: pl.DataFrame = NO_NAMES,
    findings: pl.DataFrame | None = None,
) -> tuple[Term, ...]:
    tables = FeatureTables(
        features=FEATURES.empty(),
        domains=DOMAINS.empty(),
        labels=labels,
        timed_labels=timed,
        peak_labels=peaks,
        findings=FINDINGS.empty() if findings is None else findings,
        explanations=EXPLANATIONS.empty(),
        given=given,
        examples=examples,
    )
    return terms_of(tables, CLIPS)


def test_a_label_leads_to_the_features_that_find_it_and_not_to_those_that_shun_it() -> None:
    label = {"kind": "label", "label": "siren"}
    labels = rows_of(
        LABELS,
        {**label, "feature": 2, "auroc": 0.9, "q": 0.01},
        {**label, "feature": 4, "auroc": 0.1, "q": 0.01},
        {**label, "feature": 5, "auroc": 0.9, "q": 0.05},
        {**label, "feature": 7, "auroc": 0.8, "q": 0.04},
    )

    assert terms(labels, TIMED_LABELS.empty(), EXAMPLES.empty()) == (
        Term("label", "siren", "found", (2, 7), (0.9, 0.8)),
    )


def test_a_given_name_leads_to_the_features_that_are_named_so() -> None:
    schema = dict(NO_NAMES.schema)
    given = pl.DataFrame([(7, "a hum", "ann"), (2, "a hum", "bob"), (3, "a horn", "ann")], schema=schema, orient="row")

    assert terms(LABELS.empty(), TIMED_LABELS.empty(), EXAMPLES.empty(), given=given) == (
        Term("name", "a horn", "named", (3,), (1.0,)),
        Term("name", "a hum", "named", (2, 7), (1.0, 1.0)),
    )


def test_what_names_a_feature_leads_to_it_be_it_a_label_a_domain_or_a_flag_unless_somebody_renamed_it() -> None:
    findings = rows_of(
        FINDINGS,
        {"feature": 0, "named_by": "domain", "kind": "domain", "label": "music", "value": 0.9},
        {"feature": 1, "named_by": "peaks", "kind": "phones", "label": "s", "value": 0.8},
        {"feature": 2, "named_by": "label", "kind": "label", "label": "siren", "value": 0.7},
        {"feature": 3, "named_by": "leaning", "kind": "label", "label": "siren", "value": 0.4},
        {"feature": 4, "named_by": "padding", "value": 0.6},
        {"feature": 5, "named_by": "clip edge"},
        {"feature": 6, "named_by": "none"},
        {"feature": 7, "named_by": "label", "kind": "label", "label": "siren", "value": 0.9},
    )
    given = pl.DataFrame([(7, "a hum", "ann")], schema=dict(NO_NAMES.schema), orient="row")

    assert terms(LABELS.empty(), TIMED_LABELS.empty(), EXAMPLES.empty(), given=given, findings=findings) == (
        Term("domain", "music", "named", (0,), (0.9,)),
        Term("flag", "edge of clips", "named", (5,), (0.0,)),
        Term("flag", "padding", "named", (4,), (0.6,)),
        Term("label", "siren", "named", (2,), (0.7,)),
        Term("name", "a hum", "named", (7,), (1.0,)),
        Term("phone", "s", "named", (1,), (0.8,)),
    )


def test_a_word_leads_to_the_features_whose_peaks_it_names() -> None:
    pure = {"tier": "words", "label": "office", "purity": 0.8, "purity_shifted_max": 0.1, "base": 0.01, "q": 1e-9}
    peaks = rows_of(
        PEAK_LABELS,
        {**pure, "feature": 2},
        {**pure, "feature": 3, "purity": 0.5},
        {**pure, "feature": 4, "label": None},
    )

    assert terms(LABELS.empty(), TIMED_LABELS.empty(), EXAMPLES.empty(), peaks) == (
        Term("word", "office", "peaks", (2,), (0.8,)),
    )


def test_phones_and_words_in_time_go_by_the_names_of_their_kinds() -> None:
    timed = rows_of(
        TIMED_LABELS,
        {"feature": 1, "tier": "phones", "label": "S", "share": 0.5, "q": 0.01},
        {"feature": 1, "tier": "phones", "label": "", "share": 0.4, "q": None},
        {"feature": 3, "tier": "words", "label": "yes", "share": 0.2, "q": 0.01},
        {"feature": 4, "tier": "words", "label": "yes", "share": 0.9, "q": 0.5},
    )

    assert terms(LABELS.empty(), timed, EXAMPLES.empty()) == (
        Term("phone", "S", "timed", (1,), (0.5,)),
        Term("word", "yes", "timed", (3,), (0.2,)),
    )


def test_a_label_is_heard_where_every_fifth_and_at_least_two_of_the_top_clips_carry_it() -> None:
    top = [{"feature": 0, "group": "top", "rank": rank, "clip": clip} for rank, clip in enumerate((0, 1, 2, 7), 1)]
    rare = [{"feature": 1, "group": "top", "rank": 1, "clip": 2}]
    many = [{"feature": 2, "group": "top", "rank": rank, "clip": min(rank, 10)} for rank in range(12)]
    examples = rows_of(EXAMPLES, *top, *rare, *many)

    assert terms(LABELS.empty(), TIMED_LABELS.empty(), examples) == (
        Term("label", "dog", "heard", (0, 1), (2.0, 1.0)),
        Term("label", "siren", "heard", (0,), (2.0,)),
    )


def test_a_label_comes_from_its_dataset_or_from_so_many() -> None:
    assert dict(origins(CLIPS)) == {
        ("label", "siren"): "esc",
        ("label", "dog"): "2 datasets",
        ("language", "de"): "fsd",
    }
