"""Which addresses would be lost, of sites that differ in every way that matters, and in ways that do not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from atlas.cli import main
from atlas.errors import AtlasError
from atlas.publish.against import lost_addresses, site_at
from atlas.publish.serve import server_of
from atlas.schema.site import PublishedSite, read_site
from tests.browser.conftest import over_http
from tests.publish.sites import manifest, write_site

BEFORE = {"block2": 3, "block3": 5}


def site(features: dict[str, int], redirects: dict[str, str] | None = None, **identities: str) -> PublishedSite:
    raw = manifest(features, "T", None, redirects or {}, True)
    for name, identity in identities.items():
        raw["dictionaries"][name] |= {"identity": identity, "sha256": identity}  # type: ignore[index]
    return read_site(json.dumps(raw), "here")


def test_nothing_is_lost_to_the_same_site_or_one_with_more() -> None:
    assert lost_addresses(site(BEFORE), site(BEFORE)) == []
    assert lost_addresses(site(BEFORE), site({"block2": 4, "block3": 5, "block4": 1})) == []


def test_a_dictionary_that_is_gone_loses_its_addresses() -> None:
    assert lost_addresses(site(BEFORE), site({"block2": 3})) == [
        "f/block3/0.html to 4.html (5 addresses): no dictionary is called block3 any more; if it was renamed,"
        ' say so with [site] redirects = { block3 = "its name today" }'
    ]


def test_a_renamed_dictionary_loses_nothing_if_a_redirect_leads_to_the_same_features() -> None:
    renamed = site({"block2": 3, "new": 5}, {"block3": "new"}, new="block300")
    same = site(BEFORE, block3="block300")

    assert lost_addresses(same, renamed) == []


def test_a_redirect_to_other_features_loses_addresses() -> None:
    assert lost_addresses(site(BEFORE), site({"block2": 3}, {"block3": "block2"})) == [
        "f/block3/0.html to 4.html (5 addresses): block3 leads to block2, which is another dictionary now (file"
        " block3bl before, block2bl now); give that one a name of its own in the config"
    ]


def test_another_dictionary_of_the_same_name_loses_addresses() -> None:
    assert lost_addresses(site(BEFORE), site(BEFORE, block2="ffffffff")) == [
        "f/block2/0.html to 2.html (3 addresses): block2 is another dictionary now (file block2bl before, ffffffff"
        " now); give that one a name of its own in the config"
    ]


def test_features_beyond_the_number_are_lost() -> None:
    assert lost_addresses(site(BEFORE), site({"block2": 2, "block3": 2})) == [
        "f/block2/2.html: block2 has 2 features now",
        "f/block3/2.html to 4.html (3 addresses): block3 has 2 features now",
    ]


def test_former_names_are_addresses_too() -> None:
    before = site({"new": 3}, {"old": "new"})

    assert lost_addresses(before, site({"new": 3}, {"old": "new"})) == []
    assert lost_addresses(before, site({"new": 3})) == [
        "f/old/0.html to 2.html (3 addresses): no dictionary is called old any more; if it was renamed, say so"
        ' with [site] redirects = { old = "its name today" }'
    ]


def test_files_of_features_that_are_given_up_are_told() -> None:
    without = replace(site(BEFORE), files_for_features=False)

    assert lost_addresses(without, without) == lost_addresses(without, site(BEFORE)) == []
    assert lost_addresses(site(BEFORE), without) == [
        "features had files at their addresses, and have none now: only 404.html would show them there, and not to"
        " programs; set [site] stubs = true"
    ]


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_the_check_lists_them_against_a_folder_and_fails(tmp_path: Path) -> None:
    old, new = write_site(tmp_path / "old", {"block2": 3, "b3": 1}), write_site(tmp_path / "new", {"block2": 3})
    failed = check(new, "--against", old)

    assert failed.exit_code == 1
    assert failed.stderr == (
        f"Error: {new}: not ready\n  f/b3/0.html: no dictionary is called b3 any more; if it was renamed, say so"
        ' with [site] redirects = { b3 = "its name today" }\n'
    )
    fine = check(old, "--against", new)
    assert fine.exit_code == 0
    assert fine.stdout.splitlines()[-1] == f"check      no feature's address of {new} would be lost"


def test_the_check_goes_against_a_live_site(tmp_path: Path) -> None:
    old = write_site(tmp_path / "served/below/old", {"block2": 3})
    with over_http(old) as address:
        assert check(old, "--against", address).stdout.endswith(f"no feature's address of {address} would be lost\n")
        with pytest.raises(AtlasError, match=r"/gone/site\.json: not there, so no site"):
            site_at(f"{address}gone/")
    with pytest.raises(AtlasError, match="could not be fetched"):
        site_at(address)


def test_a_folder_without_a_site_is_told(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"site\.json: not there, so no site that this version"):
        site_at(str(tmp_path))


def test_the_server_of_these_tests_listens_on_this_machine_alone(tmp_path: Path) -> None:
    with server_of(tmp_path) as server:
        assert server.server_address[0] == "127.0.0.1"
