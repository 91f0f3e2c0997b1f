"""Copies of the sources in which each instruction set has its own, to plant faults there and to try them."""

import os
import pathlib
import shutil
import subprocess
import sys

from patches import KERNELS, ROOT, plant, within
from sets import REFERENCE, SHARED



def instruction_sets(*architecture):
    """The rows of Package.swift as lists: architecture, name, module, clang's flags, Swift's defines, emulated processor."""
    rows = subprocess.run([ROOT / "tools/instruction-sets", *architecture], check=True, capture_output=True, text=True)
    return [row.split("|") for row in rows.stdout.splitlines()]


# Seconds; the whole lattice takes minutes on an emulated processor.
PATIENCE = 1800


def replaced_once(text, old, new, where):
    """The text with `old`, which must occur once, replaced."""
    if text.count(old) != 1:
        sys.exit(f"{where}: '{old}' occurs {text.count(old)} times, wanted once: mend Checks/faults")
    return text.replace(old, new)


class Copy:
    """What both kinds of copies share: `folders` says where each set's module lies."""

    folders = {}

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.originals = {}
        for name in ("Sources", "Checks", "Tests", "tools"):
            ignored = shutil.ignore_patterns("Float", "Fixtures", "__pycache__")
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)

    def file(self, fault, set_name):
        """The file to change: the set's own copy of it, unless all sets share it."""
        if fault.in_header or set_name in (SHARED, REFERENCE):
            return fault.file
        return f"{self.folders[set_name]}/{fault.file.removeprefix(KERNELS)}"

    def plant(self, fault, set_name):
        """Writes the fault into the copy."""
        file = self.file(fault, set_name)
        self.originals.setdefault(self.folder / file, (self.folder / file).read_text())
        # Each module says its name to the headers, so that a fault there can be planted for one of them.
        own = fault.in_header and set_name not in (SHARED, REFERENCE)
        module = pathlib.Path(self.folders[set_name]).name if own else None
        plant(within(fault.diff, f"THIMBLE_IN_{module}") if own else fault.diff, self.folder, file)

    def restore(self):
        """Takes all faults out again."""
        for path, text in self.originals.items():
            path.write_text(text)
        self.originals = {}

    def run(self, command, words, broken_off):
        """Runs a probe: (cases, failed cases) for each set and for the reference, or `broken_off` if it does not end by itself."""
        probe = subprocess.run([*command, *words], capture_output=True, text=True, timeout=PATIENCE)
        if probe.returncode not in (0, 1):
            if broken_off:
                return broken_off
            sys.exit(f"{command[-1]} ended with {probe.returncode}, wanted 0 or 1: which fault it was cannot be told")
        rows = [line.split() for line in probe.stdout.splitlines() if not line.startswith("failed: ")]
        return {name: (int(cases), int(failed)) for name, cases, failed in rows}

    @staticmethod
    def checked(build, what):
        """Ends the program if a build has failed."""
        if build.returncode != 0:
            sys.exit(f"the copy does not build, {what}:\n" + build.stdout[-4000:] + build.stderr[-4000:])


class PackageCopy(Copy):
    """The package, with the sets of this machine."""

    # AVX-VNNI's kernels are tried as their twin, which is the same source in another encoding.
    folders = {row[1]: f"Sources/Runtime/{row[2]}" for row in instruction_sets("x86_64") if row[1] != "v3vnni"} | {
        "v3vnni-twin": "Checks/ThimbleKernelsV3VNNITwin"}

    def __init__(self, folder):
        super().__init__(folder)
        self.headers = []
        flags = "+ clangFlags.flatMap"
        named = '+ ["-Xcc", "-DTHIMBLE_IN_\\(module)"] ' + flags
        manifest = replaced_once((ROOT / "Package.swift").read_text(), flags, named, "Package.swift")
        (self.folder / "Package.swift").write_text(manifest)
        (self.folder / ".build").mkdir()
        for name in ("checkouts", "repositories", "workspace-state.json"):
            path = ROOT / ".build" / name
            if path.is_dir():
                shutil.copytree(path, self.folder / ".build" / name, symlinks=True)
            elif path.exists():
                shutil.copy(path, self.folder / ".build" / name)
        if (ROOT / "Package.resolved").exists():
            shutil.copy(ROOT / "Package.resolved", self.folder)

    def build(self, _places):
        """Builds the copy as it is now."""
        # SwiftPM does not compile a Swift module again when a header of a C module that it imports has changed.
        headers = [path.read_bytes() for path in sorted((self.folder / "Sources/Runtime").rglob("*.h"))]
        if headers != self.headers:
            self.headers = headers
            for path in self.folder.glob("*/*/ThimbleKernel*/**/*.swift"):
                path.touch()
            for path in (self.folder / "Checks").glob("*/**/*.swift"):
                path.touch()
        build = subprocess.run(["swift", "build", "-c", "release", "--product", "KernelProbe"], cwd=self.folder,
                               capture_output=True, text=True)
        self.checked(build, "the package")

    def lattice(self, _places, words=(), broken_off=None):
        """(cases, failed cases) for each set and for the reference."""
        return self.run([self.folder / ".build/release/KernelProbe"], words, broken_off)


class BoardCopy(Copy):
    """The kernels of one target, which its emulator runs. Only the modules with faults are compiled again."""

    modules = {}
    emulators = {}
    for architecture, name, module, _, _, processor in instruction_sets():
        modules.setdefault(architecture, {})[name] = module
        # The newest processor has all sets. x86-64's run on this one, which has the newest.
        emulator = ["qemu-" + {"armv7": "arm"}.get(architecture, architecture), "-cpu", processor]
        emulators[architecture] = [] if architecture == "x86_64" else emulator

    def __init__(self, folder, target):
        super().__init__(folder)
        self.target = target
        shutil.copy(ROOT / "Package.swift", self.folder)
        self.folders = {f"{target}/{name}": f"Sources/Runtime/{module}" for name, module in self.modules[target].items()}
        script = self.folder / "tools/boards/build"
        text = script.read_text()
        for old, new in (
                # No fault changes what a module offers.
                ('stale "$out/$module.o" $sources $runtime', 'stale "$out/$module.o" $sources'),
                ('"$@" -module-name', '-Xcc "-DTHIMBLE_IN_$module" "$@" -module-name')):
            text = replaced_once(text, old, new, "tools/boards/build")
        script.write_text(text)
        self.objects = {}
        self.build([])
        self.objects = {place: self.object(place).read_bytes() for place in self.folders}

    def object(self, place):
        """The object file of a set's kernels."""
        return self.folder / f".build-boards/{self.target}" / (pathlib.Path(self.folders[place]).name + ".o")

    def plant(self, fault, set_name):
        """Writes the fault, and leaves the file's time as it was: a header would have everything compiled again."""
        path = self.folder / self.file(fault, set_name)
        times = path.stat()
        super().plant(fault, set_name)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.object(set_name).unlink(missing_ok=True)

    def restore(self):
        times = {path: path.stat() for path in self.originals}
        super().restore()
        for path, time in times.items():
            os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))
        for place, content in self.objects.items():
            self.object(place).write_bytes(content)

    def build(self, _places):
        """Builds the copy as it is now."""
        self.checked(subprocess.run([self.folder / "tools/boards/build", self.target, "lattice"],
                                    capture_output=True, text=True), self.target)

    def lattice(self, _places, words=(), broken_off=None):
        """(cases, failed cases) for each set, as TARGET/SET."""
        probe = self.folder / f".build-boards/{self.target}/kernel-probe"
        broken_off = {name: row for name, row in (broken_off or {}).items() if name in self.folders}
        found = self.run([*self.emulators[self.target], probe], words, broken_off)
        return {name if "/" in name else f"{self.target}/{name}": row for name, row in found.items()}


class BoardCopies:
    """The copies of all targets as one."""

    def __init__(self, folder, targets):
        self.copies = {}
        for target in targets:
            (pathlib.Path(folder) / target).mkdir()
            self.copies[target] = BoardCopy(pathlib.Path(folder) / target, target)
        self.folders = {place: module for copy in self.copies.values() for place, module in copy.folders.items()}

    def plant(self, fault, place):
        """Writes the fault into its target's copy."""
        self.copies[place.split("/")[0]].plant(fault, place)

    def restore(self):
        """Takes all faults out again."""
        for copy in self.copies.values():
            copy.restore()

    def _concerned(self, places):
        targets = {place.split("/")[0] for place in places}
        return [copy for target, copy in self.copies.items() if target in targets]

    def build(self, places):
        """Builds the targets of these places."""
        for copy in self._concerned(places):
            copy.build(places)

    def lattice(self, places, words=(), broken_off=None):
        """(cases, failed cases) for the sets of these places' targets."""
        return {name: row for copy in self._concerned(places) for name, row in copy.lattice(places, words, broken_off).items()}
