"""Which atoms resolve together, and which smallest groups do not.

One resolution of everything is the common case. Where it fails, halves are asked, so that a few bad atoms among hundreds
cost a few dozen resolutions and not hundreds.
"""


def partition(atoms, attempt):
    """(the atoms that resolve together, in their order; failures).

    `attempt(atoms)` resolves them, and remembers what it has resolved; its result has `ok` and `failure(atoms)`.
    """
    if not atoms:
        return [], []
    outcome = attempt(atoms)
    if outcome.ok:
        return list(atoms), []
    if len(atoms) == 1:
        return [], [outcome.failure(atoms)]
    middle = len(atoms) // 2
    left, left_failures = partition(atoms[:middle], attempt)
    right, right_failures = partition(atoms[middle:], attempt)
    good, failures = left + right, left_failures + right_failures
    # Each half resolves by itself: what still fails is a conflict between members of both.
    while good and not attempt(good).ok:
        group = smallest_failing(good, attempt)
        failures.append(attempt(group).failure(group))
        good = [atom for atom in good if atom not in group]
    return good, failures


def smallest_failing(atoms, attempt):
    """Members of a failing list such that leaving out any one of them lets the rest resolve (QuickXplain)."""

    def search(background, changed, candidates):
        if changed and not attempt(background).ok:
            return []
        if len(candidates) == 1:
            return candidates
        middle = len(candidates) // 2
        first, second = candidates[:middle], candidates[middle:]
        of_second = search(background + first, True, second)
        of_first = search(background + of_second, bool(of_second), first)
        return of_first + of_second

    found = search([], False, list(atoms))
    return [atom for atom in atoms if atom in found]
