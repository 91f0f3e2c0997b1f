"""Faults are patches: what the head of such a file says, and how the patch is planted.

    Fault: what is wrong, in words; the checks find faults by words of it
    Sets: instruction sets that it applies to, as sets.py names them       (faults of kernels)
    Shows in: a part of the names of the runs that find it, or all         (faults of training)
    Ends the program: yes                                                  (only if it may: nothing else is found in the same run)

    a unified diff of one file under Sources

`git diff` writes the diff of a fault that was planted by hand. A hunk has to fit in one place alone.
"""

import os
import pathlib
import re
import subprocess
from dataclasses import dataclass

import sets

FAULTS = pathlib.Path(__file__).resolve().parent
ROOT = FAULTS.parent.parent
KERNELS = "Sources/Runtime/ThimbleKernels/"
HEADERS = "Sources/Runtime/ThimbleIntrinsics/include/"


class BadPatch(Exception):
    """A patch that says something wrong or does not fit the sources."""


@dataclass(frozen=True)
class Fault:
    """A patch that has been read."""

    path: pathlib.Path
    name: str
    file: str
    diff: str
    sets: tuple
    shows: str
    ends_program: bool

    @property
    def in_header(self):
        """Whether all sets compile the file that it changes."""
        return self.file.startswith(HEADERS)


def read(path):
    """The fault that a file holds."""
    head, mark, diff = path.read_text().partition("\n--- a/")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    unknown = set(fields) - {"Fault", "Sets", "Shows in", "Ends the program"}
    if not mark or "Fault" not in fields or unknown:
        raise BadPatch(f"{path}: found {', '.join(unknown) or 'another head'}, wanted what patches.py says")
    file = diff.split("\n", 1)[0]
    if diff.count("\n--- a/") or not file.startswith("Sources/"):
        raise BadPatch(f"{path}: found changes of {file} and perhaps other files, wanted one file under Sources")
    try:
        members = sets.members(fields.get("Sets", ""))
    except ValueError as problem:
        raise BadPatch(f"{path}: {problem}") from None
    shows = fields.get("Shows in", "all")
    return Fault(path, fields["Fault"], file, "--- a/" + diff, members, "" if shows == "all" else shows,
                 fields.get("Ends the program") == "yes")


def read_all(kind):
    """The faults of `kernels`, `boards` or `training`, of which there are some."""
    faults = [read(path) for path in sorted((FAULTS / kind).glob("*.patch"))]
    if not faults:
        raise BadPatch(f"{FAULTS / kind}: found no patches")
    return faults


def hunks(diff):
    """The lines of each hunk, with their first character."""
    body = re.split(r"^@@ .*\n", diff, flags=re.MULTILINE)[1:]
    return [hunk.splitlines(keepends=True) for hunk in body]


def places(fault, text):
    """How often the lines that each hunk wants are in a file's text."""
    wanted = ["".join(line[1:] for line in hunk if line[0] in " -") for hunk in hunks(fault.diff)]
    return [len(re.findall(f"^(?={re.escape(lines)})", text, flags=re.MULTILINE)) for lines in wanted]


def plant(diff, folder, file, *options):
    """Applies a diff to a file of a folder, without guessing: each line of its context has to be there."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(pathlib.Path(folder).resolve().parent)}
    body = diff[diff.index("\n@@ ") + 1:]
    # The lengths that a hunk's head says are counted again, since `within` adds lines.
    done = subprocess.run(["git", "apply", "--recount", *options, "-"], cwd=folder, env=environment, capture_output=True, text=True,
                          input=f"--- a/{file}\n+++ b/{file}\n{body}")
    if done.returncode:
        raise BadPatch(f"{file} in {folder}: {done.stderr.strip()}")


def within(diff, macro):
    """The diff of a header, with the new lines for those that define the macro and the old ones for all others."""
    first = diff.index("\n@@ ") + 1
    lines = []
    for line in diff[first:].splitlines():
        if line[0] in " @" and lines and lines[-1][0] == "+":
            # The end of a change: old lines, then new ones.
            start = max(at for at, earlier in enumerate(lines) if earlier[0] in " @") + 1
            old = [" " + earlier[1:] for earlier in lines[start:] if earlier[0] == "-"]
            new = [earlier for earlier in lines[start:] if earlier[0] == "+"]
            lines[start:] = [f"+#ifdef {macro}", *new, "+#else", *old, "+#endif"]
        lines.append(line)
    return diff[:first] + "\n".join(lines) + "\n"
