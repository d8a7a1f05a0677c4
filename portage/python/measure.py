"""Measures all descendants of this process: processor time, memory, and when which line of their log came."""

import os
import re
import time

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
CHUNK = 1 << 20
# Portage announces each step of a build so. Which of them begin a phase is known to portage/buildLog.ts.
MARK = re.compile(rb"^>>> [A-Z].{0,200}", re.MULTILINE)
MOST_MARKS = 300
LONGEST_PARTIAL = 4096


def read(path):
    """A file of /proc; empty where its process has gone."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def stat_fields(pid):
    """/proc/PID/stat from its third field on: the second may hold anything."""
    return read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def family():
    """{pid: [thread ids]} of all descendants of this process."""
    own = os.getpid()
    if not os.path.exists(f"/proc/{own}/task/{own}/children"):
        return family_by_parents(own)
    found = {}
    waiting = [str(own)]
    while waiting:
        pid = waiting.pop()
        tasks = threads(pid)
        if int(pid) != own and tasks:
            found[int(pid)] = [int(task) for task in tasks]
        for task in tasks:
            waiting += read(f"/proc/{pid}/task/{task}/children").decode().split()
    return found


def family_by_parents(own):
    """The same by a look at every process: for kernels without CONFIG_PROC_CHILDREN."""
    parents = {int(name): stat_fields(name)[1:2] for name in os.listdir("/proc") if name.isdigit()}
    found = {own}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent and int(parent[0]) in found} - found
        grown = bool(more)
        found |= more
    return {pid: [int(task) for task in threads(pid)] for pid in found - {own}}


class Usage:
    """What was used up to the last sample."""

    def __init__(self, log, offset, limit):
        self.log = log
        self.offset = offset
        self.limit = limit
        self.partial = b""
        self.marks = []
        self.cpu = 0.0
        self.memory = 0
        self.peak = 0

    def sample(self, pids):
        """Takes one measurement; `pids` are all descendants."""
        # A process counts with its own times and those of children that it has waited for, so each is counted once:
        # those that have ended are in their parents' sums, and at last in those of this process.
        past = os.times()
        cpu = past.children_user + past.children_system
        private = shared = 0
        for pid in pids:
            fields = stat_fields(pid)
            if len(fields) > 14:
                cpu += sum(int(field) for field in fields[11:15]) / TICKS
            pages = read(f"/proc/{pid}/statm").split()
            if len(pages) > 2:
                private += int(pages[1]) - int(pages[2])
                shared = max(shared, int(pages[2]))
        # The processes are read one after the other: one that ended in between may be missed this time.
        self.cpu = max(self.cpu, cpu)
        # What is shared are mostly the same programs and libraries, over and over.
        self.memory = (private + shared) * PAGE
        self.peak = max(self.peak, self.memory)
        self.read_log()

    def read_log(self):
        with open(self.log, "rb") as file:
            # No further than this: who prints faster than is read here would hold up the measurements.
            size = os.fstat(file.fileno()).st_size
            while self.offset < size:
                if self.limit.start <= self.offset < self.limit.cut:
                    self.offset, self.partial = self.limit.cut, b""
                file.seek(self.offset)
                data = file.read(CHUNK)
                if not data:
                    break
                self.offset += len(data)
                whole, newline, rest = (self.partial + data).rpartition(b"\n")
                self.partial = rest[:LONGEST_PARTIAL]
                # Found much faster than the marks, which are few.
                if b">>> " in whole:
                    now = time.time()
                    found = MARK.findall(whole + newline)
                    self.marks += [[now, mark.decode(errors="replace")] for mark in found[:MOST_MARKS]]
                    del self.marks[MOST_MARKS:]

    def report(self):
        return {
            "at": time.time(),
            "cpuSeconds": round(self.cpu, 2),
            "memoryBytes": self.memory,
            "peakMemoryBytes": self.peak,
            "marks": self.marks,
        }
