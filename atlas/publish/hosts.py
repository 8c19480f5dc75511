"""What hosts of static sites take: bytes, files, and how a site gets there.

The figures are those of each host's own documentation, named in docs/publishing.md. Where a host says nothing, nothing
is checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MB = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host and its limits; None where it names none."""

    title: str
    site_bytes: int | None = None
    file_bytes: int | None = None
    files: int | None = None
    month_bytes: int | None = None
    "of traffic"
    deploy_minutes: int | None = None
    by_git: bool = False
    "whether a site is pushed there; if not, it is written into a folder that the host's own program uploads"
    upload: str | None = None
    "the command that uploads `{folder}`"
    wants_readme: bool = False
    "whether a README.md at the root says how the files are to be served"
    finds_missing_pages: bool = False
    "whether a 404.html in a folder answers for what is missing below it; if not, only the one at the root does"


HOSTS: Mapping[str, Host] = MappingProxyType(
    {
        "github": Host(
            title="GitHub Pages",
            site_bytes=1000 * MB,
            file_bytes=100 * MB,
            month_bytes=100_000 * MB,
            deploy_minutes=10,
            by_git=True,
        ),
        "huggingface": Host(
            title="a Hugging Face Space",
            site_bytes=1000 * MB,
            upload='hf upload USER/SPACE {folder} . --repo-type space --delete "*"',
            wants_readme=True,
        ),
        "cloudflare": Host(
            title="Cloudflare Pages",
            file_bytes=25 * 2**20,
            files=20_000,
            finds_missing_pages=True,
            upload="npx wrangler pages deploy {folder} --project-name PROJECT",
        ),
        "netlify": Host(title="Netlify", upload="npx netlify deploy --prod --no-build --dir {folder}"),
        "folder": Host(title="a folder", finds_missing_pages=True),
    }
)


def beyond_file(host: Host, size: int) -> str | None:
    """What is wrong with a file of a size, a sentence without its subject."""
    if host.file_bytes is None or size <= host.file_bytes:
        return None
    return f" has {size / MB:,.1f} MB, and {host.title} takes no file above {host.file_bytes / MB:,.1f} MB"


def beyond_site(host: Host, files: int, size: int) -> Iterator[str]:
    """What is wrong with that many files of so many bytes together, sentences without their subject."""
    if host.site_bytes is not None and size > host.site_bytes:
        limit = f"{host.title} takes {host.site_bytes / MB:,.0f} MB"
        yield f" has {size / MB:,.0f} MB, and {limit}; lower [media] budget_mb, or give [media] base_url"
    if host.files is not None and files > host.files:
        yield f" has {files:,} files, and {host.title} takes {host.files:,}; set [site] packed = true, stubs = false"
