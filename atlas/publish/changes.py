"""What publishing would do to a place: the tree that comes out, what changes, and what speaks against it.

A place is a branch of a remote, or a folder. Nothing is written here, and nothing fetched but the few small files that
the decision needs.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from atlas.errors import AtlasError
from atlas.formatting import counted, listed
from atlas.publish import landing
from atlas.publish.against import lost_addresses
from atlas.publish.content import Blob, Tree, TreeEntry, below, beside, blob_of
from atlas.publish.hosts import Host, beyond_site
from atlas.schema.site import SITE, PublishedSite, read_site

CNAME, NOJEKYLL = "CNAME", ".nojekyll"
STAYING = "*"
"the part that others' files in a folder are counted as; no folder for a site is called that"
NO_FILES: Mapping[str, Blob] = MappingProxyType({})
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What lies at a place now."""

    shown: str
    "what the place is called"
    tree: Tree
    read: Callable[[str], bytes]
    "the content of a file there"
    sizes: Mapping[str, int]
    "bytes by part, where known"
    foreign: str | None
    "what to say of somebody else's files there"
    stays: Collection[str] = ()
    "files that stay, wherever the site goes"
    theirs: Collection[str] = ()
    "those that others wrote"


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths that come, change and go."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def __str__(self) -> str:
        kinds = {"new": self.new, "changed": self.changed, "gone": self.gone}
        pages = {kind: sum(path.endswith(".html") for path in paths) for kind, paths in kinds.items()}
        others = {kind: len(paths) - pages[kind] for kind, paths in kinds.items()}
        return f"pages: {_counts(pages)}; other files: {_counts(others)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """A publication before it is done."""

    tree: Tree
    written: Mapping[str, Blob]
    "by path: what is not there yet"
    changes: Changes
    sizes: Mapping[str, int]
    kept: tuple[str, ...]
    refusals: tuple[str, ...]
    "what speaks against it, unless it is meant"
    remarks: tuple[str, ...] = ()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items())


def make_plan(
    files: Mapping[str, Blob], site: PublishedSite, under: str, present: Present, front: Mapping[str, Blob] = NO_FILES
) -> PublishPlan:
    """The plan for the files of a site in a place, or under a folder of it; `front` is what its root needs besides."""
    _check_free(under, present)
    kept = _kept(under, present)
    parts = _other_sites(under, kept, present)
    mine = {f"{under}/{path}" if under else path: blob for path, blob in files.items()}
    listing = _listing(under, site, kept, parts, present)
    blobs = {NOJEKYLL: blob_of(b""), **front, **listing, **mine}
    tree = kept | {path: blob.entry for path, blob in blobs.items()}
    sizes = {part: size for part, size in present.sizes.items() if not _is_within(part, under) or part == STAYING}
    sizes[under] = sum(blob.size for blob in mine.values())
    if listing:
        sizes[""] = sum(blob.size for blob in listing.values())
    return PublishPlan(
        tree=tree,
        written={path: blob for path, blob in blobs.items() if present.tree.get(path) != blob.entry},
        changes=_changes(present.tree, tree),
        sizes=sizes,
        kept=tuple(sorted(path for path in kept if path not in blobs)),
        refusals=(*_refusals(site, under, present), *_lost_pages(under, present, tree), *_overwritten(blobs, present)),
    )


def _check_free(under: str, present: Present) -> None:
    """Refuse a folder that is a file there, or lies inside of another atlas."""
    tree, folders = present.tree, under.split("/")
    for length in range(1, len(folders) + 1):
        above = "/".join(folders[:length])
        if above in tree:
            raise AtlasError(f"--under {under}: {above} is a file there; choose another folder")
        if length < len(folders) and f"{above}/{SITE}" in tree:
            raise AtlasError(f"--under {under}: lies inside of the atlas under {above}; choose a folder beside it")
    if under and _is_of_root(under, tree) and _is_atlas(SITE, present):
        raise AtlasError(
            f"--under {under}: lies inside of the atlas at the root; choose a folder that it does not have"
        )


def _is_of_root(under: str, tree: Tree) -> bool:
    """Whether files below a folder belong to the site at the root, and to none in a folder of its own."""
    own = tuple(path.removesuffix(SITE) for path in tree if path.endswith(f"/{SITE}"))
    return SITE in tree and any(path.startswith(f"{under}/") and not path.startswith(own) for path in tree)


def _is_atlas(path: str, present: Present) -> bool:
    """Whether a `site.json` is that of an atlas, of whichever version; others use the name, too."""
    try:
        raw = json.loads(present.read(path))
    except (ValueError, AtlasError):
        return False
    return isinstance(raw, dict) and isinstance(raw.get("format"), int) and isinstance(raw.get("dictionaries"), dict)


def _kept(under: str, present: Present) -> dict[str, TreeEntry]:
    """What stays as it is: all that lies beside the folder, and in any case the domain that the host was told."""
    tree = present.tree
    return beside(under, tree) | {path: tree[path] for path in (CNAME, *present.stays) if path in tree}


def _is_within(part: str, under: str) -> bool:
    return not under or part == under or part.startswith(f"{under}/")


def _other_sites(under: str, kept: Tree, present: Present) -> dict[str, PublishedSite | None]:
    """The other atlases that stay, by folder."""
    paths = [path for path in kept if path.endswith(f"/{SITE}") and _is_atlas(path, present)] if under else []
    return {path.removesuffix(f"/{SITE}"): _read(path, present) for path in paths}


def _read(path: str, present: Present) -> PublishedSite | None:
    try:
        return read_site(present.read(path), f"{present.shown}: {path}")
    except AtlasError:
        return None


def _listing(
    under: str, site: PublishedSite, kept: Tree, parts: Mapping[str, PublishedSite | None], present: Present
) -> dict[str, Blob]:
    """The list of atlases for the root, unless somebody has a page there."""
    if not under or SITE in kept:
        return {}
    if landing.PAGE in kept and not landing.is_landing(present.read(landing.PAGE)):
        return {}
    return landing.landing({**parts, under: site})


def _changes(before: Tree, after: Tree) -> Changes:
    return Changes(
        new=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(path for path in after.keys() & before.keys() if after[path] != before[path])),
        gone=tuple(sorted(before.keys() - after.keys())),
    )


def _refusals(site: PublishedSite, under: str, present: Present) -> list[str]:
    told = [present.foreign] if present.foreign and present.tree else []
    there = below(under, present.tree)
    prefix = f"{under}/" if under else ""
    sites = [path for path in there if path.endswith(f"/{SITE}") and _is_atlas(prefix + path, present)]
    others = sorted(path.removesuffix(f"/{SITE}") for path in sites)
    if others:
        names = listed([prefix + name for name in others[:_SHOWN]])
        number = counted(len(others), "atlas", "atlases")
        told.append(f"{number} would go, under {names}; --under DIR keeps what lies beside")
    if SITE in there:
        path = f"{under}/{SITE}" if under else SITE
        try:
            told += lost_addresses(read_site(present.read(path), f"{present.shown}: {path}"), site)
        except AtlasError as error:
            told.append(f"it cannot be told which addresses would be lost: {error}")
    return told


def _lost_pages(under: str, present: Present, tree: Tree) -> list[str]:
    """What to say of pages of labels and dictionaries that go: people link to them, as to features."""
    there, after = below(under, present.tree), below(under, tree)
    gone = [path for path in there if path.endswith(".html") and path not in after] if SITE in there else []
    kinds = {"label": [path for path in gone if path.startswith("l/")]}
    kinds["dictionary"] = [path for path in gone if path.startswith("d/")]
    return [
        f"{counted(len(paths), f'{kind} page')} would go: {_some(sorted(paths))}"
        for kind, paths in kinds.items()
        if paths
    ]


def _some(paths: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = [f"{len(paths) - _SHOWN:,} more"] if len(paths) > _SHOWN else []
    return listed([*paths[:_SHOWN], *more])


def _overwritten(blobs: Mapping[str, Blob], present: Present) -> list[str]:
    """What to say of others' files where the site has other ones."""
    paths = sorted(path for path in present.theirs if path in blobs and present.tree[path] != blobs[path].entry)
    if not paths:
        return []
    number = counted(len(paths), "file")
    return [f"{number} that others wrote or changed would be replaced: {_some(paths)}"]


def check_limits(host: Host, plan: PublishPlan, present: Present) -> None:
    """Refuse what the host would not take as a whole; a site by itself was checked before."""
    beyond = list(beyond_site(host, len(plan.tree), sum(plan.sizes.values())))
    if beyond:
        raise AtlasError(f"{present.shown}: all of it together{' and'.join(beyond)}")


def lines_of(plan: PublishPlan, present: Present, host: Host) -> list[str]:
    """The plan in words."""
    size = sum(plan.sizes.values())
    sent = sum(blob.size for blob in plan.written.values())
    uncounted = sum(not _is_counted(path, present) for path in plan.kept)
    besides = f", beside {counted(uncounted, 'file')} of others, whose bytes are not known" if uncounted else ""
    lines = [
        str(plan.changes),
        f"{sent / 1e6:,.1f} MB to write, {counted(len(plan.tree), 'file')} and {size / 1e6:,.1f} MB in all{besides}"
        + _of_limits(host, size),
    ]
    pages = [path for path in plan.changes.gone if path.endswith(".html")]
    if pages:
        lines.append(f"gone: {_some(pages)}")
    if plan.kept:
        names = sorted({path.split("/")[0] + ("/" if "/" in path else "") for path in plan.kept})
        more = ["more"] if len(names) > _SHOWN else []
        lines.append(f"stays as it is: {listed([*names[:_SHOWN], *more])}")
    return [*lines, *_near(host, size), *plan.remarks]


def _near(host: Host, size: int) -> list[str]:
    """Limits of the host that no check can foresee, for a site that comes near to them."""
    if host.site_bytes is None or size < host.site_bytes / 2:
        return []
    told = [f"{host.title} ends a deployment after {host.deploy_minutes} minutes"] if host.deploy_minutes else []
    if host.month_bytes:
        times = f"{host.month_bytes / size:,.0f} times all of this"
        told.append(f"{host.title} serves {host.month_bytes / 1e9:,.0f} GB a month, which is {times}")
    return told


def _is_counted(path: str, present: Present) -> bool:
    """Whether the bytes of a file that stays are among those that are known; the root's are if an atlas lies there."""
    parts = [part for part in present.sizes if part not in ("", STAYING)]
    if STAYING in present.sizes or any(path.startswith(f"{part}/") for part in parts):
        return True
    is_counted_root = "" in present.sizes and SITE in present.tree
    return is_counted_root or path in (CNAME, NOJEKYLL, landing.PAGE, landing.STYLE)


def _of_limits(host: Host, size: int) -> str:
    if host.site_bytes is None:
        return f"; {host.title} takes {host.files:,} files" if host.files else ""
    return f", {100 * size / host.site_bytes:.0f} % of what {host.title} takes"
