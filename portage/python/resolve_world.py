"""Sets of atoms taken apart, so that one bad member can be told from the rest."""

import re

from _emerge.is_valid_package_atom import insert_category_into_atom
from portage.dep import Atom
from portage.exception import InvalidAtom
from portage._sets import SETPREFIX
from resolve_errors import failure

# What Portage's file loader says of a line that it drops: `FILE: Validation failed at line: 3, data =foo`
DROPPED = re.compile(r"line: \d+, data (?P<item>.*)$", re.DOTALL)

# This set drops the remarks of the two that it is made of.
PARTS = {"selected": ("selected-packages", "selected-sets")}


def expand(wanted, root_config):
    """(atoms in a stable order and each once, failures of class bad_atom and bad_set)"""
    expansion = _Expansion(root_config)
    for item in wanted:
        expansion.add(item, ())
    return list(expansion.atoms), expansion.failures


class _Expansion:
    def __init__(self, root_config):
        self._sets = root_config.setconfig.getSets()
        self._seen = set()
        # A dict for its order: the atoms.
        self.atoms = {}
        self.failures = []

    def add(self, item, path):
        """`path`: the sets that lead here."""
        if item.startswith(SETPREFIX):
            self._add_set(item[len(SETPREFIX) :], path)
        elif problem := atom_problem(item):
            where = f" (in the set {path[-1]})" if path else ""
            self._fail(item, "bad_atom", f"!!! '{item}' is not a valid package atom{where}: {problem}")
        else:
            self.atoms[item] = None

    def _add_set(self, name, path):
        if name in self._seen:
            return
        self._seen.add(name)
        inside = (*path, f"@{name}")
        if name in PARTS:
            for part in PARTS[name]:
                self._add_set(part, inside)
            return
        if name not in self._sets:
            where = f" It is named in the set {path[-1]}." if path else ""
            self._fail(f"@{name}", "bad_set", f"emerge: there is no set to satisfy '{name}'.{where}")
            return
        package_set = self._sets[name]
        try:
            members = sorted(str(atom) for atom in package_set.getAtoms())
            others = sorted(package_set.getNonAtoms())
        except Exception as error:
            self._fail(f"@{name}", "bad_set", f"the set @{name} cannot be read: {type(error).__name__}: {error}")
            return
        for item in (*members, *others):
            self.add(item, inside)
        for remark in package_set.errors:
            dropped = DROPPED.search(remark)
            self._fail(dropped["item"].strip() if dropped else f"@{name}", "bad_atom" if dropped else "bad_set", remark)

    def _fail(self, item, name, text):
        self.failures.append(failure([item], name, text))


def atom_problem(text):
    """Why the text is no atom to ask for, or None. A name without its category is one: Portage looks for it."""
    candidate = text if "/" in text else insert_category_into_atom(text, "null")
    if candidate is None:
        return "it is no package name"
    try:
        atom = Atom(candidate, allow_repo=True)
    except InvalidAtom as error:
        return str(error)
    return "it begins with a blocker" if atom.blocker else None
