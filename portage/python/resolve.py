"""What a target's world needs, found by Portage's own resolver.

Reads {"atoms": [...]} from stdin and writes one JSON object to stdout (see portage/resolve.ts for its schema). Runs with
the Python of a Portage installation and in the environment of a build root that has nothing installed, so that the
answer is all that a client from nothing would need. Nothing is fetched, built or installed.
"""

import json
import os
import sys
import traceback

from resolve_capture import Capture

# Before Portage is imported: it writes progress to both descriptors, and stdout is for JSON only.
real_stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
real_stderr = os.fdopen(os.dup(2), "w", encoding="utf-8")
capture = Capture()


def report_crash(kind, error, trace):
    """What Portage said last, and the traceback, to whoever started this."""
    real_stderr.write("\n".join([capture.take(), *traceback.format_exception(kind, error, trace)]))
    real_stderr.flush()


sys.excepthook = report_crash

import portage  # noqa: E402

portage._internal_caller = True

from portage import output  # noqa: E402
from resolve_errors import failure_of_load  # noqa: E402
from resolve_partition import partition  # noqa: E402
from resolve_report import Reporter  # noqa: E402
from resolve_universe import Universe  # noqa: E402
from resolve_world import expand  # noqa: E402


def resolve(wanted):
    """The report for the atoms and @sets that are wanted."""
    output.nocolor()
    try:
        universe = Universe(capture)
    except (Exception, SystemExit) as error:
        text = f"{capture.take()}\n{type(error).__name__}: {error}".strip()
        return {"packages": [], "unresolvable": [failure_of_load(wanted, text, error)], "notices": []}
    problem = universe.unreadable()
    if problem:
        return {"packages": [], "unresolvable": [failure_of_load(wanted, problem, None)], "notices": []}

    capture.take()
    atoms, unresolvable = expand(wanted, universe.root_config)
    good, failures = partition(atoms, universe.attempt)
    unresolvable += failures
    if not good:
        return {"packages": [], "unresolvable": unresolvable, "notices": []}
    # The last attempt may have been of other atoms: a depgraph is too big to keep one for each.
    attempt = universe.attempt(good)
    packages = Reporter(universe.settings, universe.portdb).packages(attempt.depgraph)
    return {"packages": packages, "unresolvable": unresolvable, "notices": attempt.notices()}


report = resolve(json.load(sys.stdin)["atoms"])
report["portage"] = portage.VERSION
json.dump(report, real_stdout)
real_stdout.flush()
# Portage's own exit hooks would wait for helpers that have nothing left to do.
os._exit(0)
