"""Portage's configuration and trees, loaded once, and resolutions in them."""

import os
import re
from configparser import ConfigParser

from _emerge.actions import load_emerge_config
from _emerge.create_depgraph_params import create_depgraph_params
from _emerge.depgraph import backtrack_depgraph
from _emerge.main import parse_opts
from _emerge.stdout_spinner import stdout_spinner
from resolve_errors import class_of_exception, classify, failure

# Like a client's `emerge -uDN --with-bdeps=y`, and from ebuilds only. The target's EMERGE_DEFAULT_OPTS are for clients.
OPTIONS = ["--update", "--deep", "--newuse", "--with-bdeps=y", "--pretend", "--nospinner", "--color=n"]

# Headings and timings: neither an error nor a notice.
PROGRESS = re.compile(
    r"^(?:Calculating dependencies|Dependency resolution took|These are the packages that would be merged).*\n?", re.MULTILINE
)


class Attempt:
    """The outcome of one resolution."""

    def __init__(self, ok, text, name, depgraph):
        self.ok = ok
        self.text = text
        self.name = name
        self.depgraph = depgraph

    def failure(self, atoms):
        return failure(atoms, self.name, self.text)

    def notices(self):
        """What Portage remarked though it found a way: updates skipped, USE notices. One paragraph each."""
        return [part.strip() for part in re.split(r"\n\s*\n", self.text) if part.strip()]


class Universe:
    """What the build root's Portage sees. Raises whatever Portage raises where it cannot be loaded."""

    def __init__(self, capture):
        self._capture = capture
        _, self._opts, _ = parse_opts(OPTIONS, silent=True)
        self._config = load_emerge_config(action=None, args=[], opts=self._opts)
        self.root_config = self._config.target_config
        self.settings = self.root_config.settings
        self.portdb = self.root_config.trees["porttree"].dbapi
        self._params = create_depgraph_params(self._opts, None)
        self._spinner = stdout_spinner()
        self._spinner.update = lambda: True
        self._load_text = capture.take()
        self._seen = {}

    def unreadable(self):
        """What is wrong with the trees, or None. Portage itself goes on without a tree that it cannot read."""
        problems = []
        for name, location in declared_trees(self.settings["PORTAGE_CONFIGROOT"]).items():
            known = self.settings.repositories.prepos.get(name)
            if not os.access(location, os.R_OK | os.X_OK):
                problems.append(f"tree {name}: {location} is no directory that can be read")
            elif known is None or known.location is None:
                problems.append(f"tree {name}: Portage does not take {location} for a repository of that name")
            elif not os.path.isfile(os.path.join(location, "profiles/repo_name")):
                problems.append(f"tree {name}: {location} has no profiles/repo_name")
        if self.settings.profile_path is None or not self.settings.profiles:
            problems.append("the profile cannot be read")
        return "\n".join([*problems, self._load_text]).strip() if problems else None

    def attempt(self, atoms):
        """Resolves the atoms together. Only the last Attempt keeps its depgraph: one is big."""
        key = frozenset(atoms)
        seen = self._seen.get(key)
        if seen and (seen.depgraph or not seen.ok):
            return seen
        for other in self._seen.values():
            other.depgraph = None
        attempt = self._seen[key] = self._resolve(sorted(key))
        return attempt

    def _resolve(self, atoms):
        self._capture.take()
        try:
            ok, depgraph, _ = backtrack_depgraph(
                self.settings,
                self._config.trees,
                # Copies, since a failed resolution leaves options for its display in them.
                dict(self._opts),
                dict(self._params),
                None,
                atoms,
                self._spinner,
            )
            if ok:
                depgraph.altlist()
            depgraph.display_problems()
        except Exception as error:
            said = self._text()
            text = f"{said}\n{type(error).__name__}: {error}".strip()
            name = class_of_exception(error)
            return Attempt(False, text, classify(said) if name == "unknown" else name, None)
        text = self._text()
        return Attempt(True, text, None, depgraph) if ok else Attempt(False, text, classify(text), None)

    def _text(self):
        return PROGRESS.sub("", self._capture.take()).strip()


def declared_trees(config_root):
    """Repository name -> directory, as the build root names them."""
    parser = ConfigParser(interpolation=None)
    parser.read(os.path.join(config_root, "etc/portage/repos.conf/trees.conf"), encoding="utf-8")
    return {name: parser[name]["location"] for name in parser.sections()}
