"""Hosts that take a folder, the workflow that takes a release, and the command as it is typed."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atlas.cli import main
from atlas.cli.options import HOST_NAMES
from atlas.errors import AtlasError
from atlas.publish import foldering
from atlas.publish.foldering import publish_into_folder
from atlas.publish.hosts import HOSTS
from atlas.publish.workflow import WORKFLOW, write_workflow
from tests.publish.sites import config_text, write_site
from tests.publish.test_publish import site_files
from tests.publish.worlds import World, git

START = "Start it from the default branch"


def written(world: World, host: str = "cloudflare", **options: object) -> list[str]:
    lines: list[str] = []
    to = str(world.root / "public")
    publish_into_folder(
        world.order(host=HOSTS[host], **{"to": to, **options}),  # type: ignore[arg-type]
        lambda question: True,
        lines.append,
    )
    return lines


def test_another_host_gets_a_folder_and_the_command_that_uploads_it(world: World) -> None:
    lines = written(world)
    public = world.root / "public"

    assert site_files(public) == site_files(world.site)
    assert lines[-1] == f"           upload it: npx wrangler pages deploy {public} --project-name PROJECT"
    assert written(world)[-1] == "publish    nothing has changed since it was published, so nothing was written"


def test_the_command_that_is_shown_can_be_typed(world: World) -> None:
    line = written(world, to=str(world.root / "my $HOME"))[-1]

    assert line == (f"           upload it: npx wrangler pages deploy '{world.root}/my $HOME' --project-name PROJECT")


def test_what_is_gone_leaves_the_folder_and_what_changed_is_written(world: World) -> None:
    written(world)
    (world.site / "c").mkdir()
    (world.site / "c/new.html").write_text((world.site / "index.html").read_text())
    written(world)
    shutil.rmtree(world.site / "c")
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")
    written(world)

    assert site_files(world.root / "public") == site_files(world.site)
    assert not (world.root / "public/c").exists()


def test_a_space_gets_the_readme_that_hugging_face_reads(world: World) -> None:
    title = 'A "small" atlas: é'
    write_site(world.site, {"block2": 3}, title=title)
    world.config.write_text(config_text(("block2",)).replace('"A small atlas"', f"'{title}'"))
    lines = written(world, "huggingface", under="small")
    readme = (world.root / "public/README.md").read_text(encoding="utf-8")

    assert readme.startswith('---\ntitle: "A \\"small\\" atlas: é"\n')
    assert "\nsdk: static\n" in readme
    assert "hf upload USER/SPACE" in lines[-1]
    own = readme.replace("🎧", "🐦")
    (world.root / "public/README.md").write_text(own, encoding="utf-8")
    (world.site / "about.html").write_text((world.site / "index.html").read_text())
    written(world, "huggingface", under="small")
    assert (world.root / "public/README.md").read_text(encoding="utf-8") == own


def test_the_readme_of_a_space_stays_however_often_it_is_published(world: World) -> None:
    written(world, "huggingface")
    first = (world.root / "public/README.md").read_bytes()
    for words in ("second", "third"):
        (world.site / "about.html").write_text((world.site / "index.html").read_text() + words)
        written(world, "huggingface")
        assert (world.root / "public/README.md").read_bytes() == first

    (world.root / "public/README.md").write_text("theirs")
    lines = written(world, "huggingface", replace=True)
    assert (world.root / "public/README.md").read_text() == "theirs"
    assert any("README.md is there and stays, but does not say `sdk: static`" in line for line in lines)


def test_several_atlases_share_a_folder(world: World) -> None:
    written(world, under="a")
    written(world, under="b")

    index = (world.root / "public/index.html").read_text()
    assert ('<a href="a/">' in index, '<a href="b/">' in index) == (True, True)
    with pytest.raises(AtlasError, match="2 atlases would go, under a and b"):
        written(world)


def test_a_folder_with_other_files_is_not_replaced_unless_it_is_meant(world: World) -> None:
    (world.root / "public").mkdir()
    (world.root / "public/thesis.txt").write_text("years")

    with pytest.raises(AtlasError, match=r"holds files that `atlas publish` did not write, such as thesis\.txt"):
        written(world)
    assert (world.root / "public/thesis.txt").read_text() == "years"


def test_what_others_put_into_the_folder_stays_and_is_told(world: World) -> None:
    written(world)
    public = world.root / "public"
    theirs = {"_headers": "/*", "functions/api.js": "1", "f/notes.txt": "a"}
    for name, content in theirs.items():
        (public / name).parent.mkdir(exist_ok=True)
        (public / name).write_text(content)
    (public / "link").symlink_to(world.root)
    (public / "half.part").write_text("half")
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")
    lines = written(world)

    assert {name: (public / name).read_text() for name in theirs} == theirs
    assert (public / "link").is_symlink()
    assert "           stays as it is: _headers, f/, functions/, half.part and link" in lines
    assert site_files(public) | site_files(world.site) == site_files(public)


def test_what_lies_beside_an_atlas_in_a_folder_is_not_held_to_the_rules_of_a_site(world: World) -> None:
    public = world.root / "public"
    public.mkdir()
    (public / "a.part").write_text("half")
    (public / "b").symlink_to("nowhere")
    written(world, "folder", under="small", replace=True)

    assert site_files(public / "small") == site_files(world.site)
    assert (public / "b").is_symlink()


def test_a_page_that_others_changed_is_replaced_only_if_it_is_meant(world: World) -> None:
    written(world)
    (world.root / "public/about.html").write_text("by hand")

    with pytest.raises(AtlasError, match=r"1 file that others wrote or changed would be replaced: about\.html"):
        written(world)
    assert (world.root / "public/about.html").read_text() == "by hand"
    written(world, replace=True)
    assert site_files(world.root / "public") == site_files(world.site)


def test_a_publication_into_a_folder_that_was_stopped_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(world)
    for name in ("about.html", "search.html"):
        (world.site / name).write_text((world.site / name).read_text() + "<p>new")
    real, calls = foldering.put, []

    def stopped(folder: Path, path: str, data: bytes) -> bool:
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(folder, path, data)

    monkeypatch.setattr(foldering, "put", stopped)
    with pytest.raises(KeyboardInterrupt):
        written(world)
    monkeypatch.setattr(foldering, "put", real)
    written(world)

    assert site_files(world.root / "public") == site_files(world.site)


def test_a_file_in_the_way_of_the_site_is_told_before_anything_is_written(world: World) -> None:
    written(world)
    shutil.rmtree(world.root / "public/data")
    (world.root / "public/data").symlink_to(world.site)
    before = site_files(world.root / "public")

    with pytest.raises(AtlasError, match=r"public/data: is there, and in the way of the site"):
        written(world, replace=True)
    assert site_files(world.root / "public") == before


@pytest.mark.parametrize(
    ("to", "told"),
    [
        (None, "Cloudflare Pages: say with --to which folder"),
        ("https://example.org/a.git", "is not published to by git; give a folder"),
        ("{site}/below", "holds the site"),
        ("{site}/..", "holds the site"),
        ("{site}", "holds the site"),
        ("{site}/index.html", "holds the site"),
    ],
)
def test_a_folder_that_cannot_take_the_site_is_refused(world: World, to: str | None, told: str) -> None:
    order = replace(world.order(host=HOSTS["cloudflare"]), to=to and to.format(site=world.site))

    with pytest.raises(AtlasError, match=re.escape(told)):
        publish_into_folder(order, lambda question: True, lambda line: None)


def test_the_limits_of_the_chosen_host_hold(world: World) -> None:
    (world.site / "data/big.js").write_bytes(b" " * (25 * 2**20 + 1))

    with pytest.raises(
        AtlasError, match=r"data/big\.js has 26\.2 MB, and Cloudflare Pages takes no file above 26\.2 MB"
    ):
        written(world)
    written(world, "netlify")


def atlas(world: World, *arguments: str | Path, given: str | None = None) -> Result:
    line = ["publish", world.config, "--site", world.site, *arguments]
    return CliRunner().invoke(main, [str(argument) for argument in line], input=given)


def test_the_command_publishes_where_yes_is_said_beforehand(world: World) -> None:
    result = atlas(world, "--to", world.remote, "--under", "a/", "--yes")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "a/index.html" in world.files()


def test_where_nobody_can_be_asked_nothing_is_published(world: World) -> None:
    result = atlas(world, "--to", world.remote)

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: not a terminal, so nobody can be asked; give --yes to publish, or --dry-run to look\n"
    )
    assert world.tip() == ""


def test_a_folder_outside_is_refused_before_anything_is_done(world: World) -> None:
    result = atlas(world, "--to", world.remote, "--under", "../x", "--yes")

    assert result.stderr.startswith("Error: --under '../x': no folder below the root of what is published")


def test_every_host_can_be_named() -> None:
    assert tuple(HOSTS) == HOST_NAMES


def test_another_host_is_chosen_by_name(world: World) -> None:
    result = atlas(world, "--host", "folder", "--to", world.root / "public", "--yes")

    assert result.exit_code == 0
    assert (world.root / "public/index.html").is_file()


def test_the_workflow_is_written_once_and_asks_before_another_file_is_replaced(world: World) -> None:
    work = world.root / "work"
    assert "no repository; call it in a clone" in atlas(world, "--with", "workflow", "--yes").stderr
    git(work, "init", "--quiet")
    dry = ("--with", "workflow", "--dry-run")
    nothing = "publish    nothing was written (--dry-run)\n"
    assert atlas(world, *dry).stdout == f"publish    {work / WORKFLOW} would be written\n{nothing}"
    first = atlas(world, "--with", "workflow")
    second = atlas(world, "--with", "workflow")
    own = (work / WORKFLOW).read_text()
    assert atlas(world, *dry).stdout.startswith(f"publish    {work / WORKFLOW} is there already\n")
    (work / WORKFLOW).write_text("name: mine\n")
    assert atlas(world, *dry).stdout.startswith(f"publish    {work / WORKFLOW} would be replaced\n")
    third = atlas(world, "--with", "workflow")
    kept = (work / WORKFLOW).read_text()
    fourth = atlas(world, "--with", "workflow", "--yes")

    assert [result.exit_code for result in (first, second, third, fourth)] == [0, 0, 1, 0]
    told = f"publish    {work / WORKFLOW} is written; commit it, and push it to the default branch\n"
    assert first.stdout.startswith(told)
    assert first.stdout.endswith("gh release create TAG small-site.zip small-site.zip.sha256\n")
    assert "was there before" in second.stdout
    assert kept == "name: mine\n"
    assert (work / WORKFLOW).read_text() == own


def workflow_text() -> str:
    return (Path(__file__).resolve().parents[2] / "templates/pages.yml").read_text(encoding="utf-8")


def step(name: str) -> str:
    """The commands of a step of the workflow, and its settings."""
    found = re.search(rf"- name: {name}\n(.*?)(?=\n      - |\n\n)", workflow_text(), re.DOTALL)
    assert found is not None
    return found[1]


def test_nothing_that_is_typed_becomes_part_of_a_command_of_the_workflow() -> None:
    for name in (START, "Fetch the archive and its checksum", "Check it and unpack it"):
        commands = step(name).partition("run: ")[2]
        assert commands
        assert "${{" not in commands
    assert "TAG: ${{ inputs.tag }}" in step("Fetch the archive and its checksum")
    assert "TAG: ${{ github.event.release.tag_name }}" in step(START)


def job(name: str) -> str:
    jobs = workflow_text().partition("\njobs:\n")[2]
    found = re.search(rf"^  {name}:\n(.*?)(?=^  \w|\Z)", jobs, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_tag_deploys_nothing_itself_as_github_lets_only_the_default_branch() -> None:
    assert "if: github.event_name == 'release' && !github.event.release.prerelease\n" in job("release")
    assert "if: github.event_name == 'workflow_dispatch'\n" in job("site")
    assert "needs: site\n" in job("deploy")
    assert "actions: write" in job("release")
    assert "types: [released]" in workflow_text()


@pytest.mark.parametrize(("asset", "starts"), [("small-site.zip", True), ("notes-site.zip.txt", False), ("", False)])
def test_a_release_with_an_archive_starts_the_workflow_from_the_default_branch(
    tmp_path: Path, asset: str, starts: bool
) -> None:
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\nprintf "%s|" "$@" >> calls\n[ "$1" = workflow ] || printf "%s\\n" "$ASSETS"\n')
    gh.chmod(0o755)
    commands = "\n".join(line.removeprefix(" " * 10) for line in step(START).partition("run: |\n")[2].splitlines())
    names = {"TAG": "v1 $(touch x)", "BRANCH": "main", "GITHUB_REPOSITORY": "me/atlas", "ASSETS": f"README.md\n{asset}"}
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **names}
    done = subprocess.run(["bash", "-e", "-c", commands], cwd=tmp_path, env=environment, capture_output=True, text=True)
    started = "workflow|run|pages.yml|--repo|me/atlas|--ref|main|--raw-field|tag=v1 $(touch x)|"

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "calls").read_text().endswith(started) == starts
    assert ("::notice::the release has no archive" in done.stdout) != starts
    assert not (tmp_path / "x").exists()


def test_names_in_the_command_that_is_shown_can_be_typed(world: World) -> None:
    lines: list[str] = []
    git(world.root / "work", "init", "--quiet")
    write_workflow("my atlas", world.root / "work", lambda _: True, lines.append, dry_run=False)

    assert lines[-1].endswith("gh release create TAG 'my atlas-site.zip' 'my atlas-site.zip.sha256'")


@pytest.mark.skipif(shutil.which("unzip") is None or shutil.which("sha256sum") is None, reason="no unzip or sha256sum")
@pytest.mark.parametrize("spoilt", ["", "sum", "two", "folders"])
def test_the_workflow_unpacks_an_archive_and_stops_at_one_that_is_not_as_it_was_made(world: World, spoilt: str) -> None:
    archive = world.root / "archive"
    archive.mkdir()
    path = archive / "small-site.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in site_files(world.site):
            made.write(world.site / name, f"small/{name}")
        if spoilt == "folders":
            made.writestr("other/index.html", "x")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    digest = digest[::-1] if spoilt == "sum" else digest
    (archive / "small-site.zip.sha256").write_text(f"{digest}  small-site.zip\n")
    if spoilt == "two":
        shutil.copy(path, archive / "more-site.zip")
    commands = "\n".join(line.strip() for line in step("Check it and unpack it").partition("run: |")[2].splitlines())
    before = site_files(world.site)
    shutil.rmtree(world.site)  # the step leaves the site under this very name
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", commands], cwd=world.root, capture_output=True)

    assert (done.returncode == 0) == (spoilt == "")
    assert (site_files(world.site) == before) == (spoilt == "")
