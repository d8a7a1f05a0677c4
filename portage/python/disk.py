"""Measures how much of a disk a build's directories take, beside the build and never for long."""

import os
import stat
import threading
import time

# Between two looks, whatever happens: so much time, or so many times what the last look took.
LONGEST, REST = 60.0, 20.0
BLOCK = 512


def disk_bytes(top):
    """What lies below a directory takes so many bytes; what has several names there counts once."""
    total = 0
    seen = set()
    waiting = [top]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:
            continue  # It has gone meanwhile.
        with entries:
            for entry in entries:
                try:
                    info = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISDIR(info.st_mode):
                    waiting.append(entry.path)
                elif info.st_nlink > 1:
                    if info.st_ino in seen:
                        continue
                    seen.add(info.st_ino)
                total += info.st_blocks * BLOCK
    return total


class DiskUse:
    """What some directories take, as of the last look."""

    def __init__(self, directories):
        self.directories = directories
        self.bytes = 0
        self.peak = 0
        self.steps = 0
        self.took = 0.0
        self.looked = time.monotonic()
        self.thread = None

    def follow(self, steps):
        """Begins a look when it is time: Portage has taken a step since the last one (`steps` so far), or it is long ago."""
        if not self.directories or (self.thread is not None and self.thread.is_alive()):
            return
        rested = time.monotonic() - self.looked
        rest = REST * self.took
        if rested < rest or (steps == self.steps and rested < LONGEST):
            return
        self.steps = steps
        # Of a large tree it takes seconds: memory and processor time are measured meanwhile.
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        began = time.monotonic()
        self.bytes = sum(disk_bytes(directory) for directory in self.directories)
        self.peak = max(self.peak, self.bytes)
        self.looked = time.monotonic()
        self.took = self.looked - began

    def report(self):
        return {"diskBytes": self.bytes, "peakDiskBytes": self.peak}
