"""Answers of Portage's own code: the oracle of grammarOracle.test.ts.

Reads one JSON object from standard input: {"versions": [[a, b], ...], "atoms": [text, ...]}. Writes one to standard
output: {"versions": [sign of vercmp(a, b), ...], "atoms": [whether EAPI 8 allows the text, ...]}.
"""

import json
import sys

from portage.dep import Atom
from portage.exception import InvalidAtom
from portage.versions import vercmp


def sign(number):
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)


def is_atom(text):
    """Whether Portage takes a text for an atom, with ::repository allowed."""
    try:
        Atom(text, allow_repo=True, eapi="8")
    except InvalidAtom:
        return False
    return True


def main():
    """Answers what is asked on standard input."""
    asked = json.load(sys.stdin)
    answers = {
        "versions": [sign(vercmp(a, b)) for a, b in asked["versions"]],
        "atoms": [is_atom(text) for text in asked["atoms"]],
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
