"""Gives all processes of a build their priority. The value is always one of nice: 0 (normal) to 19.

Three things of Linux divide processor time between two builds, and which of them counts depends on the machine:

- Each session is a group of its own (sched_autogroup_enabled, usual on desktops): builds get equal shares whatever their nice
  values, unless the group's own value is set. Anyone may do that for his own session, in both directions.
- A cgroup of its own, where the drone could make one: its weight counts, given as a nice value too.
- Else the nice value of each thread. Only a privileged user may lower it again.

So all three are set: where one does not count, it does no harm.
"""

import os

AUTOGROUP = "/proc/self/autogroup"


class Priority:
    def __init__(self, file, nice, cgroup):
        self.file = file
        self.nice = nice
        self.cgroup = cgroup
        self.refused = None
        self.seen = None
        if cgroup is not None:
            with open(os.path.join(cgroup, "cgroup.procs"), "w", encoding="ascii") as procs:
                procs.write(str(os.getpid()))
        self.apply({})

    def apply(self, family):
        """Brings every thread of the descendants ({pid: [thread ids]}) to the wanted value, and this process."""
        self.look()
        self.set_group()
        self.refused = None
        for thread in [os.getpid(), *(thread for threads in family.values() for thread in threads)]:
            try:
                if os.getpriority(os.PRIO_PROCESS, thread) != self.nice:
                    os.setpriority(os.PRIO_PROCESS, thread, self.nice)
            except ProcessLookupError:
                pass  # It has ended.
            except PermissionError as error:
                self.refused = f"nice {self.nice}: {error.strerror}"

    def look(self):
        """Reads what the drone wants now."""
        try:
            changed = os.stat(self.file).st_mtime_ns
            if changed != self.seen:
                with open(self.file, encoding="ascii") as file:
                    self.nice = min(19, max(0, int(file.read())))
                self.seen = changed
        except (FileNotFoundError, ValueError):
            pass

    def set_group(self):
        try:
            with open(AUTOGROUP, encoding="ascii") as file:
                # e.g. `/autogroup-3038 nice 0`
                now = file.read().split()[-1:]
            if now != [str(self.nice)]:
                with open(AUTOGROUP, "w", encoding="ascii") as file:
                    file.write(str(self.nice))
        except OSError:
            pass  # The kernel has none; or it takes a change only every 100 ms from this user: the next time then.
        if self.cgroup is not None:
            try:
                with open(os.path.join(self.cgroup, "cpu.weight.nice"), "w", encoding="ascii") as file:
                    file.write(str(self.nice))
            except OSError as error:
                self.refused = f"{self.cgroup}: {error.strerror}"

    def report(self):
        return {"nice": self.nice, "refused": self.refused}
