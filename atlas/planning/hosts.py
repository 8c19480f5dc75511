"""What hosts of static sites take, as far as a plan asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from atlas.publish.checks import FILE_BYTES, SITE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLimits:
    """The limits of one host; None where it names none."""

    title: str
    site_bytes: int | None = None
    file_bytes: int | None = None
    files: int | None = None


HOSTS: Mapping[str, HostLimits] = {
    "github": HostLimits(title="GitHub Pages", site_bytes=SITE_BYTES, file_bytes=FILE_BYTES),
    "huggingface": HostLimits(title="a Hugging Face Space", site_bytes=SITE_BYTES),
    "cloudflare": HostLimits(title="Cloudflare Pages", file_bytes=25 * 2**20, files=20_000),
    "netlify": HostLimits(title="Netlify"),
    "folder": HostLimits(title="a folder"),
}
