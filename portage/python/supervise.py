"""Runs one command to its end and leaves a note of how it ended.

usage: supervise.py DIRECTORY LOG NICE COMMAND [ARGUMENT...]

It is started in a session of its own and outlives whoever started it. DIRECTORY gets two files, each whole or not at all:
supervisor.json (who supervises, written before the command starts, so that no build runs that cannot be found again) and
result.json (how it ended). The command's output is appended to LOG. A supervisor that is killed leaves no result.json.
"""

import json
import os
import subprocess
import sys
import time


def write_atomic(path, value):
    """Writes JSON so that the file is there whole, even after a power cut, or not there."""
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(value, file)
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


def main(directory, log, nice, *command):
    started = time.time()
    os.nice(int(nice))
    write_atomic(os.path.join(directory, "supervisor.json"), identity())
    with open(log, "ab") as output:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
    code = ended.returncode
    result = {
        "exitCode": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "startedAt": started,
        "endedAt": time.time(),
    }
    write_atomic(os.path.join(directory, "result.json"), result)


if __name__ == "__main__":
    main(*sys.argv[1:])
