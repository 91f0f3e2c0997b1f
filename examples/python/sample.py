#!/usr/bin/env python3
"""Writes the pictures of seeds side by side, as PPM or, of a grey generator, as PGM.

    THIMBLE_LIBRARY=.build-boards/x86_64/libthimble.so \\
        examples/python/sample.py weights/fashion28/generator.thimble 85 265 600 > garments.pgm
"""

import sys

import numpy

import thimble


def main():
    if len(sys.argv) < 3:
        print("usage: sample.py GENERATOR.thimble SEED... > PICTURE", file=sys.stderr)
        return 64
    path, seeds = sys.argv[1], [int(word) for word in sys.argv[2:]]
    try:
        with thimble.Generator(path, images=len(seeds)) as generator:
            images = generator.from_seeds(seeds)
    except thimble.Error as error:
        print(f"sample.py: {path}: {error}", file=sys.stderr)
        return 65
    picture = numpy.concatenate(list(images), axis=1)
    height, width, channels = picture.shape
    sys.stdout.buffer.write(f"P{5 if channels == 1 else 6}\n{width} {height}\n255\n".encode() + picture.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
