"""Puts binary packages into an empty build root, then becomes the command that builds in it.

usage: provision.py JOB

JOB is a JSON file: {root, packages: [{cpv, file, sha256, place}] in the order of installation, emerge, report,
command}; `place` is the file's path in a PKGDIR.

Portage installs a binary package in two to three seconds, nearly all of it in shell phases that most packages do not have.
Here a package without phases of its own is unpacked straight into the root, in milliseconds, with the same result: files,
the prefix replaced, an entry in the database of installed packages. Packages that do have phases (and so may look at what is
there already) are installed after the others, in their given order, by Portage itself.

A package's structure was checked when the binhost accepted it. Checked here are its digest, since it may have lain on this
disk for long, and that it cannot reach outside the root.

Exit code 70 with a line `!!! provision: REASON` where the packages cannot be installed; else that of the command.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time

EX_SOFTWARE = 70
# Phases that run when a binary is installed. The removal ones never do: the root is thrown away whole.
INSTALL_PHASES = {"setup", "preinst", "postinst"}
DECOMPRESSORS = {".zst": "zstd", ".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".lz4": "lz4"}


class ProvisionError(Exception):
    """The packages cannot be installed; the message says which and why."""


def find_member(file, container, kind):
    """The member metadata.tar or image.tar, compressed or not."""
    for member in container:
        name = os.path.basename(member.name)
        if name.startswith(f"{kind}.tar") and not name.endswith(".sig"):
            return member
    raise ProvisionError(f"{file}: has no {kind}.tar")


@contextlib.contextmanager
def inner_tar(file, container, kind):
    """Reads metadata.tar or image.tar as a stream: an image may be larger than the memory."""
    member = find_member(file, container, kind)
    name = os.path.basename(member.name)
    source = container.extractfile(member)
    suffix = name[len(f"{kind}.tar") :]
    if suffix == "":
        with tarfile.open(fileobj=source, mode="r|") as tar:
            yield tar
        return
    if suffix not in DECOMPRESSORS:
        raise ProvisionError(f"{file}: {name}: compression {suffix} is not known here")
    command = [DECOMPRESSORS[suffix], "-dc"] + (["--long=31"] if suffix == ".zst" else [])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        feeder = threading.Thread(target=feed, args=(source, process.stdin), daemon=True)
        feeder.start()
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            yield tar
        while process.stdout.read(1 << 16):
            pass  # Padding after the archive's end: unread, it would end the program with SIGPIPE.
        feeder.join()
    if process.returncode != 0:
        raise ProvisionError(f"{file}: {name} cannot be decompressed: {command[0]} ended with {process.returncode}")


def feed(source, sink):
    """Copies all of source, unless the reader has gone: then its exit code tells."""
    with contextlib.suppress(BrokenPipeError), sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def read_metadata(file, container):
    """{name: bytes} of what the package says of itself."""
    metadata = {}
    with inner_tar(file, container, "metadata") as tar:
        for member in tar:
            name = member.name.partition("/")[2]
            if member.isreg() and name and "/" not in name:
                metadata[name] = tar.extractfile(member).read()
    return metadata


class Image:
    """One package's files on their way into the root."""

    def __init__(self, root, built_in):
        self.root = root
        self.old = built_in.encode()
        self.new = root.encode()
        self.contents = []
        self.safe = {root}
        if len(self.old) != len(self.new):
            # Replacing bytes by fewer or more of them corrupts compiled programs.
            raise ProvisionError(f"was built in a root with a path of {len(self.old)} bytes, this one has {len(self.new)}")

    def place(self, name):
        """Where a member of the image goes; refuses every way out of the root, links that are there already included."""
        path = os.path.normpath("/" + name.partition("/")[2]).encode()
        if path != self.old and not path.startswith(self.old + b"/"):
            if self.old.startswith(path.rstrip(b"/") + b"/"):
                return None  # A directory above the prefix.
            raise ProvisionError(f"{name}: lies outside the prefix that it was built for")
        target = self.root + os.fsdecode(path[len(self.old) :])
        parent = os.path.dirname(target)
        if target != self.root and parent not in self.safe:
            if not self.inside(parent):
                raise ProvisionError(f"{name}: {parent} leads out of the root")
            os.makedirs(parent, exist_ok=True)
            self.safe.add(parent)
        return target

    def inside(self, path):
        """Whether a path stays in the root, whatever links it goes over."""
        return (os.path.realpath(path) + "/").startswith(os.path.realpath(self.root) + "/")

    def reprefix(self, data):
        return data.replace(self.old, self.new) if self.old in data else data

    def unpack(self, tar):
        """Unpacks everything; gives the lines of the database's CONTENTS."""
        for member in tar:
            target = self.place(member.name)
            if target is not None and target != self.root:
                self.extract(tar, member, target)
        return self.contents

    def extract(self, tar, member, target):
        mtime = int(member.mtime)
        if member.isdir():
            if os.path.islink(target) and not self.inside(target):
                raise ProvisionError(f"{member.name}: {target} leads out of the root")
            if not os.path.isdir(target):
                os.mkdir(target)
            os.chmod(target, member.mode)
            self.contents.append(f"dir {target}")
            return
        if os.path.lexists(target):
            os.unlink(target)
        if member.issym():
            link = os.fsdecode(self.reprefix(os.fsencode(member.linkname)))
            os.symlink(link, target)
            os.utime(target, (mtime, mtime), follow_symlinks=False)
            self.contents.append(f"sym {target} -> {link} {mtime}")
        elif member.isreg():
            data = self.reprefix(tar.extractfile(member).read())
            with open(target, "wb") as file:
                file.write(data)
            if os.geteuid() == 0:
                os.chown(target, member.uid, member.gid)
            os.chmod(target, member.mode)
            os.utime(target, (mtime, mtime))
            self.contents.append(f"obj {target} {hashlib.md5(data).hexdigest()} {mtime}")
        elif member.islnk():
            first = self.place(member.linkname)
            os.link(first, target, follow_symlinks=False)
            with open(target, "rb") as file:
                self.contents.append(f"obj {target} {hashlib.md5(file.read()).hexdigest()} {mtime}")
        elif member.isfifo():
            os.mkfifo(target, member.mode)
            self.contents.append(f"fif {target}")
        else:
            raise ProvisionError(f"{member.name}: a device file")


def text(metadata, name):
    return metadata.get(name, b"").decode().strip()


def check_digest(file, sha256):
    """Removes a file that has changed since it was fetched: the next try fetches it again."""
    with open(file, "rb") as content:
        digest = hashlib.file_digest(content, "sha256") if sys.version_info >= (3, 11) else hashlib.sha256(content.read())
    if digest.hexdigest() != sha256:
        os.unlink(file)
        raise ProvisionError(f"{file}: was damaged on this disk (SHA-256 {digest.hexdigest()})")


def install(root, package, counter):
    """Unpacks one package and enters it as installed; False where it has phases that only Portage can run."""
    cpv, file = package["cpv"], package["file"]
    check_digest(file, package["sha256"])
    with tarfile.open(file, "r:") as container:
        metadata = read_metadata(file, container)
        found = f"{text(metadata, 'CATEGORY')}/{text(metadata, 'PF')}"
        if found != cpv:
            raise ProvisionError(f"{file} is {found}, not {cpv}")
        if INSTALL_PHASES.intersection(text(metadata, "DEFINED_PHASES").split()):
            return False
        try:
            image = Image(root, text(metadata, "EPREFIX"))
            with inner_tar(file, container, "image") as tar:
                contents = image.unpack(tar)
        except ProvisionError as error:
            raise ProvisionError(f"{cpv}: {error}") from None
    metadata["EPREFIX"] = f"{root}\n".encode()
    metadata["COUNTER"] = str(counter).encode()
    metadata["CONTENTS"] = "".join(f"{line}\n" for line in contents).encode()
    entry = os.path.join(root, "var/db/pkg", cpv)
    os.makedirs(entry)
    for name, data in metadata.items():
        with open(os.path.join(entry, name), "wb") as out:
            out.write(data)
    return True


def link_or_copy(source, target):
    """A hard link, or a copy where source and target are on two file systems."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def install_with_portage(job, packages):
    """One emerge for each: Portage orders the packages of one call by itself."""
    pkgdir = os.path.join(job["root"], "var/cache/needed")
    for package in packages:
        # Portage takes only what lies at the place that it would choose itself, and follows no symbolic links there.
        place = os.path.join(pkgdir, package["place"])
        os.makedirs(os.path.dirname(place))
        link_or_copy(package["file"], place)
    command = [job["emerge"], "--usepkgonly", "--oneshot", "--nodeps", "--quiet-build=n"]
    for package in packages:
        done = subprocess.run([*command, f"={package['cpv']}"], env={**os.environ, "PKGDIR": pkgdir}, check=False)
        if done.returncode != 0:
            raise ProvisionError(f"{package['cpv']}: Portage cannot install it (exit code {done.returncode})")


def installed(root):
    database = os.path.join(root, "var/db/pkg")
    for category in os.scandir(database):
        if category.is_dir():
            for entry in os.scandir(category.path):
                if entry.is_dir() and not entry.name.startswith("-MERGING-"):
                    yield f"{category.name}/{entry.name}"


def provision(job):
    started = time.monotonic()
    root, packages = job["root"], job["packages"]
    print(f">>> Installing {len(packages)} packages that it needs", flush=True)
    phased = [
        package
        for counter, package in enumerate(packages, start=1)
        if not install(root, package, counter)
    ]
    with open(os.path.join(root, "var/cache/edb/counter"), "w", encoding="ascii") as file:
        file.write(str(len(packages)))
    if phased:
        install_with_portage(job, phased)
    elif os.path.isdir(os.path.join(root, "etc/env.d")):
        update_environment()
    expected, found = {package["cpv"] for package in packages}, set(installed(root))
    if expected != found:
        differing = ", ".join(sorted(expected ^ found))
        raise ProvisionError(f"the root does not hold exactly what it should: {differing}")
    return {"seconds": time.monotonic() - started, "packages": len(packages), "withPhases": len(phased)}


def update_environment():
    """What env.d files say reaches builds through profile.env, which Portage writes after each installation."""
    import portage  # pylint: disable=import-outside-toplevel

    portage.env_update(makelinks=0)


def main(path):
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    try:
        report = provision(job)
    except (ProvisionError, OSError, tarfile.TarError, subprocess.CalledProcessError) as error:
        print(f"!!! provision: {error}", flush=True)
        return EX_SOFTWARE
    print(f">>> Installed {report['packages']} packages in {report['seconds']:.2f} s", flush=True)
    temporary = f"{job['report']}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(report, file)
    os.rename(temporary, job["report"])
    return os.execv(job["command"][0], job["command"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
