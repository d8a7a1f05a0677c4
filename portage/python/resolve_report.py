"""The packages of a resolution as JSON."""

import os

import portage
from _emerge.Package import Package
from portage.dep import use_reduce

# Edge kinds by attribute of Portage's DepPriority; the bits are those of model/plan.ts, EDGE.
KINDS = {"buildtime": 1, "runtime": 2, "runtime_post": 4, "buildtime_slot_op": 8, "runtime_slot_op": 16}

# Of model/target.ts, SETTING_NAMES.
SETTINGS = ("CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS", "LDFLAGS")


class Reporter:
    def __init__(self, settings, portdb):
        # A copy, since setcpv() turns it into the configuration of one package, package.env included.
        self._settings = portage.config(clone=settings)
        self._portdb = portdb

    def packages(self, depgraph):
        """All packages to merge, in merge order; edges are positions in that list."""
        merges = [task for task in depgraph.altlist() if isinstance(task, Package) and task.operation == "merge"]
        positions = {package: index for index, package in enumerate(merges)}
        nodes = depgraph._dynamic_config.digraph.nodes
        return [self._package(package, nodes[package][0], positions) for package in merges]

    def _package(self, package, children, positions):
        self._settings.setcpv(package)
        return {
            "cpv": str(package.cpv),
            "slot": package.slot,
            "subslot": package.sub_slot,
            "repository": package.repo,
            "use": sorted(package.use.enabled & package.iuse.all),
            "iuse": sorted(package.iuse.all),
            "chost": self._settings.get("CHOST", ""),
            "settings": {name: " ".join(value.split()) for name in SETTINGS if (value := self._settings.get(name, "").strip())},
            "eapi": package.eapi,
            "restrict": sorted(self._reduced(package, "RESTRICT")),
            "keywords": package._metadata.get("KEYWORDS", "").split(),
            "sourceBytes": self._source_bytes(package),
            "edges": sorted(edges(children, positions)),
        }

    @staticmethod
    def _reduced(package, key):
        """The tokens of a metadata value that hold with the package's USE."""
        return set(use_reduce(package._metadata.get(key, ""), uselist=package.use.enabled, flat=True))

    def _source_bytes(self, package):
        """Bytes of the distfiles; 0 where the Manifest does not say, since only an estimate hangs on it."""
        try:
            ebuild = self._portdb.findname(package.cpv, myrepo=package.repo)
            tree = os.path.dirname(os.path.dirname(os.path.dirname(ebuild)))
            names = self._portdb.getFetchMap(package.cpv, useflags=package.use.enabled, mytree=tree)
            manifest = portage.Manifest(os.path.dirname(ebuild), None, thin=True)
            sizes = manifest.fhashdict.get("DIST", {})
            return sum(int(sizes.get(name, {}).get("size", 0)) for name in names)
        except (portage.exception.PortageException, OSError, ValueError):
            return 0


def edges(children, positions):
    """[position, kinds] of each package needed; `children`: package -> list of DepPriority."""
    for child, priorities in children.items():
        position = positions.get(child)
        if position is None:
            continue
        kinds = 0
        for priority in priorities:
            if getattr(priority, "ignored", False) or getattr(priority, "optional", False):
                continue
            for name, bit in KINDS.items():
                if getattr(priority, name, False):
                    kinds |= bit
        if kinds:
            yield [position, kinds]
