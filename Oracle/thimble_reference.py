"""Independent reading of a .thimble file and its arithmetic, from docs/reference/format.md alone.

    python3 thimble_reference.py digests MODEL --seeds 0-63
    python3 thimble_reference.py pixels MODEL --seeds 0-3,85 --output FILE.raw
    python3 thimble_reference.py pixels MODEL --latents FILE.f32 --output FILE.raw
    python3 thimble_reference.py pixels MODEL --walk 1,2,3 --frames 7 --output FILE.raw
    python3 thimble_reference.py check-golden MODEL GOLDEN.txt
    python3 thimble_reference.py crc FILE

A golden file is lines of `sha256-of-the-pixels  seed`. Raw pixels are u8, height x width x channels, image after image.
Exit codes: 0 done, 1 golden file differs, 64 usage, 65 bad input data, 66 input missing, 74 write failed.
"""

import argparse
import hashlib
import sys

import numpy as np

from arithmetic import generate
from crc32c import crc32c
from latents import latent_from_floats, latent_from_seed, latents_from_seeds, walk
from model_file import FormatError, Model, parse_model, read_model

__all__ = ["FormatError", "Model", "crc32c", "digest", "generate", "golden_text", "latent_from_floats",
           "latent_from_seed", "latents_from_seeds", "parse_model", "read_model"]


def digest(pixels):
    """SHA-256 of one image's bytes."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def generate_from_seeds(model, seeds):
    """Pixels of seeds, uint8 [n, height, width, channels]."""
    return generate(model, latents_from_seeds(seeds, model.latent_length, model.distribution, model.classes))


def golden_text(model, seeds):
    """Lines of a golden file."""
    return "".join(f"{digest(image)}  {seed}\n" for image, seed in zip(generate_from_seeds(model, seeds), seeds))


def parse_seeds(text):
    """85,265,600-605 to a list of integers."""
    seeds = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds.extend(range(int(first), int(last or first) + 1))
    if not seeds or not all(0 <= seed < 2 ** 64 for seed in seeds):
        raise argparse.ArgumentTypeError(f"found {text}, wanted seeds of 64 bits such as 85,600-605")
    return seeds


def read_float_latents(path, length):
    """Raw little-endian f32 rows to int16 [n, length]."""
    values = np.fromfile(path, dtype=np.uint8)
    if values.size == 0 or values.size % (4 * length):
        raise ValueError(f"latents: found {values.size} bytes, wanted rows of {4 * length}")
    return latent_from_floats(values.view("<f4")).reshape(-1, length)


def command_digests(arguments):
    sys.stdout.write(golden_text(read_model(arguments.model), arguments.seeds))
    return 0


def command_pixels(arguments):
    model = read_model(arguments.model)
    if arguments.latents:
        images = generate(model, read_float_latents(arguments.latents, model.latent_length))
    elif arguments.walk:
        latents = latents_from_seeds(arguments.walk, model.latent_length, model.distribution, model.classes)
        images = generate(model, walk(latents, arguments.frames))
    else:
        images = generate_from_seeds(model, arguments.seeds)
    try:
        with open(arguments.output, "wb") as file:
            file.write(images.tobytes())
    except OSError as error:
        print(f"thimble_reference: {arguments.output}: {error.strerror}", file=sys.stderr)
        return 74
    return 0


def command_check_golden(arguments):
    with open(arguments.golden, encoding="ascii") as file:
        lines = [line.split() for line in file]
    if not lines or any(len(line) != 2 for line in lines):
        raise ValueError("golden file: found another form, wanted lines of sha256-of-the-pixels  seed")
    seeds = [int(seed) for _, seed in lines]
    images = generate_from_seeds(read_model(arguments.model), seeds)
    different = [seed for image, (wanted, _), seed in zip(images, lines, seeds) if digest(image) != wanted]
    print(f"{len(seeds) - len(different)} of {len(seeds)} images agree"
          + (f"; different seeds: {' '.join(map(str, different))}" if different else ""))
    return 1 if different else 0


def command_crc(arguments):
    with open(arguments.file, "rb") as file:
        print(f"{crc32c(file.read()):08x}")
    return 0


class Parser(argparse.ArgumentParser):
    """A parser that exits with the usage code of sysexits."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"thimble_reference: {message}\n")


def make_parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    digests = commands.add_parser("digests", help="print the golden lines of seeds")
    digests.add_argument("model")
    digests.add_argument("--seeds", type=parse_seeds, required=True)
    digests.set_defaults(run=command_digests)

    pixels = commands.add_parser("pixels", help="write raw pixels")
    pixels.add_argument("model")
    source = pixels.add_mutually_exclusive_group(required=True)
    source.add_argument("--seeds", type=parse_seeds)
    source.add_argument("--latents", metavar="FILE.f32")
    source.add_argument("--walk", type=parse_seeds)
    pixels.add_argument("--frames", type=int, default=10)
    pixels.add_argument("--output", required=True, metavar="FILE.raw")
    pixels.set_defaults(run=command_pixels)

    check = commands.add_parser("check-golden", help="compare with a golden file")
    check.add_argument("model")
    check.add_argument("golden")
    check.set_defaults(run=command_check_golden)

    crc = commands.add_parser("crc", help="print the CRC-32C of a whole file")
    crc.add_argument("file")
    crc.set_defaults(run=command_crc)
    return parser


def main(words):
    arguments = make_parser().parse_args(words)
    path = getattr(arguments, "model", None) or arguments.file
    try:
        return arguments.run(arguments)
    except FileNotFoundError as error:
        print(f"thimble_reference: {error.filename}: no such file", file=sys.stderr)
        return 66
    except ValueError as error:
        print(f"thimble_reference: {path}: {error}", file=sys.stderr)
        return 65


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
