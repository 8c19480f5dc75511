"""Where what is pushed to a remote will be seen, and whether a site knows that address.

GitHub's addresses follow from the remote, or from a `CNAME` at the root of the branch. Of other remotes nothing is
known, and the site's own `base_url` is believed.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from atlas.errors import AtlasError

_GITHUB = re.compile(
    r"^(?:(?:https?|ssh|git)://(?:[^@/]+@)?(?:www\.)?(?:ssh\.)?github\.com(?::\d+)?/|(?:[^@/\s]+@)?github\.com:/?)"
    r"(?P<user>[A-Za-z0-9-]+)/(?P<repository>[A-Za-z0-9._-]+?)(?:\.git)?/?$",
    re.IGNORECASE,
)
NO_ADDRESS = "[site] base_url is not set, so pages cannot say where they are"
_HOST = re.compile(r"^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$")


@dataclass(frozen=True, slots=True)
class GitHubRepository:
    """A repository on GitHub, as its address names it."""

    user: str
    name: str

    @property
    def pages(self) -> str:
        """Where GitHub shows its pages, without a domain of one's own."""
        host = f"{self.user.lower()}.github.io"
        return f"https://{host}/" if self.name.lower() == host else f"https://{host}/{self.name}/"

    @property
    def settings(self) -> str:
        return f"https://github.com/{self.user}/{self.name}/settings/pages"


def github_repository(remote: str) -> GitHubRepository | None:
    """The repository that a remote's address names; None where it is not on GitHub."""
    found = _GITHUB.match(remote)
    return GitHubRepository(found["user"], found["repository"]) if found else None


def domain_of(cname: bytes | None) -> str | None:
    """The host that a `CNAME` file names."""
    line = (cname or b"").decode("utf-8", "replace").strip()
    return line.lower() if _HOST.match(line) else None


def published_at(repository: GitHubRepository | None, domain: str | None, under: str) -> str | None:
    """Where a site will be seen; None where that cannot be known."""
    if domain is None and repository is None:
        return None
    root = f"https://{domain}/" if domain else repository.pages if repository else ""
    return f"{root}{under}/" if under else root


def check_address(base_url: str | None, at: str | None, repository: GitHubRepository | None) -> list[str]:
    """Remarks on a site's `base_url`; refuse one that names another place than where the site will lie."""
    if at is None:
        return [] if base_url else [NO_ADDRESS]
    if base_url is None:
        return [f'set [site] base_url = "{at}" and render again, so that pages can say where they are']
    given, derived = urlsplit(base_url), urlsplit(at)
    path = given.path.rstrip("/") + "/"
    if (given.hostname or "") == derived.hostname and path == derived.path:
        return []
    if repository is not None and _is_private(given.hostname or "", path, at, repository):
        return [f"[site] base_url is right only if GitHub shows this repository's private pages at {given.hostname}"]
    is_own_domain = repository is not None and not (given.hostname or "").endswith(".github.io")
    if is_own_domain and derived.hostname != given.hostname and path == derived.path and path != "/":
        return [f"[site] base_url is right only if {given.hostname} is the domain of {derived.hostname}"]
    or_domain = (
        f", or put a file CNAME that names {given.hostname} beside index.html in the site's folder, where rendering"
        " keeps it (with --under: at the root of the branch)"
        if is_own_domain
        else ""
    )
    raise AtlasError(
        f"[site] base_url is {base_url}, but the site will lie at {at}: links that people copy would lead elsewhere;"
        f' set base_url = "{at}" and render again{or_domain}'
    )


def _is_private(host: str, path: str, at: str, repository: GitHubRepository) -> bool:
    """Whether an address may be that of private pages, which have a host to themselves that nothing else tells."""
    return host.endswith(".pages.github.io") and f"/{at.removeprefix(repository.pages)}" == path
