"""Where compiled kernels are kept, where numba would find no place for them and stop."""

import atexit
import os
import tempfile
from pathlib import Path

import atlas

VARIABLE = "NUMBA_CACHE_DIR"


def find_room() -> None:
    """numba keeps kernels in the package or at home; where neither can be written to, in a folder for this run."""
    places = (Path(atlas.__file__).parent, os.path.expanduser("~"))
    if VARIABLE not in os.environ and not any(os.access(place, os.W_OK) for place in places):
        folder = tempfile.TemporaryDirectory(prefix="atlas-kernels-")
        atexit.register(folder.cleanup)
        os.environ[VARIABLE] = folder.name  # read when numba is imported, here and in workers
