"""Plans: what grows with what, what does not fit and what then helps, and how a plan is told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from atlas.measure import thresholds
from atlas.planning import parts, times
from atlas.planning.plan import Plan, make_plan
from atlas.planning.report import report_json, report_lines
from atlas.planning.times import Machine, scan_s
from atlas.publish.hosts import HOSTS
from tests.planning.plans import config, known, outline, shapes, trial


@dataclass(frozen=True)
class Small:
    """A host that takes less than any site."""

    title: str = "a small host"
    site_bytes: int | None = 10**6
    file_bytes: int | None = None
    files: int | None = None


def planned(host: str = "github", **changes: object) -> Plan:
    tables = {name: changes.pop(name) for name in ("examples", "site", "media", "annotate", "scan") if name in changes}
    return make_plan(config(**tables), known(**changes), HOSTS[host])


def test_more_examples_take_more_bytes_of_site_and_tables() -> None:
    few, many = (planned(examples={"top": top, "others": 2}) for top in (5, 20))

    assert few.site_bytes < many.site_bytes
    assert few.atlas_bytes < many.atlas_bytes


def test_packed_pages_take_fewer_bytes_and_those_without_stubs_fewer_files() -> None:
    whole, packed, aliased = (planned(site=site) for site in ({}, {"packed": True}, {"packed": True, "stubs": False}))

    assert whole.site_bytes > max(packed.site_bytes, aliased.site_bytes)
    assert whole.site_files > aliased.site_files
    assert parts.FEATURES not in aliased.site


def test_pages_are_packed_of_themselves_where_a_site_would_pack_them() -> None:
    assert parts.SHARDS not in planned(shapes=shapes(12_288), trial=trial(12_288)).site
    assert parts.SHARDS in planned(shapes=shapes(12_289), trial=trial(12_289)).site


@pytest.mark.parametrize(
    "more",
    [
        lambda: planned(outline=outline(windows=3_000)),
        lambda: planned(shapes=shapes(6_144), trial=trial(6_144)),
        lambda: planned(machine=Machine(workers=2, scan_workers=1, slowness=3.0)),
    ],
    ids=["windows", "features", "a slower machine"],
)
def test_a_larger_run_takes_longer(more: Callable[[], Plan]) -> None:
    assert more().seconds > planned().seconds


def test_the_scan_is_its_windows_and_what_each_shard_takes_once() -> None:
    plan = planned(scan={"shard_windows": 300})
    assert plan.trial is not None

    assert scan_s(plan.contents, plan.trial, plan.machine) == pytest.approx(1_000 * 0.3 + 4 * 2.0)


def test_workers_of_a_scan_share_its_time_and_each_takes_its_memory_but_no_more_than_there_are_shards() -> None:
    scans = [
        next(stage for stage in planned(scan={"shard_windows": 300}, machine=machine).stages if stage.name == "scan")
        for machine in (Machine(workers=8, scan_workers=workers, slowness=1.0) for workers in (1, 4, 8))
    ]

    assert [scan.seconds for scan in scans] == pytest.approx([308, 77, 77])
    assert scans[1].memory_mib == pytest.approx(4 * scans[0].memory_mib)


def test_the_sample_of_a_calibration_is_as_large_as_that_of_the_stage() -> None:
    assert times.SAMPLE_FRAMES == thresholds.SAMPLE_FRAMES


def test_sounds_are_those_that_may_be_published_up_to_the_budget() -> None:
    silent = planned(outline=outline(licence="all rights reserved"))
    cut = planned(media={"budget_mb": 5})
    whole = planned()

    assert parts.SOUNDS not in silent.site
    assert parts.CLIPS not in silent.site
    assert cut.site[parts.SOUNDS].bytes == 5 * 10**6
    assert whole.site[parts.SOUNDS].bytes == pytest.approx(1_000 * 6 * 3_000, rel=0.1)
    assert silent.site[parts.SPECTROGRAMS].files == whole.site[parts.SPECTROGRAMS].files


def test_media_on_another_host_take_nothing_of_the_site_and_as_much_of_the_disk() -> None:
    here, elsewhere = planned(), planned(media={"base_url": "https://media.example.org/"})

    assert parts.SOUNDS not in elsewhere.site
    assert elsewhere.atlas_bytes == here.atlas_bytes


def test_tables_for_download_are_those_that_the_config_names() -> None:
    none, every = (planned(site={"tables": tables}) for tables in ("none", "all"))

    assert every.site[parts.TABLES].bytes > every.atlas["figures of features"] + every.atlas["peaks"]
    assert none.site_bytes < every.site_bytes


def test_a_site_that_fits_needs_no_change() -> None:
    plan = planned()

    assert plan.fits
    assert plan.changes == ()


def test_a_site_beyond_its_host_is_told_which_key_saves_how_much() -> None:
    plan = make_plan(config(site={"control_pages": True}), known(), Small())

    assert plan.misfits == (f"{plan.site_bytes / 1e6:,.0f} MB, and a small host takes 1 MB",)
    by_key = {change.key: change for change in plan.changes}
    assert list(by_key)[:3] == [
        "[site] control_pages = false",
        "[site] packed = true",
        "[site] packed = true, stubs = false",
    ]
    assert "[examples] top = 10, others = 2" in by_key
    assert all(change.bytes < plan.site_bytes for change in plan.changes)
    assert not any(change.fits for change in plan.changes)


def test_what_a_change_promises_is_what_a_plan_with_it_says() -> None:
    promised = {change.key: change for change in make_plan(config(), known(), Small()).changes}
    packed = planned(site={"packed": True})

    assert promised["[site] packed = true"].bytes == packed.site_bytes
    assert promised["[site] packed = true"].files == packed.site_files


@pytest.mark.parametrize(("tables", "fewer"), [("all", ["figures", "none"]), ("figures", ["none"]), ("none", [])])
def test_fewer_tables_are_among_the_changes_with_what_they_save(tables: str, fewer: list[str]) -> None:
    site = {"tables": tables}
    changes = {change.key: change for change in make_plan(config(site=site), known(), Small()).changes}

    assert [key for key in changes if "tables" in key] == [f'[site] tables = "{one}"' for one in fewer]
    for one in fewer:
        assert changes[f'[site] tables = "{one}"'].bytes == planned(site={"tables": one}).site_bytes


def large() -> dict[str, object]:
    """A dictionary of many features, whose decoder rows no host refuses."""
    return {"shapes": tuple(replace(one, width=64) for one in shapes(40_960)), "trial": trial(40_960)}


def test_too_many_files_are_a_misfit_too_and_fewer_files_help() -> None:
    plan = planned(host="cloudflare", site={"tables": "none"}, **large())

    assert plan.misfits == (f"{plan.site_files:,} files, and Cloudflare Pages takes 20,000",)
    assert {change.key: change.fits for change in plan.changes}["[site] stubs = false"]
    assert "[examples] top = 10, others = 2" not in {change.key for change in plan.changes}


def test_tables_with_a_file_that_a_host_does_not_take_are_a_misfit_that_leaving_them_out_mends() -> None:
    plan = planned(host="cloudflare", site={"packed": True, "stubs": False}, **large())

    assert [misfit.partition(" of ")[0] for misfit in plan.misfits] == ["tables with a file"]
    assert {change.key: change.fits for change in plan.changes}['[site] tables = "none"']


def test_where_no_change_suffices_all_of_them_together_are_told() -> None:
    plan = make_plan(config(), known(), Small())

    assert plan.changes[-1].key == "all of these"
    assert plan.changes[-1].bytes < min(change.bytes for change in plan.changes[:-1])


def test_what_was_done_before_takes_no_time_and_of_the_scan_only_the_rest_counts() -> None:
    fresh, half = planned(), planned(done={"index": 1.0, "scan": 0.5})
    seconds = {stage.name: stage.seconds for stage in half.stages}

    assert seconds["index"] == 0
    assert seconds["scan"] == pytest.approx(next(one.seconds for one in fresh.stages if one.name == "scan") / 2)


def test_annotating_counts_only_where_it_is_asked_for_and_is_taken_from_the_trial_where_it_was_tried() -> None:
    names = {stage.name for stage in planned().stages}
    tried = planned(annotate={"words": "whisper"}, trial=replace(trial(), annotate_s=2.0))

    assert "annotate" not in names
    assert next(stage.seconds for stage in tried.stages if stage.name == "annotate") == 1_000 * 6 * 2.0


def test_without_a_trial_there_is_no_time_and_bytes_are_no_less() -> None:
    plan = planned(trial=None)

    assert plan.stages == ()
    assert plan.site_bytes >= planned().site_bytes
    text = "\n".join(report_lines(plan, Path("nowhere")))
    assert "time and memory are not known without a trial" in text
    assert "bytes are seldom more than these" in text


def test_features_that_seldom_fire_have_smaller_pages() -> None:
    rare, usual = (planned(trial=trial(share=share)) for share in (0.001, 0.2))

    assert rare.site[parts.FEATURES].bytes < 0.8 * usual.site[parts.FEATURES].bytes


def test_what_is_not_known_of_a_corpus_is_said() -> None:
    lacking = outline(lost=("gone.wav",), unknown=2, unread=3, files=20)
    text = "\n".join(report_lines(planned(outline=lacking), Path("nowhere")))

    assert "1 file that cannot be read, such as gone.wav, which stops the run (corpus.max_problem_share)" in text
    assert "2 files whose header tells no length" in text
    assert "3 files not looked at" in text


def test_a_plan_is_told_in_aligned_columns_that_end_with_a_verdict() -> None:
    lines = list(report_lines(planned(), Path("nowhere")))

    assert lines[0] == "plan       planned"
    assert any(line.startswith("scan ") and line.endswith("measured") for line in lines)
    assert any(line.startswith("merge ") and line.endswith("reckoned") for line in lines)
    assert lines[-1].startswith("The site fits GitHub Pages, ")


def test_the_json_of_a_plan_is_plain_and_whole() -> None:
    plan = planned()
    told = json.loads(json.dumps(report_json(plan)))

    assert told["site_bytes"] == plan.site_bytes == sum(part["bytes"] for part in told["site"].values())
    assert told["fits"] is True
    assert list(told["stages"]) == ["index", "calibrate", "scan", "merge", "analyse", "media", "render"]
    assert told["dictionaries"]["block2"] == 3_072
