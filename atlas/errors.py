"""The one error that a user sees.

An `AtlasError` is something that the user can mend. Its text says what is wrong, where, what was expected
and what to do, in a sentence or two; the command line prints it without a traceback. A bug is any other exception.
"""

import platform


class AtlasError(Exception):
    """A mistake in the input, the config or the surroundings, told in a sentence."""


class AudioProblem(AtlasError):
    """Audio that cannot be used; its text becomes the `problem` of the clip's row."""


def refuse_windows() -> None:
    """Files are locked and renamed by POSIX rules, which are missed there at the first import of `fcntl`."""
    if platform.system() == "Windows":
        raise AtlasError("Windows is not supported: atlas runs on Linux and macOS, and on Windows inside WSL")
