"""`atlas publish` to local repositories: one commit, nothing else touched, and nobody's work overwritten."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from atlas.config.loading import load_config
from atlas.config.site import CiteConfig, MediaConfig, SiteConfig
from atlas.errors import AtlasError
from atlas.publish import branch
from atlas.publish.content import sha_of
from atlas.publish.git import scratch
from atlas.publish.hosts import HOSTS
from atlas.publish.publishing import publish
from atlas.publish.written import LIST
from atlas.render.pages.manifest import config_digest
from tests.publish.sites import config_text, write_site
from tests.publish.worlds import World, git


def published(world: World, **options: object) -> list[str]:
    """The lines of one publication, agreed to."""
    lines: list[str] = []
    publish(world.order(**options), lambda question: True, lines.append)  # type: ignore[arg-type]
    return lines


def refused(world: World, **options: object) -> str:
    """The sentence by which a publication is refused; the branch stays what it was."""
    before = world.tip()
    with pytest.raises(AtlasError) as told:
        published(world, **options)
    assert world.tip() == before
    return str(told.value)


def objects(world: World) -> set[str]:
    return {line.split()[0] for line in git(world.remote, "rev-list", "--objects", "--all").splitlines()}


def site_files(site: Path) -> dict[str, str]:
    paths = [path for path in site.rglob("*") if path.is_file() and path.name not in (".atlas-site", LIST)]
    return {path.relative_to(site).as_posix(): sha_of(path.read_bytes()) for path in paths}


def test_the_first_publication_is_one_commit_without_parents_that_holds_the_site(world: World) -> None:
    lines = published(world)

    assert world.files() == site_files(world.site)
    assert git(world.remote, "rev-list", "--count", "--all") == "1"
    assert re.sub(r"\d\.\d s", "0.1 s", "\n".join(lines)) == "\n".join(
        [
            "check      17 files, 0.0 MB, of which 11 pages, the largest 0 kB: 0 problems",
            f"           {world.root}/no-atlas: its tables are not at hand, so not compared",
            f"publish    A small atlas: to gh-pages of {world.remote}",
            "           pages: 11 new, 0 changed, 0 gone; other files: 5 new, 0 changed, 0 gone",
            "           0.0 MB to write, 16 files and 0.0 MB in all, 0 % of what GitHub Pages takes",
            "           [site] base_url is not set, so pages cannot say where they are",
            f"publish    16 files in one commit, {world.tip()[:8]}, of gh-pages, in 0.1 s",
            "           where it is seen, the remote's host says",
        ]
    )


def test_the_commit_names_its_tree_and_who_publishes(world: World) -> None:
    published(world)
    raw = git(world.remote, "cat-file", "commit", "gh-pages")

    assert "author atlas publish <atlas-publish@localhost>" in raw
    tree = git(world.remote, "rev-parse", "gh-pages^{tree}")
    size = sum(path.stat().st_size for path in world.site.rglob("*") if path.is_file()) - len("mark")
    message = f"Publish A small atlas\n\nAtlas-Publish: 1\nAtlas-Tree: {tree}\nAtlas-Bytes: {size}"
    assert raw.partition("\n\n")[2] == message


def test_publishing_the_same_again_writes_nothing(world: World) -> None:
    published(world)
    before = world.tip()

    assert published(world)[-1] == "publish    nothing has changed since it was published, so nothing was written"
    assert world.tip() == before


def test_a_second_publication_changes_only_what_changed_and_history_does_not_grow(world: World) -> None:
    published(world)
    first, before, files = world.tip(), objects(world), world.files()
    (world.site / "f/block2/1.html").write_text((world.site / "f/block2/2.html").read_text() + "<p>new")
    lines = published(world)

    changed = {path for path, name in world.files().items() if files[path] != name}
    assert changed == {"f/block2/1.html"}
    assert "           pages: 0 new, 1 changed, 0 gone; other files: 0 new, 0 changed, 0 gone" in lines
    new = objects(world) - before
    assert {git(world.remote, "cat-file", "-t", name) for name in new} == {"commit", "tree", "blob"}
    assert len(new) == 1 + 3 + 1  # the root, f and f/block2; the page; the commit
    assert git(world.remote, "rev-list", "--count", "--all") == "1"
    assert first not in objects(world)


def test_neither_work_tree_nor_index_nor_anything_of_the_repository_here_is_touched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = world.root / "work"
    git(work, "init", "--quiet")
    git(work, "remote", "add", "origin", "../remote.git")  # relative to the top of the work tree
    (work / "sub").mkdir()
    (work / "staged.txt").write_text("a")
    git(work, "add", "staged.txt")
    (work / "staged.txt").write_text("b")
    (work / "untracked.txt").write_text("c")
    monkeypatch.chdir(work / "sub")
    monkeypatch.setenv("GIT_DIR", str(work / ".git"))  # as in a hook
    monkeypatch.setenv("GIT_INDEX_FILE", str(work / ".git/index"))
    before = digests(work)

    publish(replace(world.order(), to=None), lambda question: True, lambda line: None)

    monkeypatch.undo()
    assert digests(work) == before
    assert world.files() == site_files(world.site)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_dry_run_shows_all_and_writes_nothing(world: World) -> None:
    lines = published(world, dry_run=True)

    assert lines[-1] == "publish    nothing was written (--dry-run)"
    assert world.tip() == ""
    assert git(world.remote, "count-objects") == "0 objects, 0 kilobytes"


def test_who_says_no_has_published_nothing(world: World) -> None:
    questions: list[str] = []
    lines: list[str] = []

    publish(world.order(), lambda question: bool(questions.append(question)), lines.append)

    assert questions == ["Publish it?"]
    assert lines[-1] == "publish    nothing was written"
    assert world.tip() == ""


def test_several_atlases_lie_side_by_side_with_a_list_at_the_root_and_the_domain_stays(world: World) -> None:
    published(world, under="first")
    world.commit({"CNAME": "atlas.example.org\n"})
    write_site(world.root / "other", {"block3": 2}, title="Another <atlas>", base_url="https://atlas.example.org/b/c/")
    world.config.write_text(config_text(("block3",), "Another <atlas>", "https://atlas.example.org/b/c/"))
    told = refused(world, site=world.root / "other", under="b/c")
    lines = published(world, site=world.root / "other", under="b/c", replace=True)

    assert "was last written by Ann Author on 2026-03-04 12:00 +0000 ('Create CNAME')" in told
    files = world.files()
    own = {f"first/{path}": name for path, name in site_files(world.site).items()}
    own |= {f"b/c/{path}": name for path, name in site_files(world.root / "other").items()}
    assert {path: files[path] for path in own} == own
    assert set(files) - set(own) == {".nojekyll", "CNAME", "atlases.css", "index.html"}
    assert '<a href="first/">A small atlas</a>' in world.text("index.html")
    assert '<a href="b/c/">Another &lt;atlas&gt;</a>' in world.text("index.html")
    assert "           stays as it is: CNAME and first/" in lines
    assert lines[-1] == "           it will be at https://atlas.example.org/b/c/"
    assert git(world.remote, "rev-list", "--count", "--all") == "1"


def test_a_page_of_somebody_else_at_the_root_stays(world: World) -> None:
    world.commit({"index.html": "mine", "notes/a.txt": "a"})
    published(world, under="first", replace=True)

    assert world.text("index.html") == "mine"
    assert {path for path in world.files() if not path.startswith("first/")} == {
        ".nojekyll",
        "index.html",
        "notes/a.txt",
    }


def test_bytes_of_others_that_are_not_known_are_told_each_time(world: World) -> None:
    world.commit({"notes/a.txt": "a", "b.txt": "b"})
    told = ", beside 2 files of others, whose bytes are not known"
    for number in range(3):
        (world.site / "about.html").write_text((world.site / "index.html").read_text() + str(number))
        assert told in "".join(published(world, under="first", replace=True))
    assert told in "".join(published(world, under="second"))


def test_bytes_of_atlases_beside_are_known(world: World) -> None:
    published(world)
    published(world, under="first")

    assert "not known" not in "".join(published(world, under="second"))


def test_a_site_json_of_something_else_is_not_listed_as_an_atlas(world: World) -> None:
    world.commit({"theirs/site.json": '{"name": "a tool"}', "older/site.json": '{"format": 0, "dictionaries": {}}'})
    published(world, under="first", replace=True)
    index = world.text("index.html")

    assert [f'href="{name}/"' in index for name in ("first", "older", "theirs")] == [True, True, False]


def test_limits_that_nothing_can_check_are_told_to_large_sites(world: World) -> None:
    size = sum(path.stat().st_size for path in world.site.rglob("*") if path.is_file())
    large = published(world, host=replace(HOSTS["github"], site_bytes=size * 3 // 2), dry_run=True)
    small = published(world, host=replace(HOSTS["github"], site_bytes=size * 3), dry_run=True)

    assert "           GitHub Pages ends a deployment after 10 minutes" in large
    assert any(line.startswith("           GitHub Pages serves 100 GB a month, which is ") for line in large)
    assert not any("10 minutes" in line or "a month" in line for line in small)


def test_a_git_file_in_the_site_is_no_part_of_it(world: World) -> None:
    (world.site / ".git").write_text("gitdir: /elsewhere\n")
    published(world)

    assert ".git" not in world.files()


def test_publishing_the_whole_branch_keeps_its_domain(world: World) -> None:
    world.commit({"CNAME": "atlas.example.org\n", "old.html": "old"})
    lines = published(world, replace=True)

    assert world.text("CNAME") == "atlas.example.org"
    assert "old.html" not in world.files()
    assert lines[-1] == "           it will be at https://atlas.example.org/"


def test_what_somebody_else_wrote_is_not_replaced_unless_it_is_meant(world: World) -> None:
    world.commit({"a.html": "a"}, "Write by hand")

    assert refused(world) == (
        "not published; --replace says that it is meant, for all of these\n"
        f"  gh-pages of {world.remote} was last written by Ann Author on 2026-03-04 12:00 +0000 ('Write by hand'), and"
        " not by `atlas publish`: look at what is there, as its history goes, too"
    )
    published(world, replace=True)
    assert world.files() == site_files(world.site)


@pytest.mark.parametrize("under", ["", "small"])
def test_the_history_of_the_default_branch_is_replaced_in_no_case(world: World, under: str) -> None:
    git(world.remote, "symbolic-ref", "HEAD", "refs/heads/main")
    world.commit({"thesis.tex": "years"}, "Write", branch="main")
    before = world.tip("main")

    told = refused(world, branch="main", under=under, replace=True)
    assert told.startswith("--branch main: is the default branch of the repository, and was last written by Ann Author")
    assert "Publish to --branch gh-pages" in told
    assert world.tip("main") == before
    git(world.remote, "symbolic-ref", "HEAD", "refs/heads/other")
    published(world, branch="main", replace=True)
    assert world.files("main") == site_files(world.site)


def test_a_default_branch_that_is_ours_is_published_to_again(world: World) -> None:
    git(world.remote, "symbolic-ref", "HEAD", "refs/heads/main")
    published(world, branch="main")
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")
    published(world, branch="main")

    assert world.files("main") == site_files(world.site)


def test_a_commit_of_ours_that_somebody_changed_is_somebody_elses(world: World) -> None:
    published(world)
    message = git(world.remote, "log", "-1", "--format=%B", "gh-pages")
    world.commit({"index.html": "changed by hand"})
    tree = git(world.remote, "rev-parse", "gh-pages^{tree}")
    amended = git(world.remote, "commit-tree", tree, given=message)
    git(world.remote, "update-ref", "refs/heads/gh-pages", amended)

    assert "was last written by Ann Author" in refused(world)


def test_what_was_written_since_the_branch_was_read_is_never_overwritten(world: World) -> None:
    published(world)
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")

    def meanwhile(question: str) -> bool:
        world.commit({"news.html": "theirs"}, "Meanwhile")
        return True

    with pytest.raises(AtlasError) as told:
        publish(world.order(), meanwhile, lambda line: None)

    assert str(told.value) == (
        "gh-pages: was written to meanwhile, by Ann Author on 2026-03-04 12:00 +0000 ('Meanwhile'); nothing of it was"
        " overwritten. Look at it, and publish again"
    )
    assert world.text("news.html") == "theirs"


def test_a_branch_that_appears_meanwhile_is_not_overwritten_either(world: World) -> None:
    def meanwhile(question: str) -> bool:
        world.commit({"news.html": "theirs"}, "Meanwhile")
        return True

    with pytest.raises(AtlasError, match="was written to meanwhile, by Ann Author"):
        publish(world.order(), meanwhile, lambda line: None)
    assert set(world.files()) == {"news.html"}


def test_the_whole_branch_does_not_replace_atlases_beside_it_by_mistake(world: World) -> None:
    published(world, under="a")
    published(world, under="b")

    assert "2 atlases would go, under a and b; --under DIR keeps what lies beside" in refused(world)


@pytest.mark.parametrize(
    ("files", "under", "told"),
    [
        ({"a": "a file"}, "a", "--under a: a is a file there; choose another folder"),
        ({"a": "a file"}, "a/b", "--under a/b: a is a file there; choose another folder"),
        ({"a/site.json": "{}"}, "a/b", "--under a/b: lies inside of the atlas under a; choose a folder beside it"),
    ],
)
def test_a_folder_that_cannot_be_is_refused(world: World, files: dict[str, str], under: str, told: str) -> None:
    world.commit(files)

    assert refused(world, under=under, replace=True) == told


@pytest.mark.parametrize("under", ["f", "data", "f/block2", "assets"])
def test_no_folder_of_the_atlas_at_the_root_is_replaced_by_another_atlas(world: World, under: str) -> None:
    published(world)

    assert refused(world, under=under, replace=True) == (
        f"--under {under}: lies inside of the atlas at the root; choose a folder that it does not have"
    )


def test_an_atlas_lies_in_a_folder_beside_the_one_at_the_root(world: World) -> None:
    published(world)
    published(world, under="small")
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")
    published(world, under="small")

    assert world.text("small/about.html").endswith("<p>new")
    assert world.text("about.html") != world.text("small/about.html")


def test_a_folder_beside_somebody_elses_site_json_is_free(world: World) -> None:
    world.commit({"site.json": '{"name": "theirs"}', "f/a.txt": "a"})

    published(world, under="f", replace=True)
    assert "f/index.html" in world.files()


def test_a_dictionary_that_took_anothers_name_is_refused_until_it_has_its_own(world: World) -> None:
    published(world)
    site = json.loads((world.site / "site.json").read_text())
    site["dictionaries"]["block2"] |= {"identity": "ffffffff", "sha256": "f" * 64}
    (world.site / "site.json").write_text(json.dumps(site))

    told = refused(world)
    assert told.splitlines()[1] == (
        "  f/block2/0.html to 2.html (3 addresses): block2 is another dictionary now (file block2bl before, ffffffff"
        " now); give that one a name of its own in the config"
    )
    assert published(world, replace=True)[-2].startswith("publish    16 files in one commit")


@pytest.mark.parametrize("under", ["", "small"])
def test_pages_of_labels_that_go_are_named_and_refused(world: World, under: str) -> None:
    page = (world.site / "index.html").read_text()
    for name in (*(f"l/label{number}.html" for number in range(9)), "d/block2/more.html"):
        (world.site / name).parent.mkdir(exist_ok=True)
        (world.site / name).write_text(page)
    published(world, under=under)
    shutil.rmtree(world.site / "l")
    shutil.rmtree(world.site / "d/block2")

    first = ", ".join(f"l/label{number}.html" for number in range(8))
    assert refused(world, under=under).splitlines()[1:] == [
        f"  9 label pages would go: {first} and 1 more",
        "  1 dictionary page would go: d/block2/more.html",
    ]
    published(world, under=under, replace=True)


def test_clips_that_go_are_named_and_go(world: World) -> None:
    (world.site / "c").mkdir()
    (world.site / "c/a.html").write_text((world.site / "index.html").read_text())
    published(world)
    (world.site / "c/a.html").unlink()

    assert "           gone: c/a.html" in published(world)


def test_names_that_others_gave_are_printed_without_what_a_terminal_obeys(world: World) -> None:
    said = {"format": 1, "dictionaries": {"\x1b[2J": 3}}
    world.commit({"\x1b]0;a.html": "a", "old/site.json": "{}", "site.json": json.dumps(said)}, "\x1b[31m")
    told = refused(world)
    lines = published(world, replace=True)

    assert "\x1b" not in "".join([told, *lines])
    assert "\\x1b]0;a.html" in "".join(lines)


def test_a_remote_that_refuses_is_as_it_was_and_says_why(world: World) -> None:
    hook = world.remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no atlases on Mondays' >&2\nexit 1\n")
    hook.chmod(0o755)

    told = refused(world)
    assert told.startswith("gh-pages: the remote refused the site, and is as it was: ")
    assert "remote: no atlases on Mondays" in told


def test_a_remote_that_is_not_there_is_told(world: World) -> None:
    assert "nowhere: no remote of this repository (it has none), no address and no repository" in refused(
        world, to="nowhere"
    )
    with pytest.raises(AtlasError, match=r"site: cannot be read: fatal: .*not.* a git repository.*; check the address"):
        published(world, to=f"file://{world.root}/site")


def test_without_a_repository_the_remote_has_to_be_named(world: World) -> None:
    with pytest.raises(AtlasError, match=r"work: no repository; say where to with --to, an address such as git@"):
        publish(replace(world.order(), to=None), lambda question: True, lambda line: None)


def test_without_git_a_folder_is_offered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = str(world.remote)
    monkeypatch.setenv("PATH", str(world.root))

    with pytest.raises(AtlasError, match=r"git: not found; install it .*--host folder --to DIR"):
        publish(world.order(to=remote), lambda question: True, lambda line: None)


@pytest.mark.parametrize("name", ["a..b", "with space", "x.lock", "@{-1}", "", "end/"])
def test_a_branch_that_git_would_not_take_is_refused(world: World, name: str) -> None:
    assert f"--branch {name}: no name that git takes for a branch" in refused(world, branch=name)


def test_a_branch_of_another_name_is_published_to(world: World) -> None:
    published(world, branch="docs/site")

    assert world.files("docs/site") == site_files(world.site)


def test_together_with_what_stays_the_limits_of_the_host_hold(world: World) -> None:
    published(world, under="a")
    size = sum(path.stat().st_size for path in world.site.rglob("*") if path.is_file())
    host = replace(HOSTS["github"], site_bytes=size + size // 2)

    told = refused(world, under="b", host=host)
    assert "all of it together has 0 MB, and GitHub Pages takes 0 MB; lower [media] budget_mb" in told


def test_limits_that_are_passed_between_two_looks_are_found_as_content_has_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rendering(question: str) -> bool:
        (world.site / "about.html").write_text("another render began")
        return True

    with pytest.raises(AtlasError, match=r"about\.html: changed while it was published; let rendering finish"):
        publish(world.order(), rendering, lambda line: None)
    assert world.tip() == ""


def test_a_large_site_goes_in_several_packs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch, "PIECE_BYTES", 200)

    published(world)

    assert world.files() == site_files(world.site)


def test_a_site_that_does_not_pass_the_check_is_not_published(world: World) -> None:
    (world.site / "f/block2/1.html").unlink()

    assert refused(world).startswith(f"{world.site}: not ready\n  f/block2/1.html is missing: ")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (config_text(("block2",), "Other"), "title is 'A small atlas', where the config says 'Other'"),
        (config_text(("block2", "b3")), "dictionaries is block2, where the config says b3, block2"),
        (
            config_text(("block2",), base_url="https://a.example/"),
            "base_url is none, where the config says 'https://a.example/'",
        ),
    ],
)
def test_a_site_of_another_config_is_refused(world: World, config: str, told: str) -> None:
    world.config.write_text(config)

    assert f"{told}. Run `atlas render`, and take what it makes" in refused(world)


@pytest.mark.parametrize(
    "change",
    [
        '[cite]\nauthors = ["Author, Ann"]\n',
        'notice = "The corpus is synthetic."\n',
        "[media]\nredistribute = ['CC-BY-4.0']\n",
    ],
)
def test_a_site_whose_config_has_changed_since_is_refused(world: World, change: str) -> None:
    config = load_config(world.config)
    said = json.loads((world.site / "site.json").read_text())
    digest = config_digest(config.site, config.cite, config.media, config.abouts())
    (world.site / "site.json").write_text(json.dumps(said | {"config": digest}))
    published(world)
    world.config.write_text(world.config.read_text() + change)

    assert "site.json: the config has changed since it was rendered. Run `atlas render`" in refused(world)


def test_where_a_config_lies_does_not_change_its_digest(world: World) -> None:
    here, there = SiteConfig(truth=Path("/a/truth.jsonl")), SiteConfig(truth=Path("/b/truth.jsonl"))
    digests = {config_digest(site, CiteConfig(), MediaConfig(), ()) for site in (here, there)}

    assert len(digests) == 1
    assert config_digest(SiteConfig(), CiteConfig(), MediaConfig(), ()) not in digests


def test_a_site_of_another_version_is_refused(world: World) -> None:
    (world.site / "site.json").write_text('{"format": 99}')
    assert "written by another version of the tool (format 99, where this one reads 1)" in refused(world)
    (world.site / "site.json").unlink()
    assert "site.json: not there, so no site that this version of the tool rendered" in refused(world)


def test_a_published_site_of_another_version_is_replaced_only_if_it_is_meant(world: World) -> None:
    published(world)
    own = (world.site / "site.json").read_text()
    (world.site / "site.json").write_text(own.replace('"format": 1', '"format": 99'))
    world.commit({"site.json": '{"format": 99}'})
    (world.site / "site.json").write_text(own)

    assert "it cannot be told which addresses would be lost: gh-pages of " in refused(world)
    published(world, replace=True)


def test_links_to_files_and_half_written_files_are_no_part_of_a_site(world: World) -> None:
    (world.site / "secret.txt").symlink_to("/etc/hostname")
    assert "secret.txt: a link to another file" in refused(world)
    (world.site / "secret.txt").unlink()
    (world.site / "a.html.part").write_text("half")
    assert "a.html.part: half written" in refused(world)


def test_features_without_files_need_the_404_page_of_the_root(world: World) -> None:
    site = json.loads((world.site / "site.json").read_text())
    (world.site / "site.json").write_text(json.dumps(site | {"files_for_features": False}))

    assert (
        "features of this site have no files of their own, and GitHub Pages shows only the 404.html at its"
        in refused(world, under="a")
    )


def test_of_what_stays_only_names_are_fetched(world: World) -> None:
    published(world, under="a")
    with scratch(str(world.remote), "", (), prompts=False) as git_here:
        tip = branch.read_tip(git_here, "gh-pages")
        assert tip is not None
        kinds = git_here.text("cat-file", "--batch-check=%(objecttype)", "--batch-all-objects", "--unordered").split()
        assert set(kinds) == {"commit", "tree"}
        assert branch.read_file(git_here, tip, "a/.nojekyll") == b""


def test_a_remote_that_gives_only_all_or_nothing_is_published_to_as_well(world: World) -> None:
    git(world.remote, "config", "uploadpack.allowFilter", "false")
    published(world, under="a")
    published(world, under="b")
    kept = world.files()
    (world.site / "about.html").write_text((world.site / "index.html").read_text() + "<p>new")
    published(world, under="b")

    assert {path for path, name in world.files().items() if kept[path] != name} == {"b/about.html"}


def test_what_moved_to_another_folder_is_sent_though_it_lies_there_already(world: World) -> None:
    published(world, under="a")
    published(world, under="b")

    own = site_files(world.site)
    assert {path.removeprefix("b/"): name for path, name in world.files().items() if path.startswith("b/")} == own
    assert git(world.remote, "fsck", "--full", "--strict", "--no-dangling") == ""


def test_settings_that_somebody_has_for_other_repositories_do_not_get_in_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = world.root / "gitconfig"
    config.write_text(
        "[safe]\nbareRepository = explicit\n[push]\nrecurseSubmodules = check\nfollowTags = true\n"
        "[core]\nautocrlf = true\nfsmonitor = true\n[init]\ndefaultObjectFormat = sha256\n[user]\nname = Ben\n"
    )
    (world.site / "windows.txt").write_bytes(b"one\r\ntwo\r\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    published(world)

    assert world.files() == site_files(world.site)
    assert "author Ben <atlas-publish@localhost>" in git(world.remote, "cat-file", "commit", "gh-pages")
