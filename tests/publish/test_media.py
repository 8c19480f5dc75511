"""Sounds and pictures on another host: what a config may say of it, and what of it a page may ask for."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from atlas.config.settings import Config
from atlas.config.site import MediaConfig, SiteConfig
from atlas.publish.checks import check_site
from atlas.publish.pagescan import scan
from atlas.render.pages.manifest import manifest
from atlas.render.run import render
from atlas.render.site import site_of_config
from atlas.render.templating import POLICY, policy_with
from atlas.schema.site import PublishedMedia, read_site
from atlas.store import AtlasFolder
from tests.synthetic import Spec, write_atlas

BASE = "https://huggingface.co/datasets/me/sounds/resolve/main/"
MEDIA = MediaConfig(base_url=BASE, origins=("https://cdn-lfs.hf.co", "https://*.hf.co"))
KEY = "0123456789abcdef"
PUBLISHED = PublishedMedia(BASE, MEDIA.hosts)
HEAD = f'<meta http-equiv="Content-Security-Policy" content="{policy_with(MEDIA.hosts)}">'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AtlasFolder:
    return AtlasFolder(write_atlas(tmp_path_factory.mktemp("atlas"), Spec(features=12, clips=60)))


def config(media: MediaConfig) -> Config:
    return Config.model_construct(dictionary=(), site=SiteConfig(), media=media)


def test_the_policy_is_widened_to_the_listed_hosts_and_for_sounds_and_pictures_alone() -> None:
    hosts = "https://huggingface.co https://cdn-lfs.hf.co https://*.hf.co"
    widened = {part.split()[0]: part for part in policy_with(MEDIA.hosts).split("; ")}
    plain = {part.split()[0]: part for part in POLICY.split("; ")}

    assert widened["img-src"] == f"img-src 'self' data: {hosts}"
    assert widened["media-src"] == f"media-src 'self' {hosts}"
    assert {name for name in plain if widened[name] != plain[name]} == {"img-src", "media-src"}
    assert widened.keys() == plain.keys()
    assert policy_with(MediaConfig().hosts) == POLICY


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://bucket.example/atlas", "https://bucket.example/atlas/"),
        ("https://Bucket.example:8443", "https://Bucket.example:8443/"),
        ("http://127.0.0.1:8000/media/", "http://127.0.0.1:8000/media/"),
        ("http://localhost/x", "http://localhost/x/"),
    ],
)
def test_the_address_of_media_is_that_of_a_folder(address: str, kept: str) -> None:
    assert MediaConfig(base_url=address).base_url == kept


@pytest.mark.parametrize(
    "address",
    [
        "http://bucket.example/atlas",
        "bucket.example",
        "https://user@bucket.example/",
        "https://bucket.example/?list",
        "https://bucket.example/#a",
        "https://a.example; script-src *",
        "https://a.example'/",
        'https://a.example/"><script>',
        "https:///media",
    ],
)
def test_an_address_that_cannot_hold_media_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        MediaConfig(base_url=address)


@pytest.mark.parametrize(
    "origin",
    [
        "http://cdn.example",
        "https://*",
        "https://*.com",
        "https://cdn.example/x",
        "*",
        "https:",
        "https://a b",
        "data:",
    ],
)
def test_an_origin_that_is_no_host_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError):
        MediaConfig(base_url=BASE, origins=(origin,))


def test_origins_without_another_host_are_refused() -> None:
    with pytest.raises(ValidationError, match="origins only beside base_url"):
        MediaConfig(origins=("https://cdn.example",))


@pytest.mark.parametrize(
    "asked",
    [
        f'<a class="play" href="{BASE}audio/{KEY}.mp3#t=0.1,3.2" aria-label="Play"></a>',
        f'<img loading="lazy" src="{BASE}spectrograms/{KEY}.webp" alt="">',
    ],
)
def test_a_page_may_ask_that_host_for_sounds_and_pictures(asked: str) -> None:
    assert scan(HEAD + asked, PUBLISHED).faults == ()
    assert len(scan(HEAD + asked).faults) == 2  # a site that is whole has another policy, too


@pytest.mark.parametrize(
    "asked",
    [
        f'<script src="{BASE}audio/{KEY}.mp3"></script>',
        f'<link rel="stylesheet" href="{BASE}spectrograms/{KEY}.webp">',
        f'<iframe src="{BASE}spectrograms/{KEY}.webp"></iframe>',
        f'<img src="{BASE}../other/{KEY}.webp">',
        f'<img src="{BASE}tracker.gif">',
        '<img src="https://huggingface.co/logo.webp">',
        f'<img src="https://cdn-lfs.hf.co/spectrograms/{KEY}.webp">',
        f'<a class="play small" href="https://elsewhere.example/audio/{KEY}.mp3#t=0,1"></a>',
    ],
)
def test_a_page_may_ask_no_host_for_anything_else(asked: str) -> None:
    assert [fault.endswith("which is outside of the site") for fault in scan(HEAD + asked, PUBLISHED).faults] == [True]


def test_a_site_with_its_media_elsewhere_passes_its_check_and_a_page_of_another_policy_does_not(
    folder: AtlasFolder, tmp_path: Path
) -> None:
    said = render(folder, config(MEDIA), tmp_path / "site", workers=1)
    lines: list[str] = []
    files = [path for path in (folder.root / "media").rglob("*") if path.suffix in (".mp3", ".webp")]

    assert check_site(tmp_path / "site", lines.append) == []
    assert lines[1].strip().startswith(f"sounds and pictures lie at {BASE}")
    assert f"sounds and pictures ({len(files)} files, " in said
    assert said.endswith(f" are expected at {BASE}; upload what is in {folder.root}/media there")
    assert not (tmp_path / "site/media").exists()
    page = tmp_path / "site/about.html"
    page.write_text(page.read_text(encoding="utf-8").replace("media-src", "media-src https://x.example"))
    assert check_site(tmp_path / "site", lines.append) == [
        "about.html has another security policy than the tool gives to this site"
    ]


def test_media_come_back_into_a_site_that_is_whole_again(folder: AtlasFolder, tmp_path: Path) -> None:
    render(folder, config(MEDIA), tmp_path / "site", workers=1)
    render(folder, config(MediaConfig()), tmp_path / "site", workers=1)

    assert len(list((tmp_path / "site/media/audio").glob("*.mp3"))) > 3
    assert BASE not in (tmp_path / "site/assets/constants.js").read_text(encoding="utf-8")
    assert check_site(tmp_path / "site", lambda line: None) == []


def test_a_site_says_where_its_media_lie_and_one_of_an_earlier_version_has_them(folder: AtlasFolder) -> None:
    said = manifest(site_of_config(folder.root, config(MEDIA)))

    assert read_site(json.dumps(said), "site.json").media == PUBLISHED
    del said["media"]
    assert read_site(json.dumps(said), "site.json").media == PublishedMedia()
