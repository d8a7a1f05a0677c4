"""Runs one command to its end, measures it, and leaves a note of how it ended.

usage: supervise.py DIRECTORY

DIRECTORY has supervise.json: {log, keep, copies, nice, cores, cgroup, disk, command}. `keep`: {head, tail}, bytes of a
long log that stay, and `copies` a directory of other logs that say the same, see loglimit.py; `cores`: processors that the
command may use; `cgroup`: directory of a cgroup (version 2) made for it, null for none; `disk`: directories whose size is
measured. It is started in a session of its own and outlives whoever started it. It leaves files in DIRECTORY, each whole
or not at all:

- supervisor.json: who supervises; written before the command starts, so that no build runs that cannot be found again.
- usage.json: what the command has used up to now, see measure.py and disk.py; written about once a second, for the last
  time before result.json.
- result.json: how it ended. A supervisor that is killed leaves none.

While the command runs, a number in DIRECTORY/nice is its new nice value. The command's output is appended to the log.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time

# -I leaves out the program's own directory.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import disk  # pylint: disable=wrong-import-position
import loglimit  # pylint: disable=wrong-import-position
import measure  # pylint: disable=wrong-import-position
import priority  # pylint: disable=wrong-import-position

PR_SET_CHILD_SUBREAPER = 36
# Between two measurements: a twentieth of the time that has passed, so that a short build's phases are told apart as well.
FASTEST, SLOWEST, PART = 0.1, 1.0, 0.05


def write_atomic(path, value, durable=True):
    """Writes JSON so that the file is there whole, if durable even after a power cut, or not there."""
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.rename(temporary, path)


def identity():
    """This process beyond doubt, as system/processIdentity.ts understands it: pids are used again."""
    with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot_id = file.read().strip()
    return {"pid": os.getpid(), "startTime": fields[19], "bootId": boot_id}


def adopt_orphans():
    """Descendants that lose their parent become children of this process, not of init: their times stay countable."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (OSError, AttributeError):
        pass  # Only their times are lost.


def bound(cores):
    """Leaves this process and what it starts only so many of the processors."""
    allowed = sorted(os.sched_getaffinity(0))
    if cores < len(allowed):
        os.sched_setaffinity(0, allowed[:cores])


def reap(main_pid):
    """Collects every child that has ended; the main one's exit status, if it is among them."""
    ended = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        if pid == main_pid:
            ended = os.waitstatus_to_exitcode(status)


def watch(child, note, wake):
    """Measures the child until it ends; its exit code, negative for a signal."""
    began = written = time.monotonic()
    while True:
        elapsed = time.monotonic() - began
        select.select([wake], [], [], min(SLOWEST, max(FASTEST, elapsed * PART)))
        try:
            os.read(wake, 4096)
        except BlockingIOError:
            pass
        code = reap(child.pid)
        final = code is not None
        due = final or time.monotonic() - written >= SLOWEST
        note(due, final)
        if due:
            written = time.monotonic()
        if final:
            child.returncode = code
            return code


def main(directory):
    started = time.time()
    with open(os.path.join(directory, "supervise.json"), encoding="utf-8") as file:
        job = json.load(file)
    adopt_orphans()
    bound(job["cores"])
    urgency = priority.Priority(os.path.join(directory, "nice"), job["nice"], job["cgroup"])
    write_atomic(os.path.join(directory, "supervisor.json"), identity())
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    with open(job["log"], "ab") as output:
        offset, file = output.tell(), os.dup(output.fileno())
        room = disk.DiskUse(job["disk"])
        child = subprocess.Popen(job["command"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    limit = loglimit.LogLimit(file, **job["keep"], copies=job["copies"])
    usage = measure.Usage(job["log"], offset, limit)

    def note(due, final):
        try:
            family = measure.family()
            usage.sample(family)
            urgency.apply(family)
            room.follow(len(usage.marks))
            if due:
                report = {**usage.report(), **room.report(), **urgency.report(), **limit.report()}
                write_atomic(os.path.join(directory, "usage.json"), report, durable=final)
        except OSError:
            pass  # A measurement is worth no build: on a full disk the build itself finds out.

    code = watch(child, note, reader)
    limit.stop()
    result = {
        "exitCode": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "startedAt": started,
        "endedAt": time.time(),
    }
    write_atomic(os.path.join(directory, "result.json"), result)


if __name__ == "__main__":
    main(*sys.argv[1:])
