"""The command line: help, exit codes, closing lines, and the sentence that each mistake is told in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from atlas.cli import main
from tests.building import contents, replaced, stored_world


def atlas(*arguments: str | Path) -> Result:
    """One call of the command; what it prints to stdout and to stderr is kept apart."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def config(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of a few clips of the tiny world, with two dictionaries."""
    header, *lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    return stored_world(tmp_path_factory.mktemp("few"), tiny_config.parent, [header, *lines[:3], *lines[20:22]])


@pytest.fixture
def models(config: Path, tiny_config: Path, tmp_path: Path) -> Path:
    """A folder with copies of the models, to spoil, and a config `config.toml` that uses them."""
    for name in ("last", "block0"):
        shutil.copytree(tiny_config.parent / name, tmp_path / name)
    shutil.copy(tiny_config.parent / "encoder.pt", tmp_path / "encoder.pt")
    text = config.read_text(encoding="utf-8")
    text = text.replace('manifest = "', f'manifest = "{config.parent.as_posix()}/')
    for name in ("encoder.pt", "last", "block0"):
        text = text.replace(f"{tiny_config.parent.as_posix()}/{name}", name)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_command_has_help() -> None:
    for name in main.commands:
        result = atlas(name, "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main {name} ")


def test_windows_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")

    result = CliRunner().invoke(main, ["serve", str(tmp_path)])

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Windows is not supported: atlas runs on Linux and macOS, and on Windows inside WSL\n"
    )


def test_help_lists_the_commands_in_the_order_of_work() -> None:
    listed = [line.split()[0] for line in atlas("-h").stdout.partition("Commands:\n")[2].splitlines()]

    assert listed == [
        *("demo", "build", "index", "annotate", "calibrate", "scan", "merge", "analyse", "effects", "media", "render"),
        *("plan", "inspect", "train", "compare", "import", "export", "serve", "check", "publish", "archive", "steer"),
        *("experiment", "figure", "links", "corpus"),
    ]


def test_a_build_says_a_line_a_stage_and_a_second_one_that_all_is_done(config: Path, tmp_path: Path) -> None:
    folders = ("--out", tmp_path / "a", "--site", tmp_path / "pages")
    first, second = atlas("build", config, *folders), atlas("build", config, *folders)

    assert (first.exit_code, first.stderr) == (0, "")
    assert [line.split()[0] for line in first.stdout.splitlines()] == [
        *("index", "speech", "calibrate", "scan", "merge"),
        *("last:", "block0:", "analyse", "features", "media", "not", "render"),
    ]
    assert first.stdout.startswith("index      5 clips of 4 recordings, 0.01 h, 0 with a problem, in 1 shard, in ")
    assert (second.exit_code, second.stderr) == (0, "")
    assert second.stdout.splitlines()[:-1] == [
        "index      was done before",
        "calibrate  was done before",
        "scan       was done before (1 shard)",
        f"merge      was done before; the tables are in {tmp_path / 'a'}",
        "analyse    was done before",
        "media      was done before",
    ]
    assert ", of which 0 were written anew and 0 deleted, in " in second.stdout.splitlines()[-1]
    assert second.stdout.endswith(f"; the site is in {tmp_path / 'pages'}\n")


def test_stages_called_one_by_one_leave_what_a_build_leaves(config: Path, tmp_path: Path) -> None:
    cut = replaced(config, ("[encoder]", "[scan]\nshard_windows = 2\n\n[encoder]"), name="cut.toml")
    calls: tuple[tuple[str | Path, ...], ...] = (
        ("index", cut),
        ("calibrate", cut),
        ("scan", cut, "--shard", "2/2"),
        ("scan", cut, "--shard", "1/2"),
        ("merge", cut),
        ("analyse", cut),
        ("media", cut),
        ("render", cut, "--site", tmp_path / "parts-site"),
    )
    for call in calls:
        assert atlas(*call, "--out", tmp_path / "parts").exit_code == 0
    whole = ("--out", tmp_path / "whole", "--site", tmp_path / "whole-site")
    assert atlas("build", cut, *whole).exit_code == 0

    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert contents(tmp_path / "parts-site") == contents(tmp_path / "whole-site")


def test_the_site_goes_below_the_folder_of_sites_if_nothing_else_is_said(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert atlas("build", config).exit_code == 0
    assert (tmp_path / "site/config/index.html").is_file()


def test_the_folder_is_named_after_the_config_if_nothing_else_is_said(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert atlas("index", config).exit_code == 0
    assert (tmp_path / "config-atlas/clips.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--shard", "3/2"),
            "Invalid value for '--shard': '3/2': expected a part and the number of parts, such as 3/16",
        ),
        (("--shard", "x"), "Invalid value for '--shard': 'x': expected a part and the number of parts, such as 3/16"),
        (("--workers", "0"), "Invalid value for '--workers': 0 is not in the range x>=1."),
    ],
)
def test_an_option_that_makes_no_sense_is_a_mistake_of_usage(
    config: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = atlas("scan", config, *arguments)

    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: {message}\n")


def error_of(*arguments: str | Path) -> str:
    """The sentence that a call ends with; nothing else is printed to stderr, and no traceback is shown."""
    result = atlas(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    return result.stderr.removeprefix("Error: ").removesuffix("\n")


def test_a_config_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"

    assert (
        error_of("build", path) == f"{path}: cannot be read (No such file or directory); give the path of a config file"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_device_is_named(config: Path, tmp_path: Path) -> None:
    said = error_of("build", config, "--device", "abacus", "--out", tmp_path)

    assert said == "--device 'abacus': expected auto, cpu, cuda or cuda:N"


def test_an_encoder_that_nobody_knows_is_named(config: Path, tiny_config: Path, tmp_path: Path) -> None:
    model = f"{tiny_config.parent.as_posix()}/encoder.pt"
    said = error_of("build", replaced(config, (model, "huge")), "--out", tmp_path)

    assert said.startswith("encoder.model: 'huge' is neither a file nor a name that openai-whisper knows (tiny.en, ")


def test_a_tap_that_does_not_exist_lists_those_that_do(config: Path, tmp_path: Path) -> None:
    said = error_of("build", replaced(config, ("encoder.ln_post", "encoder.blocks.7")), "--out", tmp_path)

    assert said == (
        "tap 'encoder.blocks.7' does not exist in this encoder; there are encoder.conv2, encoder.blocks.N for N from 0"
        " to 1, encoder.blocks.N.X for X in attn_ln, attn, mlp_ln, mlp, mlp.0, mlp.1, mlp.2, and encoder.ln_post"
    )


def test_a_checkpoint_of_another_width_names_both_widths(config: Path, tiny_config: Path, tmp_path: Path) -> None:
    said = error_of("build", replaced(config, ("encoder.ln_post", "encoder.blocks.0.mlp.1")), "--out", tmp_path)

    assert said == (
        f"last: the checkpoint {tiny_config.parent}/last/ae.pt takes activations of width 64, but the tap"
        " encoder.blocks.0.mlp.1 has width 256; name the tap, or the model, that it was trained on"
    )


def test_a_checkpoint_whose_codes_are_dense_is_not_scanned(config: Path, tmp_path: Path) -> None:
    dense = replaced(config, ('name = "block0"', 'name = "block0"\nselection = "relu"'))
    said = error_of("build", dense, "--out", tmp_path)

    assert said.startswith("dictionary 'block0': ")
    assert " of 256 features are active on a frame, more than " in said
    assert "the checkpoint is read as AutoEncoderTopK with selection 'threshold'. Check it with `atlas inspect`" in said
    assert not (tmp_path / "peaks").exists()


@pytest.mark.parametrize("command", ["build", "inspect"])
def test_a_pickle_that_asks_to_run_code_is_refused(models: Path, command: str) -> None:
    path = models / "last/ae.pt"
    torch.save({"encoder.weight": torch.zeros(2, 2), "hook": os.system}, path)
    said = error_of(command, path if command == "inspect" else models / "config.toml", *_out(command, models))

    assert said == (
        f"{path}: refused: the file asks to run `posix.system`, and only tensors and plain values are read;"
        " save its state_dict() alone"
    )


def _out(command: str, folder: Path) -> tuple[str | Path, ...]:
    return ("--out", folder / "atlas") if command == "build" else ()


def spoil(path: Path, key: str) -> None:
    """Make one number of a checkpoint NaN."""
    content = torch.load(path, weights_only=True)
    content.get("model_state_dict", content)[key].view(-1)[0] = torch.nan
    torch.save(content, path)


def test_nan_in_the_encoders_weights_is_named(models: Path) -> None:
    spoil(models / "encoder.pt", "encoder.conv2.bias")
    said = error_of("build", models / "config.toml", "--out", models / "atlas")

    assert said == f"{models / 'encoder.pt'}: NaN or infinite weights in conv2.bias; use another file"


def test_nan_in_a_dictionarys_weights_is_named(models: Path) -> None:
    spoil(models / "last/ae.pt", "b_dec")
    said = error_of("build", models / "config.toml", "--out", models / "atlas")

    assert said.startswith(f"{models / 'last/ae.pt'}: ")
    assert "b_dec" in said


def test_a_folder_of_another_version_is_refused(config: Path, tmp_path: Path) -> None:
    assert atlas("index", config, "--out", tmp_path).exit_code == 0
    marker = tmp_path / ".done/index.json"
    marker.write_text(json.dumps(json.loads(marker.read_text(encoding="utf-8")) | {"format": 99}), encoding="utf-8")

    assert error_of("build", config, "--out", tmp_path) == (
        f"{tmp_path}: made by another version of the tool, whose markers this one does not read; use another --out, or"
        " the version that made it"
    )


def test_a_folder_in_use_is_refused(config: Path, tmp_path: Path) -> None:
    from atlas.store import AtlasFolder

    with AtlasFolder(tmp_path).lock():
        said = error_of("build", config, "--out", tmp_path)

    assert said.startswith(f"{tmp_path}: in use by process {os.getpid()} on ")


def test_inspect_says_what_a_checkpoint_is(tiny_config: Path) -> None:
    path = tiny_config.parent / "last/ae.pt"
    result = atlas("inspect", path)
    lines = [line.strip() for line in result.stdout.splitlines()]

    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == str(path)
    assert "activations        d = 64" in lines
    assert any(line.startswith("features") and line.endswith("n = 68 (1.0625 x d)") for line in lines)
    assert any("BatchTopKSAE" in line for line in lines)
    doubt = "? threshold is absent: a plain read would be a dense ReLU; it is calibrated to k instead"
    assert lines[lines.index("Doubts") + 1 :] == [doubt]


def test_inspect_of_nothing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ae.pt"

    assert (
        error_of("inspect", path)
        == f"{path}: no such file or folder; give a checkpoint's path, or hf://owner/repo/path"
    )


def test_names_are_imported_or_refused_with_file_line_and_what_was_expected(tiny_atlas: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_atlas, tmp_path / "atlas")
    (folder / ".lock").touch()  # as the command leaves it
    file = tmp_path / "names.csv"
    file.write_text("dictionary,feature,name,author\nlast,1,a hiss,ann\n", encoding="utf-8")
    good = atlas("import", "names", folder, file)
    file.write_text("dictionary,feature,name,author\nlast,-1,a hiss,ann\n", encoding="utf-8")
    bad = atlas("import", "names", folder, file)

    assert (good.exit_code, good.stderr) == (0, "")
    assert good.stdout == f"import     1 name by ann; in {folder / 'names.parquet'}\n"
    assert (bad.exit_code, bad.stdout) == (1, "")
    assert bad.stderr.startswith(f"Error: {file}: 1 mistake; nothing was imported\n  line 2: feature -1: expected a ")


@pytest.mark.parametrize("what", ["explanations", "names"])
def test_nothing_is_imported_into_a_folder_that_is_no_atlas_and_nothing_is_left_there(
    tmp_path: Path, what: str
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "rows.csv").write_text("dictionary,feature\n", encoding="utf-8")
    empty = atlas("import", what, tmp_path / "pages", tmp_path / "rows.csv")
    left = contents(tmp_path / "pages")
    (tmp_path / "pages/index.html").write_text("a page", encoding="utf-8")
    site = atlas("import", what, tmp_path / "pages", tmp_path / "rows.csv")

    assert (empty.exit_code, site.exit_code, left) == (1, 1, {})
    assert "pages: not a finished atlas, as it has no atlas.json; run `atlas build`" in empty.stderr
    assert "pages: a site, not an atlas, as it has no atlas.json; give the folder of tables" in site.stderr


def test_corpus_writes_a_manifest_and_says_what_to_put_into_the_config(tiny_config: Path, tmp_path: Path) -> None:
    source = tmp_path / "gtzan"
    (source / "genres_original/blues").mkdir(parents=True)
    shutil.copy(tiny_config.parent / "corpus/street/00.wav", source / "genres_original/blues/blues.00000.wav")
    result = atlas("corpus", "gtzan", source, "--out", tmp_path / "gtzan.csv")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"corpus     1 file in {tmp_path / 'gtzan.csv'}; for the config:",
        "",
        "[corpus]",
        f'manifest = "{tmp_path / "gtzan.csv"}"',
        f'root = "{source}"',
    ]
    assert len((tmp_path / "gtzan.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_corpus_lists_the_names_that_it_knows() -> None:
    from atlas.corpus.presets import PRESETS

    result = atlas("corpus", "--list")

    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(PRESETS)


def test_a_corpus_that_nobody_knows_lists_those_that_are_known(tmp_path: Path) -> None:
    said = error_of("corpus", "birds", tmp_path)

    assert said.startswith("no preset for a corpus 'birds'; there are ")
    assert "gtzan" in said


IMPORTED = """
import sys
from atlas.cli import main
try:
    main(sys.argv[1:], prog_name="atlas")
finally:
    sys.stdout.write(" ".join(sorted({"torch", "numba", "polars", "scipy"} & sys.modules.keys())))
"""


def imported_by(*arguments: str | Path) -> tuple[str, str]:
    """Which heavy libraries a call in a process of its own has imported, by the last line of stdout; and its stderr."""
    command = [sys.executable, "-c", IMPORTED, *map(str, arguments)]
    result = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    return result.stdout.rpartition("\n")[2], result.stderr


@pytest.mark.parametrize("command", ["build", "index", "scan", "analyse", "render"])
def test_a_mistake_in_a_config_is_told_before_anything_heavy_is_imported(tmp_path: Path, command: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("title = 3\n", encoding="utf-8")
    libraries, error = imported_by(command, path)

    assert libraries == ""
    assert error.startswith(f"Error: {path}: 4 mistakes\n  title: 3 given; expected a text, in quotes\n")


def test_looking_at_a_site_and_checking_it_import_no_torch(tmp_path: Path) -> None:
    for command in ("serve", "check"):
        libraries, error = imported_by(command, tmp_path / "nowhere")
        assert error.startswith("Error: ")
        assert "torch" not in libraries.split()
