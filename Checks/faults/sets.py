"""The names of instruction sets, and of groups of them, that a fault's patch may use."""

# Instead of a set: a fault that all sets share, and one of the plain reference.
SHARED, REFERENCE = "shared", "reference"

# The sets of the package, and TARGET/SET those of the board sampler, whose x86-64 kernels are the compact ones.
PACKAGE = ("v3", "v4vnni", "portable", "v3vnni-twin", "v2")
COMPACT = ("x86_64/v3", "x86_64/v4vnni", "x86_64/portable", "x86_64/v2")
SIGNED = ("aarch64/neon", "aarch64/dotprod", "armv7/armv7")
ALL = PACKAGE + COMPACT + SIGNED + ("aarch64/portable", "armv7/portable", "riscv64/portable")

GROUPS = {
    "all": ALL,
    "package": PACKAGE,
    # Inputs are made signed, and what that adds is taken off.
    "signed-inputs": SIGNED,
    # Those that have portable kernels' code.
    "baseline": tuple(name for name in ALL if name.endswith("portable")),
    "lanes-16": ("v4vnni", "x86_64/v4vnni"),
    # Registers without a lane for each channel of a block of 16, and with just four: their last layer has tiles of its own kind.
    "output-tile": ("v3", "v3vnni-twin", "v4vnni"),
    "skips-edges": PACKAGE + ("aarch64/portable", "armv7/portable"),
    # Tiles of more than two pixels.
    "wide-tile": ("v3", "v3vnni-twin", "v4vnni"),
    # A row's end has a tile of its own.
    "narrow-tile": PACKAGE + ("x86_64/v4vnni", "aarch64/neon", "aarch64/dotprod", "aarch64/portable", "armv7/portable"),
    # Even and odd weights are multiplied apart.
    "even-and-odd": ("portable", "v2", "v3", "x86_64/portable", "x86_64/v2", "x86_64/v3", "aarch64/portable", "armv7/portable"),
}


def members(text):
    """The sets that `NAME... [but NAME...]` means; a name is a group's or a set's. ValueError: there is no such name."""
    wanted, _, unwanted = text.partition(" but ")

    def spelled_out(words):
        for word in words.split():
            if word not in GROUPS and word not in ALL + (SHARED, REFERENCE):
                raise ValueError(f"found the set {word}, wanted one of {', '.join((*GROUPS, *ALL, SHARED, REFERENCE))}")
            yield from GROUPS.get(word, (word,))
    without = set(spelled_out(unwanted))
    return tuple(dict.fromkeys(name for name in spelled_out(wanted) if name not in without))
