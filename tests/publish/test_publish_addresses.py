"""Where a site will be seen, whether it knows that, and which remote is meant."""

from dataclasses import replace
from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.publish.addresses import check_address, domain_of, github_repository, published_at
from atlas.publish.git import Git, GitFailure, scratch
from atlas.publish.publishing import folder_in_branch, publish
from atlas.publish.remotes import Remote, remote_of
from tests.publish.sites import config_text, write_site
from tests.publish.worlds import World, git

REPOSITORY = github_repository("git@github.com:Ann/atlas.git")


@pytest.mark.parametrize(
    ("remote", "pages"),
    [
        ("https://github.com/Ann/atlas.git", "https://ann.github.io/atlas/"),
        ("https://github.com/Ann/atlas/", "https://ann.github.io/atlas/"),
        ("https://token@github.com/Ann/Atlas", "https://ann.github.io/Atlas/"),
        ("git@github.com:Ann/atlas.git", "https://ann.github.io/atlas/"),
        ("ssh://git@github.com/Ann/atlas.git", "https://ann.github.io/atlas/"),
        ("ssh://git@ssh.github.com:443/Ann/atlas.git", "https://ann.github.io/atlas/"),
        ("git@github.com:ann/ann.github.io.git", "https://ann.github.io/"),
        ("https://github.com/Ann/Ann.GitHub.io", "https://ann.github.io/"),
    ],
)
def test_the_address_follows_from_a_remote_on_github(remote: str, pages: str) -> None:
    repository = github_repository(remote)

    assert repository is not None
    assert published_at(repository, None, "") == pages
    assert published_at(repository, None, "a/b") == f"{pages}a/b/"


@pytest.mark.parametrize(
    "remote",
    ["https://gitlab.com/ann/atlas.git", "/tmp/github.com/ann/atlas", "https://github.com.evil.example/a/b", "x:y/z"],
)
def test_of_other_remotes_no_address_is_known(remote: str) -> None:
    assert github_repository(remote) is None
    assert published_at(None, None, "a") is None


def test_the_domain_of_a_branch_comes_before_that_of_its_host() -> None:
    assert domain_of(b"Atlas.Example.org\n") == "atlas.example.org"
    assert domain_of(b"no domain here\n") is None
    assert domain_of(None) is None
    assert published_at(REPOSITORY, "atlas.example.org", "a") == "https://atlas.example.org/a/"
    assert published_at(None, "atlas.example.org", "") == "https://atlas.example.org/"


@pytest.mark.parametrize(
    ("base_url", "at", "remarks"),
    [
        ("https://ann.github.io/atlas/", "https://ann.github.io/atlas/", []),
        ("http://ANN.github.io/atlas", "https://ann.github.io/atlas/", []),
        (
            None,
            "https://ann.github.io/atlas/",
            [
                'set [site] base_url = "https://ann.github.io/atlas/" and render again, so that pages can say where'
                " they are"
            ],
        ),
        (
            "https://ann.example/atlas/",
            "https://ann.github.io/atlas/",
            ["[site] base_url is right only if ann.example is the domain of ann.github.io"],
        ),
        (
            "https://fancy-name.pages.github.io/",
            "https://ann.github.io/atlas/",
            [
                "[site] base_url is right only if GitHub shows this repository's private pages at"
                " fancy-name.pages.github.io"
            ],
        ),
        (
            "https://fancy-name.pages.github.io/small",
            "https://ann.github.io/atlas/small/",
            [
                "[site] base_url is right only if GitHub shows this repository's private pages at"
                " fancy-name.pages.github.io"
            ],
        ),
        ("https://a.example/x/", None, []),
        (None, None, ["[site] base_url is not set, so pages cannot say where they are"]),
    ],
)
def test_a_base_url_that_fits_or_may_fit_is_at_most_remarked_upon(
    base_url: str | None, at: str | None, remarks: list[str]
) -> None:
    assert check_address(base_url, at, REPOSITORY) == remarks


@pytest.mark.parametrize(
    "base_url",
    [
        *("https://ann.github.io/other/", "https://ben.github.io/atlas/", "https://ann.github.io/", "https://a.b/"),
        "https://fancy-name.pages.github.io/other/",
    ],
)
def test_a_base_url_that_names_another_place_is_refused(base_url: str) -> None:
    with pytest.raises(AtlasError) as told:
        check_address(base_url, "https://ann.github.io/atlas/", REPOSITORY)

    assert str(told.value).startswith(
        f"[site] base_url is {base_url}, but the site will lie at https://ann.github.io/atlas/: links that people copy"
        ' would lead elsewhere; set base_url = "https://ann.github.io/atlas/" and render again'
    )
    assert ("or put a file CNAME that names a.b beside index.html" in str(told.value)) == (base_url == "https://a.b/")


def on_github(world: World) -> str:
    """An address on GitHub that git is told to look for on this machine."""
    git(world.root / "work", "init", "--quiet")
    git(world.root / "work", "config", f"url.{world.remote}.insteadOf", "https://github.com/ann/atlas.git")
    return "https://github.com/ann/atlas.git"


def test_it_ends_with_the_address_and_at_first_with_the_setting_that_turns_pages_on(world: World) -> None:
    order = replace(world.order(), to=on_github(world), under="small")
    first: list[str] = []
    publish(order, lambda question: True, first.append)
    write_site(world.site, {"block2": 3}, base_url="https://ann.github.io/atlas/small/")
    world.config.write_text(config_text(("block2",), base_url="https://ann.github.io/atlas/small/"))
    again: list[str] = []
    publish(replace(world.order(), to=order.to, under="small"), lambda question: True, again.append)

    assert first[-1] == (
        "           it will be at https://ann.github.io/atlas/small/ once GitHub Pages is on: Settings > Pages > Deploy"
        " from a branch > gh-pages / (root), at https://github.com/ann/atlas/settings/pages"
    )
    assert again[-1] == "           it will be at https://ann.github.io/atlas/small/"


def test_a_base_url_that_does_not_fit_the_remote_stops_it(world: World) -> None:
    write_site(world.site, {"block2": 3}, base_url="https://ann.github.io/atlas/")
    world.config.write_text(config_text(("block2",), base_url="https://ann.github.io/atlas/"))
    order = replace(world.order(), to=on_github(world), under="small")

    with pytest.raises(AtlasError, match=r"but the site will lie at https://ann\.github\.io/atlas/small/"):
        publish(order, lambda question: True, lambda line: None)
    assert world.tip() == ""


def test_a_cname_beside_the_first_page_of_the_site_makes_its_domain_the_address(world: World) -> None:
    write_site(world.site, {"block2": 3}, base_url="https://atlas.example.org/")
    world.config.write_text(config_text(("block2",), base_url="https://atlas.example.org/"))
    order = replace(world.order(), to=on_github(world))
    with pytest.raises(AtlasError, match=r"names atlas\.example\.org beside index\.html in the site's folder"):
        publish(order, lambda question: True, lambda line: None)
    (world.site / "CNAME").write_text("atlas.example.org\n")
    lines: list[str] = []
    publish(order, lambda question: True, lines.append)

    assert world.text("CNAME") == "atlas.example.org"
    assert lines[-1].startswith("           it will be at https://atlas.example.org/ once GitHub Pages is on")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://ann:secret@example.org/a.git", "https://example.org/a.git"),
        ("https://token@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a@b.git", "https://example.org/a@b.git"),
        ("ssh://git@example.org/a.git", "ssh://git@example.org/a.git"),
        ("ssh://git:secret@example.org:22/a.git", "ssh://example.org:22/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("/tmp/a.git", "/tmp/a.git"),
    ],
)
def test_no_message_shows_a_password(address: str, public: str) -> None:
    assert Remote(address, (), ("", "")).public == public


def test_a_password_in_an_address_stays_out_of_what_git_says(world: World) -> None:
    lines: list[str] = []
    with pytest.raises(AtlasError) as told:
        publish(world.order(to="https://ann:secret@127.0.0.1:9/a.git"), lambda question: True, lines.append)

    assert "secret" not in "\n".join([*lines, str(told.value)])
    assert str(told.value).startswith(
        "https://127.0.0.1:9/a.git: cannot be read: fatal: unable to access 'https://127.0.0.1:9/a.git/': "
    )


def test_how_the_repository_here_reaches_remotes_holds_for_publishing(world: World) -> None:
    work = world.root / "work"
    git(work, "init", "--quiet")
    git(work, "config", "http.https://example.org/.extraheader", "X: y")
    git(work, "config", "core.hooksPath", "/elsewhere")
    git(work, "remote", "add", "mine", "https://example.org/a.git")
    git(work, "config", "user.name", "Ben")

    remote = remote_of("mine", work)

    assert remote.address == "https://example.org/a.git"
    assert remote.settings == (("http.https://example.org/.extraheader", "X: y"),)
    assert remote.author == ("Ben", "atlas-publish@localhost")


def test_settings_that_are_included_for_the_repository_here_alone_hold_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = world.root / "work"
    git(work, "init", "--quiet")
    (world.root / "work.gitconfig").write_text('[http "https://example.org/"]\nextraheader = "X: y"\nsslVerify\n')
    config = world.root / "gitconfig"
    config.write_text(f'[includeIf "gitdir:{work}/"]\npath = {world.root}/work.gitconfig\n[credential]\nhelper = a\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "credential.helper")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "b")

    remote = remote_of(str(world.remote), work)
    with scratch(remote.address, "", remote.settings, prompts=False) as here:
        said = here.text("config", "--get-regexp", "^(http|credential)").splitlines()

    headers = "http.https://example.org/.extraheader X: y"
    assert sorted(said) == [
        "credential.helper a",
        "credential.helper b",
        headers,
        "http.https://example.org/.sslverify true",
    ]


def test_neither_hooks_nor_signing_of_the_user_get_into_a_push(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = world.root / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    config = world.root / "gitconfig"
    config.write_text(f"[core]\nhooksPath = {hooks}\n[push]\ngpgSign = true\n[safe]\ndirectory = /some/where\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))

    publish(world.order(), lambda question: True, lambda line: None)

    assert len(world.files()) == 16
    assert remote_of(str(world.remote), Path.cwd()).settings == (("safe.directory", "/some/where"),)


def test_a_push_that_failed_is_not_called_a_refusal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Git, *arguments: str) -> bytes:
        raise GitFailure("push", "fatal: the remote end hung up unexpectedly")

    monkeypatch.setattr(Git, "watched", broken)
    with pytest.raises(AtlasError, match="gh-pages: the push failed, and nothing has changed: fatal: the remote end"):
        publish(world.order(), lambda question: True, lambda line: None)


@pytest.mark.parametrize(
    ("prompts", "settings", "surroundings", "command"),
    [
        (False, (), {}, "ssh -o BatchMode=yes"),
        (True, (), {}, None),
        (False, (("core.sshcommand", "mine"),), {}, None),
        (False, (), {"GIT_SSH_COMMAND": "mine"}, "mine"),
        (False, (), {"GIT_SSH": "mine"}, None),
    ],
)
def test_ssh_asks_nobody_where_nobody_is_to_be_asked(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    prompts: bool,
    settings: tuple[tuple[str, str], ...],
    surroundings: dict[str, str],
    command: str | None,
) -> None:
    for name in ("GIT_SSH_COMMAND", "GIT_SSH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    with scratch(str(world.remote), "", settings, prompts) as here:
        assert here.environment.get("GIT_SSH_COMMAND") == command


def test_settings_that_the_surroundings_give_hold_beside_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{world.remote}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://example.org/a.git")

    publish(world.order(to="https://example.org/a.git"), lambda question: True, lambda line: None)

    assert len(world.files()) == 16


@pytest.mark.parametrize(
    "given",
    ["../x", "/x", "a/../b", ".git", "a/.git/b", ".", "", "a b", "a\\b", "a:b", "ü", ".github/workflows", "a\nb"],
)
def test_a_folder_that_leads_out_of_the_branch_is_refused(given: str) -> None:
    with pytest.raises(AtlasError, match=r"^--under .*: no folder below the root of what is published"):
        folder_in_branch(given)


@pytest.mark.parametrize(
    ("given", "folder"), [("a", "a"), ("a/", "a"), ("a//b", "a/b"), ("./a", "a"), ("Tiny.en-2", "Tiny.en-2")]
)
def test_a_folder_is_taken_in_its_shortest_form(given: str, folder: str) -> None:
    assert folder_in_branch(given) == folder


def test_a_relative_path_is_seen_from_here(world: World) -> None:
    assert remote_of("../remote.git", Path.cwd()).address == str(world.remote)
