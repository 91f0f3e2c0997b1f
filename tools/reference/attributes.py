#!/usr/bin/env python3
"""A judge of generated faces that owes nothing to the generator: for each attribute a ridge regression in NumPy.

    attributes.py IMAGES.safetensors SET.safetensors...

SET       a packed set whose labels are one attribute: `thimble dataset pack faces64.tar --labels attributes.csv
          --label-column Smiling ...`. Four fifths of it are fitted, every fifth image is held out.
IMAGES    `images` F32 [n, channels, size, size] in [-1, 1], as `thimble sample -o IMAGES.safetensors` writes them.

Features are the pixels at a quarter of the area and histograms of gradients (Dalal, Triggs, 2005): cells of 8x8 pixels, nine
directions, normalised over the image. For each image the decision values, and at last how many images have all attributes.
"""

import json
import pathlib
import struct
import sys

import numpy as np


def tensor(path, name, kind):
    """One tensor of a safetensors file."""
    blob = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", blob[:8])[0]
    entry = json.loads(blob[8 : 8 + length])[name]
    first, last = entry["data_offsets"]
    return np.frombuffer(blob[8 + length + first : 8 + length + last], kind).reshape(entry["shape"])


def features(images):
    """Images f32 [n, size, size, channels] in [-1, 1] to rows [n, features]."""
    n, size = images.shape[:2]
    small = images.reshape(n, size // 2, 2, size // 2, 2, -1).mean((2, 4)).reshape(n, -1)
    grey = images.mean(3)
    dy, dx = np.gradient(grey, axis=(1, 2))
    strength, direction = np.hypot(dx, dy), np.floor((np.arctan2(dy, dx) % np.pi) / np.pi * 9).clip(0, 8)
    cells = [
        (strength * (direction == k)).reshape(n, size // 8, 8, size // 8, 8).sum((2, 4)).reshape(n, -1) for k in range(9)
    ]
    histogram = np.sqrt(np.concatenate(cells, 1))
    histogram /= np.linalg.norm(histogram, axis=1, keepdims=True) + 1e-6
    return np.concatenate([small / np.sqrt(small.shape[1]), 2 * histogram], 1)


def main(images_path, *sets):
    if not sets:
        sys.exit(__doc__)
    judged = features(np.moveaxis(tensor(images_path, "images", "<f4"), 1, 3))
    votes = []
    for path in sets:
        pixels, positive = tensor(path, "images", "u1"), tensor(path, "labels", "<i4") > 0
        if positive.all() or not positive.any() or len(positive) != len(pixels):
            sys.exit(f"{path}: labels: found one kind, wanted 1 and -1 (or 0)")
        rows = np.concatenate([features(part / np.float32(127.5) - 1) for part in np.array_split(pixels, 32)])
        held = np.arange(len(rows)) % 5 == 4
        mean = rows[~held].mean(0)
        centred, target = rows - mean, np.where(positive, 1.0, -1.0)
        # Both kinds weigh the same, however rare one is.
        weight = np.where(positive, 0.5 / positive[~held].mean(), 0.5 / (1 - positive[~held].mean()))[~held, None]
        fitted = centred[~held]
        square = fitted.T @ (fitted * weight) + 1e-3 * len(fitted) * np.eye(fitted.shape[1]) * fitted.var()
        solution = np.linalg.solve(square, fitted.T @ (weight[:, 0] * target[~held]))
        right = ((centred[held] @ solution > 0) == positive[held])
        print(f"{path}: {right.mean():.1%} of {held.sum()} images held out are told right")
        votes.append((judged - mean) @ solution)
    for index, values in enumerate(zip(*votes)):
        print(index, " ".join(f"{value:+.2f}" for value in values))
    every = np.all(np.array(votes) > 0, axis=0)
    print(f"{every.sum()} of {len(every)} have all {len(sets)} attributes")


if __name__ == "__main__":
    main(*sys.argv[1:])
