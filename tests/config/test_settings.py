"""The config file: defaults, paths, and mistakes that are told in sentences."""

from pathlib import Path

import pytest

from atlas.config.facts import key_facts
from atlas.config.loading import load_config, parse_config
from atlas.config.settings import Config, CorpusConfig
from atlas.errors import AtlasError
from atlas.measure.renewal import portable

CORPUS = '[corpus]\nmanifest = "manifest.csv"\n'
ENCODER = '[encoder]\nmodel = "tiny.en"\n'
NEURONS = '[[dictionary]]\nname = "neurons"\ntap = "encoder.blocks.2.mlp.1"\nkind = "identity"\ndensity = 0.01\n'
SAE = '[[dictionary]]\nname = "block2"\ntap = "encoder.blocks.2"\ncheckpoint = "ae.pt"\n'


def read(folder: Path, *tables: str) -> Config:
    path = folder / "config.toml"
    path.write_text('title = "A test"\n' + "\n".join(tables))
    return load_config(path)


def mistakes(folder: Path, *tables: str) -> list[str]:
    """The lines under the heading, which must name the file and count them."""
    with pytest.raises(AtlasError) as caught:
        read(folder, *tables)
    heading, *lines = str(caught.value).splitlines()
    assert heading == f"{folder / 'config.toml'}: {len(lines)} mistake{'s' if len(lines) > 1 else ''}"
    return [line.removeprefix("  ") for line in lines]


def test_a_short_config_gets_the_documented_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, NEURONS)

    assert config.title == "A test"
    assert config.corpus == CorpusConfig(manifest=tmp_path / "manifest.csv")
    assert config.corpus.domains == ("speech", "music", "sound")
    assert (config.corpus.separator, config.corpus.max_problem_share) == ("|", 0.05)
    assert (config.encoder.model, config.encoder.precision) == ("tiny.en", "auto")
    assert (config.calibrate.windows, config.scan.shard_windows, config.scan.code_frames) == (200, 512, 2**18)
    assert (config.scan.timed_labels, config.examples.top, config.examples.others) == (200, 20, 4)
    assert (config.media.budget_mb, config.media.redistribute, config.site.base_url) == (600, (), None)


def test_a_config_cannot_be_written_to(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, NEURONS)

    with pytest.raises(ValueError, match="frozen"):
        config.title = "another"


def test_relative_paths_belong_to_the_folder_of_the_config(tmp_path: Path) -> None:
    corpus = '[corpus]\nroot = "/audio"\nalignments = "align/phones.tsv"\n[corpus.folders]\nmusic = "songs"\n'
    config = read(tmp_path, corpus, '[encoder]\nmodel = "models/mine.pt"\n', SAE)

    assert config.corpus.root == Path("/audio")
    assert config.corpus.alignments == tmp_path / "align/phones.tsv"
    assert config.corpus.folders == {"music": tmp_path / "songs"}
    assert config.encoder.model == str(tmp_path / "models/mine.pt")
    assert config.dictionary[0].checkpoint == str(tmp_path / "ae.pt")


def test_relative_paths_do_not_depend_on_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, CORPUS, ENCODER, NEURONS)
    monkeypatch.chdir(tmp_path)

    assert load_config(Path("config.toml")).corpus.manifest == tmp_path / "manifest.csv"


@pytest.mark.parametrize("name", ["weights.waves", "tiny.en"])
def test_a_model_beside_the_config_is_that_file_or_folder(tmp_path: Path, name: str) -> None:
    encoder = f'[encoder]\nmodel = "{name}"\n'
    assert read(tmp_path, CORPUS, encoder, NEURONS).encoder.model == name
    (tmp_path / name).mkdir()
    assert read(tmp_path, CORPUS, encoder, NEURONS).encoder.model == str(tmp_path / name)
    (tmp_path / name).rmdir()
    (tmp_path / name).touch()
    assert read(tmp_path, CORPUS, encoder, NEURONS).encoder.model == str(tmp_path / name)


@pytest.mark.parametrize("model", ["tiny.en", "large-v3", "hubert:facebook/hubert-base-ls960", "/models/mine.pt"])
def test_names_and_absolute_paths_of_models_stay_as_they_are(tmp_path: Path, model: str) -> None:
    assert read(tmp_path, CORPUS, f'[encoder]\nmodel = "{model}"\n', NEURONS).encoder.model == model


@pytest.mark.parametrize("checkpoint", ["hf://owner/repo/layer_3/ae.pt", "hf://owner/repo@v1/ae.pt", "/saes/ae.pt"])
def test_hub_addresses_and_absolute_paths_of_checkpoints_stay_as_they_are(tmp_path: Path, checkpoint: str) -> None:
    config = read(tmp_path, CORPUS, ENCODER, SAE.replace("ae.pt", checkpoint))

    assert config.dictionary[0].checkpoint == checkpoint


def test_each_dictionary_is_followed_by_its_controls(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, SAE + "seed = 7\n", NEURONS + "control = false\n")

    assert [entry.name for entry in config.dictionary] == ["block2", "neurons"]
    assert [entry.name for entry in config.dictionaries()] == ["block2", "block2-random", "block2-template", "neurons"]
    for control in config.dictionaries()[1:3]:
        assert (control.like, control.tap) == ("block2", "encoder.blocks.2")
        assert control.name == f"block2-{control.kind}"


def test_controls_of_two_taps_or_two_seeds_have_other_directions(tmp_path: Path) -> None:
    other_tap = SAE.replace('"block2"', '"block1"').replace("blocks.2", "blocks.1")
    same_tap = SAE.replace('"block2"', '"wider"')
    other_seed = SAE.replace('"block2"', '"again"') + "seed = 7\n"
    config = read(tmp_path, CORPUS, ENCODER, SAE, other_tap, same_tap, other_seed)
    one, other, same, seeded = (entry.seed for entry in config.dictionaries() if entry.kind == "random")

    assert one == same
    assert len({one, other, seeded}) == 3


def test_the_longest_name_has_a_control_too(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, SAE.replace("block2", "b" * 40))

    assert config.dictionaries()[1].name == "b" * 40 + "-random"


def test_a_random_dictionary_gets_no_control_of_its_own(tmp_path: Path) -> None:
    control = '[[dictionary]]\nname = "other"\ntap = "encoder.blocks.2"\nkind = "random"\nlike = "block2"\nseed = 1\n'
    config = read(tmp_path, CORPUS, ENCODER, SAE + 'control = ["template"]\n', control)

    assert [entry.name for entry in config.dictionaries()] == ["block2", "block2-template", "other"]
    assert config.controls()["block2"] == {"template": "block2-template", "random": "other"}
    assert mistakes(tmp_path, CORPUS, ENCODER, SAE, control) == [
        "dictionary: expected one control of kind random like block2, not several; `control` of block2 counts"
    ]


def test_a_tap_of_several_dictionaries_is_read_once(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, SAE, NEURONS, SAE.replace('"block2"', '"seed1"'))

    assert config.taps() == ("encoder.blocks.2", "encoder.blocks.2.mlp.1")


def test_a_separator_may_be_a_space(tmp_path: Path) -> None:
    assert read(tmp_path, CORPUS + 'separator = " "\n', ENCODER, NEURONS).corpus.separator == " "


def test_every_mistake_is_told_at_once_with_its_key_value_and_what_is_accepted(tmp_path: Path) -> None:
    corpus = CORPUS + 'separator = ""\nmax_problem_share = 2\n'
    encoder = '[encoder]\nmodel = "tiny"\nprecision = "fp8"\n'
    wrong = '[[dictionary]]\nname = "Block 2"\ntap = 5\nkind = "sea"\nk = 0\n'
    rest = '[scan]\nshard_windows = 2.5\n[examples]\ntop = true\n[media]\nredistribute = "CC0"\n'

    assert mistakes(tmp_path, corpus, encoder, NEURONS, wrong, rest) == [
        'corpus.separator: "" given; expected a text that is not empty',
        "corpus.max_problem_share: 2 given; expected at most 1",
        'encoder.precision: "fp8" given; expected "auto", "fp32", "bf16" or "fp16"',
        'dictionary 2.name: "Block 2" given; '
        "expected a name of at most 40 of a-z 0-9 . _ -, as it becomes part of addresses",
        "dictionary 2.tap: 5 given; expected a text, in quotes",
        'dictionary 2.kind: "sea" given; expected "sae", "identity", "random", "template", "untrained" or "mel"',
        "dictionary 2.k: 0 given; expected at least 1",
        "scan.shard_windows: 2.5 given; expected a whole number",
        "examples.top: true given; expected a whole number",
        'media.redistribute: "CC0" given; expected a list: [...], or [[...]] before each of its tables',
    ]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[corpus]\nmanifest = 'a.csv'\n[[dictionary]]\nname = 'a'\n")

    with pytest.raises(AtlasError) as caught:
        load_config(tmp_path / "config.toml")

    assert str(caught.value).splitlines()[1:] == [
        "  title: missing",
        "  encoder: missing",
        "  dictionary 1.tap: missing",
    ]


def test_unknown_keys_are_mistakes_and_the_known_ones_are_listed(tmp_path: Path) -> None:
    tables = (CORPUS, ENCODER + 'presicion = "fp32"\n', NEURONS + "densty = 0.1\n", "[exmaples]\ntop = 3\n")

    assert mistakes(tmp_path, *tables) == [
        "encoder.presicion: unknown key; known here: model, precision",
        "dictionary 1.densty: unknown key; known here: "
        "about, checkpoint, control, density, k, kind, like, name, seed, selection, tap, threshold, untrained",
        "exmaples: unknown key; known here: "
        "analyse, annotate, calibrate, cite, corpus, dictionary, effects, encoder, examples, media, scan, site, title",
    ]


def test_a_table_in_the_place_of_a_value_is_told_without_its_contents(tmp_path: Path) -> None:
    dictionary = NEURONS.replace("[[dictionary]]", "[dictionary]")

    assert mistakes(tmp_path, CORPUS, "[encoder]\nmodel = { name = 'tiny' }\n", dictionary) == [
        "encoder.model: a table given; expected a text, in quotes",
        "dictionary: a table given; expected a list: [...], or [[...]] before each of its tables",
    ]


@pytest.mark.parametrize(
    ("corpus", "found"),
    [
        ("", "none"),
        ('manifest = "a.csv"\naudiofolder = "b"\n', "manifest and audiofolder"),
    ],
)
def test_a_corpus_has_exactly_one_source(tmp_path: Path, corpus: str, found: str) -> None:
    assert mistakes(tmp_path, "[corpus]\n" + corpus, ENCODER, NEURONS) == [
        f"corpus: expected exactly one of manifest, folders, audiofolder, webdataset, not {found}"
    ]


def test_domains_are_named_once_and_used_as_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path, '[corpus]\ndomain = "noise"\nfolders = { birds = "b" }\n', ENCODER, NEURONS) == [
        "corpus: expected domain to be one of speech, music, sound, not noise",
        "corpus: expected folders of speech, music, sound, not birds",
    ]
    assert mistakes(tmp_path, CORPUS + 'domains = ["a", "a"]\n', ENCODER, NEURONS) == [
        'corpus.domains: ["a", "a"] given; expected at least one domain, each named once'
    ]
    own = '[corpus]\ndomains = ["birds", "rain"]\nfolders = { birds = "b" }\n'
    assert read(tmp_path, own, ENCODER, NEURONS).corpus.domains == ("birds", "rain")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a", "a regular expression; this one fails: missing ), unterminated subpattern at position 0"),
        ("ab", "a regular expression with one group in brackets, which is the name"),
        ("(a)(b)", "a regular expression with one group in brackets, which is the name"),
    ],
)
def test_a_recording_pattern_is_a_regular_expression_with_one_group(tmp_path: Path, pattern: str, problem: str) -> None:
    assert mistakes(tmp_path, CORPUS + f"recording_pattern = '{pattern}'\n", ENCODER, NEURONS) == [
        f'corpus.recording_pattern: "{pattern}" given; expected {problem}'
    ]


@pytest.mark.parametrize(
    ("keys", "problems"),
    [
        ("", ["a checkpoint for kind sae or untrained"]),
        (
            'kind = "identity"\ncheckpoint = "ae.pt"\n',
            [
                "a checkpoint for kind sae or untrained, not for kind identity",
                "a density, such as 0.01, for kind identity",
            ],
        ),
        ('kind = "random"\n', ["like, which names another dictionary, for kind random, template, untrained or mel"]),
        (
            'checkpoint = "ae.pt"\ndensity = 0.01\n',
            ["a density, such as 0.01, for kind identity, not for kind sae"],
        ),
    ],
)
def test_each_kind_of_dictionary_needs_its_own_keys(tmp_path: Path, keys: str, problems: list[str]) -> None:
    entry = '[[dictionary]]\nname = "block2"\ntap = "encoder.blocks.2"\n' + keys

    assert mistakes(tmp_path, CORPUS, ENCODER, entry) == [f"dictionary 1: expected {problem}" for problem in problems]


def test_controls_of_an_untrained_encoder_and_of_the_log_mel_read_taps_of_their_own(tmp_path: Path) -> None:
    controls = 'control = ["mel", "untrained"]\nuntrained = "fresh/ae.pt"\n'
    config = read(tmp_path, CORPUS, ENCODER, SAE + controls)
    untrained, mel = config.dictionaries()[1:]

    assert (untrained.name, untrained.tap) == ("block2-untrained", "untrained encoder.blocks.2")
    assert untrained.checkpoint == str(tmp_path / "fresh/ae.pt")
    assert (mel.name, mel.tap, mel.checkpoint) == ("block2-mel", "log-mel", None)
    assert config.taps() == ("encoder.blocks.2", "untrained encoder.blocks.2", "log-mel")


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('control = ["untrained"]\n', "untrained, a checkpoint, where control names untrained, and only there"),
        ('untrained = "ae.pt"\n', "untrained, a checkpoint, where control names untrained, and only there"),
    ],
)
def test_a_control_of_an_untrained_encoder_needs_its_checkpoint(tmp_path: Path, keys: str, problem: str) -> None:
    assert mistakes(tmp_path, CORPUS, ENCODER, SAE + keys) == [f"dictionary 1: expected {problem}"]


def test_an_untrained_encoder_has_no_untrained_control(tmp_path: Path) -> None:
    entry = SAE.replace('"encoder.', '"untrained encoder.') + 'control = ["untrained"]\nuntrained = "ae.pt"\n'

    assert mistakes(tmp_path, CORPUS, ENCODER, entry) == [
        "dictionary 1: expected no control untrained for the tap untrained encoder.blocks.2, which is not of the"
        " trained model"
    ]


def test_a_config_has_at_least_one_dictionary(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "dictionary = []\n", CORPUS, ENCODER) == [
        "dictionary: [] given; expected at least one [[dictionary]]"
    ]


def test_names_are_unique_controls_included(tmp_path: Path) -> None:
    doubled = SAE.replace('"block2"', '"neurons-random"')

    assert mistakes(tmp_path, CORPUS, ENCODER, SAE, SAE, NEURONS, doubled) == [
        "dictionary: expected names to be unique, controls included; twice: block2, block2-random, block2-template,"
        " neurons-random"
    ]


def test_a_random_dictionary_is_like_another_on_its_tap(tmp_path: Path) -> None:
    random = '[[dictionary]]\nname = "r"\ntap = "encoder.conv2"\nkind = "random"\nlike = '

    assert mistakes(tmp_path, CORPUS, ENCODER, SAE + "control = []\n", random + '"block2"\n') == [
        "dictionary: expected tap of r to be encoder.blocks.2, as it is like block2, not encoder.conv2"
    ]
    assert mistakes(tmp_path, CORPUS, ENCODER, SAE, random + '"block3"\n') == [
        "dictionary: expected like of r to be one of block2, not block3"
    ]


def test_mistakes_of_several_tables_between_their_keys_are_told_together(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[corpus]\n", ENCODER, SAE, SAE, "[media]\nbudget_mb = -1\n") == [
        "corpus: expected exactly one of manifest, folders, audiofolder, webdataset, not none",
        "dictionary: expected names to be unique, controls included; twice: block2, block2-random, block2-template",
        "media.budget_mb: -1 given; expected at least 0",
    ]


def test_a_file_that_is_not_toml_is_named_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("title = \n")

    with pytest.raises(AtlasError, match=r"config.toml: not a TOML file: .* \(at line 1, column 9\)"):
        load_config(path)


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "absent.toml"

    with pytest.raises(AtlasError) as caught:
        load_config(path)

    assert str(caught.value) == (f"{path}: cannot be read (No such file or directory); give the path of a config file")


def test_settings_that_were_read_before_are_checked_alike(tmp_path: Path) -> None:
    config = read(tmp_path, CORPUS, ENCODER, SAE)

    assert parse_config(config.model_dump(mode="json"), tmp_path / "config.toml") == config


def test_groups_are_a_column_or_a_pattern_and_not_both(tmp_path: Path) -> None:
    column, pattern = 'group = "speaker"\n', "group_pattern = '(s[0-9]+)'\n"

    assert read(tmp_path, CORPUS, ENCODER, NEURONS).corpus.group_word is None
    assert read(tmp_path, CORPUS + column, ENCODER, NEURONS).corpus.group_word == "speaker"
    assert read(tmp_path, CORPUS + pattern, ENCODER, NEURONS).corpus.group_word == "group"
    named = pattern.replace("(", "(?P<author>")
    assert read(tmp_path, CORPUS + named, ENCODER, NEURONS).corpus.group_word == "author"
    assert mistakes(tmp_path, CORPUS + column + pattern, ENCODER, NEURONS) == [
        "corpus: expected group or group_pattern, not both"
    ]
    assert mistakes(tmp_path, CORPUS + "group_pattern = 'ab'\n", ENCODER, NEURONS) == [
        'corpus.group_pattern: "ab" given; expected a regular expression with one group in brackets, which is the name'
    ]


def test_a_line_about_a_dictionary_is_for_readers_and_no_fact_of_any_stage(tmp_path: Path) -> None:
    plain, told = read(tmp_path, CORPUS, ENCODER, SAE), read(tmp_path, CORPUS, ENCODER, SAE + 'about = "The middle."\n')

    assert (plain.abouts(), told.abouts()) == ((), (("block2", "The middle."),))
    assert told.dictionaries()[1].about == ""
    assert key_facts(told, ("dictionary",)) == key_facts(plain, ("dictionary",))
    assert portable(told) == portable(plain)


def test_links_of_a_site_are_web_addresses(tmp_path: Path) -> None:
    site = '[site]\nproject = "https://example.org"\npaper = "javascript:alert(1)"\ndocumentation = "docs/index.html"\n'

    assert mistakes(tmp_path, CORPUS, ENCODER, NEURONS, site) == [
        'site.paper: "javascript:alert(1)" given; expected an address that begins with https:// or http://',
        'site.documentation: "docs/index.html" given; expected an address that begins with https:// or http://',
    ]


def test_former_names_lead_to_dictionaries_of_today_and_are_none_of_them(tmp_path: Path) -> None:
    redirects = '[site]\nredirects = { old = "neurons", neurons = "neurons-random", lost = "nobody" }\n'

    assert mistakes(tmp_path, CORPUS, ENCODER, NEURONS, redirects) == [
        "site.redirects: lost to lead to one of neurons, neurons-random, neurons-template, not nobody",
        "site.redirects: neurons to be a former name; a dictionary is called that today",
    ]


def test_authors_are_names_or_tables(tmp_path: Path) -> None:
    cite = '[cite]\nauthors = ["Family, Given", { name = "A group", orcid = "0000-0002-1825-0097" }]\n'
    authors = read(tmp_path, CORPUS, ENCODER, NEURONS, cite).cite.authors

    assert [(one.name, one.orcid) for one in authors] == [
        ("Family, Given", None),
        ("A group", "0000-0002-1825-0097"),
    ]


@pytest.mark.parametrize("given", ["https://doi.org/10.5281/zenodo.12", "doi:10.5281/zenodo.12", "10.5281/zenodo.12"])
def test_a_doi_is_kept_bare(tmp_path: Path, given: str) -> None:
    assert read(tmp_path, CORPUS, ENCODER, NEURONS, f'[cite]\ndoi = "{given}"\n').cite.doi == "10.5281/zenodo.12"


def test_what_is_no_doi_or_no_host_is_told(tmp_path: Path) -> None:
    cite = '[cite]\ndoi = "zenodo.12"\n[media]\nbase_url = "https://a.org/x"\norigins = ["https://b.org/path"]\n'

    assert mistakes(tmp_path, CORPUS, ENCODER, NEURONS, cite) == [
        'media.origins 1: "https://b.org/path" given; expected a host with its scheme and without a path, such as'
        " https://cdn-lfs.hf.co or https://*.hf.co",
        'cite.doi: "zenodo.12" given; expected a DOI such as 10.5281/zenodo.1234567',
    ]


def test_hosts_of_redirects_stand_beside_an_address_alone(tmp_path: Path) -> None:
    assert mistakes(tmp_path, CORPUS, ENCODER, NEURONS, '[media]\norigins = ["https://b.org"]\n') == [
        "media: expected origins only beside base_url"
    ]
