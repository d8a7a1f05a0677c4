"""Keeps what a build prints from filling the disk: of a long log its beginning and its end stay."""

import ctypes
import errno
import os
import threading

KEEP_SIZE, PUNCH_HOLE = 0x01, 0x02  # FALLOC_FL_*
# File systems give room back in blocks.
BLOCK = 1 << 16
# Seconds between two looks, and while the log has grown by more than FAST bytes since the last one.
CALM, BUSY, FAST = 0.1, 0.005, 1 << 20
# Room is given back in such pieces.
STEP = 1 << 20
# Portage writes all of it once more, into a log of its own that only its remarks on a package's quality are made from.
LONGEST_COPY = 64 << 20


def punch(file, start, end):
    """Gives back the room of a part of a file, which reads as zeros from then on; its size stays."""
    libc = ctypes.CDLL(None, use_errno=True)
    fallocate = getattr(libc, "fallocate64", None) or libc.fallocate
    fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    while fallocate(file, PUNCH_HOLE | KEEP_SIZE, start, end - start) != 0:
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))


class LogLimit:
    """Watches a log that is written to, beside the build: who prints little is never held up.

    `head` bytes of its beginning stay and `tail` of its end, and somewhat more; what lies between `start` and `cut` has
    gone. `copies`: a directory of logs that say the same; those begin anew when they are long.
    """

    def __init__(self, file, head, tail, copies):
        self.file = file
        self.tail = tail
        self.copies = copies
        self.start = self.cut = -(-head // BLOCK) * BLOCK
        self.size = 0
        self.refused = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def stop(self):
        """What was printed last counts as well."""
        self.over.set()
        self.thread.join()

    def watch(self):
        pause = CALM
        while not self.over.wait(pause):
            pause = BUSY if self.look() > FAST else CALM
        self.look()

    def look(self):
        """How much the log has grown."""
        size = os.fstat(self.file).st_size
        grown, self.size = size - self.size, size
        end = (size - self.tail) // BLOCK * BLOCK
        if end - self.cut >= STEP and self.refused is None:
            try:
                punch(self.file, self.cut, end)
                self.cut = end
            except OSError as error:
                # Not every file system can. The drone ends a build that prints much all the same.
                self.refused = error.strerror
        if size > LONGEST_COPY:
            self.shorten_copies()
        return grown

    def shorten_copies(self):
        for directory, _, names in os.walk(self.copies):
            for name in names:
                try:
                    path = os.path.join(directory, name)
                    if os.lstat(path).st_size > LONGEST_COPY:
                        os.truncate(path, 0)
                except OSError:
                    pass  # It has gone meanwhile.

    def report(self):
        return {"logUnlimited": self.refused}
