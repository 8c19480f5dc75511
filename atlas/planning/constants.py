"""What a unit of each part of an atlas and of its site takes: bytes and seconds, fitted on finished ones.

`python -m tools.docs.planning ATLAS SITE ...` measures the parts of finished sites, and prints the bytes of this module
again; after a change of pages or tables they are taken from there. Seconds are those of one core of the machine that
`REFERENCE_S` was taken on, and are multiplied by how much slower another one is. Each constant says what it counts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBytes:
    """Bytes of the site."""

    page: float = 9_330
    "a feature's page, whatever is known of it"
    page_active: float = 5_010
    "more, where it fires at all"
    page_breadth: float = 5_200
    "more, for the logarithm of the recordings that it fires in"
    page_example: float = 565
    "an example on it"
    page_screened: float = 163
    "more, where it was looked at what the feature does, to first order"
    page_effect: float = 4_130
    "more, where it was measured"
    page_controls: float = 4_600
    "more, where it stands beside full sets of controls, with transcripts"
    stub: float = 760
    "the page of a feature whose content lies in a shard"
    shard_feature: float = 1_850
    "a feature in a shard: its text, compressed"
    shard_table: float = 0.557
    "more, of the bytes that its mean sound and the examples shown take in the tables: pictures and traces stay large"
    control_stub: float = 1_840
    "the page of a direction that no other page cites"
    cited: float = 39.4
    "directions of a control that other pages cite, beside those that labels do"
    cited_a_label: float = 0.117
    "more of them, a label that has a page"
    json: float = 2_580
    "the JSON of a feature"
    json_breadth: float = 524
    "more, for the logarithm of the recordings that it fires in"
    json_example: float = 127
    "an example in it"
    json_screened: float = 880
    "more, where it was looked at what the feature does"
    json_effect: float = 1_930
    "more, where it was measured"
    json_packed: float = 0.193
    "of its text, where it lies compressed in a shard"
    clip: float = 16_200
    "a clip's page"
    clip_band_s: float = 49.5
    "a second of the band of a feature on it"
    clip_span: float = 131
    "a timed label on it"
    found_labels: float = 0.97
    "of the labels that can be tested, those that some feature finds, and that so have a page"
    found_timed: float = 0.5
    "the same of the timed labels that are counted"
    made_pages: float = 60
    "phones, their classes and words that have a page where they were made, at least"
    timed_pages: float = 150
    "phones, their classes and words that have a page, at most"
    label: float = 5_250
    "a label's page"
    label_dictionary: float = 18_200
    "the features of a dictionary on it, and of its controls"
    label_row: float = 826
    "its row in the list of labels"
    csv_row: float = 386
    "a feature's row in the dictionary's CSV"
    data_row: float = 377
    "its row in the CSV of all features, or of all directions of controls"
    moved: float = 690
    "a page at a former address"
    addressed: float = 410
    "more of the page of a feature or a label, where it is known at which address the site will be"
    preview: float = 80_000
    "the picture that links to such a site are shown with"
    link: float = 126
    "its row in the pages of links"
    dictionary: float = 27_100
    "the page of a dictionary, its place in charts and in the comparison of all"
    comparison: float = 56_200
    "the page of two dictionaries"
    search: float = 135
    "a feature in the scripts that search loads"
    search_clip: float = 89.8
    "a clip in them"
    rest: float = 769_000
    "style, scripts, the home page, the guide, charts and whatever else each site has"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasBytes:
    """Bytes of the atlas's folder."""

    clip: float = 80
    span: float = 8
    "a timed label of the corpus"
    marker_window: float = 215
    "a window's files in the marker of `media`"
    rest: float = 80_000
    "the card, markers, small tables"
    feature: float = 760
    "a feature's rows in the tables that have some of each: figures, findings, domains, histograms, neighbours ..."
    mel: float = 4_090
    "a feature's mean spectrum and patch"
    example: float = 33.9
    "a row of examples"
    label_rows: float = 1_110
    "the labels of a tested feature"
    spread_rows: float = 736
    timed_count_row: float = 12.7
    timed_label_row: float = 15.3
    "of timed_labels, for each row of timed_counts"
    timed_share: float = 0.8
    "of the timed labels, those that a tested feature has a row of"
    column_row: float = 200
    "a tested feature's column shifts, where acoustics are asked for"
    peak: float = 16.7
    "a row of peaks: a feature in a clip"
    code: float = 2.74
    "an active feature of a sampled frame"
    track: float = 45
    "a feature's track in a clip"
    track_s: float = 11
    "a second of it"
    state: float = 550
    "a feature's state in a shard"
    state_pick: float = 25
    "a clip that it keeps"
    state_timed: float = 12
    "a timed label that it counts"
    l0: float = 32
    "active features a frame, where neither the checkpoint nor a trial says"
    column_frame: float = 9
    "the acoustics of a sampled frame"
    screened: float = 24
    "a feature that was screened"
    effect_row: float = 133
    "an outcome of a feature that was measured"
    effect_pair: float = 7.2
    "an outcome of an edit"
    effect_token: float = 7.2
    "a token that a feature moves"
    effect_example: float = 548
    "a transcript before and after"
    utterance: float = 700
    "what is said of a clip"
    slope: float = 80
    "an active feature of a clip that was screened: its first-order effect, and those of its controls"
    edit_kept: float = 225
    "an edit, as it was measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSeconds:
    """Seconds of a core on the reference machine."""

    merge_feature: float = 0.0008
    merge_state: float = 0.0001
    "a feature's state of a shard"
    analyse_feature: float = 0.0032
    analyse_peak: float = 0.000018
    "a row of peaks"
    analyse_start: float = 4.0
    render_page: float = 0.0085
    "a feature's page"
    render_stub: float = 0.0012
    render_clip: float = 0.005
    render_label: float = 0.02
    render_start: float = 5.0
    words: float = 0.38
    "a second of speech, by a Whisper of the size of tiny"
    phones: float = 0.03
    acoustics: float = 0.01
    "a second of audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """MiB of a process."""

    start: float = 450
    "with its libraries"
    state: float = 0.0066
    "a feature's state, with the traces of its examples"
    row: float = 0.00006
    "a row of peaks of the largest dictionary, while it is analysed"
    page_worker: float = 350
    "what a worker that renders holds beside its libraries"


SITE, ATLAS, CORE, MEMORY = SiteBytes(), AtlasBytes(), CoreSeconds(), Memory()

REFERENCE_S = 0.055
"what `speed.measure` takes on the reference machine"
