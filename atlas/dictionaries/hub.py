"""Checkpoint files on the Hugging Face hub: `hf://owner/repo[@revision]/path`, through the hub's own cache.

Every way in which a download fails becomes one sentence that names the file and says how to get it. A file that hub
or cache does not have is a `NotThere`, so that optional files can be asked for. Nothing is read here.
"""

import logging
import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import huggingface_hub
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from atlas.errors import AtlasError

SCHEME = "hf://"
_ADDRESS = re.compile(r"hf://([^/@]+/[^/@]+)(?:@([^/]+))?/(.+)")


class NotThere(AtlasError):
    """A file that the repository, or the cache of a machine without network, does not have."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file, or folder, of a repository."""

    repository: str
    path: str
    revision: str | None = None

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{SCHEME}{self.repository}{revision}/{self.path}"

    def joined(self, name: str) -> Self:
        """The file `name` in this folder."""
        return replace(self, path=posixpath.normpath(posixpath.join(self.path, name)))

    def beside(self, name: str) -> Self:
        """The file `name` in the folder of this one."""
        return replace(self, path=posixpath.normpath(posixpath.join(posixpath.dirname(self.path), name)))

    def command(self) -> str:
        """What a user types to bring the file into the cache."""
        revision = f" --revision {self.revision}" if self.revision else ""
        return f"hf download {self.repository} {self.path}{revision}"


def parse_address(address: str) -> HubFile:
    """Read an address; a slash inside a revision is written %2F."""
    match = _ADDRESS.fullmatch(address.rstrip("/"))
    if match is None:
        raise AtlasError(f"{address}: not an address on the hub; expected hf://owner/repo[@revision]/path")
    repository, revision, path = match.groups()
    return HubFile(repository, path, unquote(revision) if revision else None)


def download(file: HubFile) -> Path:
    """The local path of a file, from the cache or fetched into it."""
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what fails is told in one sentence, below
    try:
        return Path(huggingface_hub.hf_hub_download(file.repository, file.path, revision=file.revision))
    except LocalEntryNotFoundError:
        raise NotThere(
            f"{file}: not in the local cache of the hub, and the hub is switched off or cannot be reached; "
            f"run `{file.command()}` where there is network, or give a local path"
        ) from None
    except EntryNotFoundError:
        raise NotThere(f"{file}: the repository has no such file; correct the path after {file.repository}") from None
    except (OSError, HFValidationError) as error:
        raise AtlasError(f"{file}: {_sentence(error, file)}") from None


def _sentence(error: OSError | HFValidationError, file: HubFile) -> str:
    """Why a download failed, and what to do; the errors of the hub are kinds of OSError."""
    if isinstance(error, GatedRepoError):
        return f"{file.repository} is gated; accept its terms on the hub, then run `hf auth login`"
    if isinstance(error, RevisionNotFoundError):
        return f"{file.repository} has no revision {file.revision}; name a branch, a tag or a commit"
    if isinstance(error, RepositoryNotFoundError):
        return f"no repository {file.repository}, or a private one; correct its name, or run `hf auth login`"
    return f"could not be fetched ({str(error).splitlines()[0]}); run `{file.command()}` and try again"
