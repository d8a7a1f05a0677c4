"""Everything that Portage prints, kept apart from our own output."""

import os
import re
import sys
import tempfile

# Colours, and lines that a progress display overwrites.
NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\n]*\r(?!\n)")


class Capture:
    """Redirects the descriptors 1 and 2, for child processes too, into a file without a name."""

    def __init__(self):
        self._file = tempfile.TemporaryFile()
        self._end = 0
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)

    def take(self):
        """The text since the last call."""
        sys.stdout.flush()
        sys.stderr.flush()
        size = os.fstat(self._file.fileno()).st_size
        data = os.pread(self._file.fileno(), size - self._end, self._end)
        self._end = size
        return NOISE.sub("", data.decode("utf-8", "replace")).strip()
