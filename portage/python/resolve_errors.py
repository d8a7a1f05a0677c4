"""Portage's failures by class. The classes are those of model/plan.ts, RESOLVE_ERRORS."""

import re

from portage._sets import SetConfigError
from portage.exception import AmbiguousPackageName, InvalidAtom, PackageSetNotFound

# Longest text kept of one failure: a slot conflict in a big world can fill megabytes.
MAX_TEXT = 16_000

# The first that matches the resolver's text decides. Order matters: a USE change that Portage proposes comes together with a
# slot conflict, and a REQUIRED_USE that fails comes together with "no ebuilds built with USE flags".
BY_TEXT = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("bad_atom", r"is not a valid package atom|short ebuild name .* is ambiguous"),
        ("circular", r"Error: circular dependencies"),
        ("required_use", r"REQUIRED_USE flag constraints are unsatisfied|REQUIRED_USE violated"),
        ("license", r"The following license changes are necessary"),
        ("keyword", r"The following keyword changes are necessary"),
        ("masked", r"The following mask changes are necessary"),
        ("use_change", r"The following USE changes are necessary|built with USE flags to satisfy"),
        ("slot_conflict", r"Multiple package instances within a single package slot"),
        ("blocked", r"Error: The above package list contains packages which cannot"),
    )
)

# `- app-misc/x-1.0::demo (masked by: package.mask, ~amd64 keyword)`
MASKED_BY = re.compile(r"\(masked by: ([^\n]*)\)")
# A tree's fault, whatever else masks the package.
BROKEN = re.compile(r"\bcorruption\b|\binvalid: ")


def classify(text):
    """The class of a failed resolution, from what Portage said."""
    for name, pattern in BY_TEXT:
        if pattern.search(text):
            return name
    masks = MASKED_BY.findall(text)
    if masks:
        return mask_class(masks)
    if re.search(r"there are no \S+ to satisfy|no ebuilds to satisfy", text):
        return "missing"
    if "have been masked" in text:
        return "masked"
    return "unknown"


def mask_class(masks):
    """The class of the version that is nearest to being allowed: one reason is easier to lift than two."""
    best = min(masks, key=lambda reasons: len(reasons.split(", ")))
    if BROKEN.search(best):
        return "unreadable_tree"
    if "license" in best:
        return "license"
    return "keyword" if "keyword" in best and "package.mask" not in best else "masked"


def class_of_exception(error):
    """The class of an exception that escaped from the resolver."""
    if isinstance(error, (PackageSetNotFound, SetConfigError)):
        return "bad_set"
    if isinstance(error, (InvalidAtom, AmbiguousPackageName)):
        return "bad_atom"
    return "unknown"


def failure(atoms, name, text):
    """One entry of `unresolvable`."""
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}\n... ({len(text) - MAX_TEXT} characters more)"
    return {"atoms": [str(atom) for atom in atoms], "class": name, "text": text}


def failure_of_load(atoms, text, error):
    """Nothing could be asked of the resolver, since configuration or tree cannot be read."""
    name = class_of_exception(error) if error else "unknown"
    return failure(atoms, "unreadable_tree" if name == "unknown" else name, text)
