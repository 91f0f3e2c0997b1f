"""An independent judge of generated faces: a small classifier of their attributes, from labelled faces and NumPy alone.

    python3 attributes.py FACES64.safetensors attributes.csv IMAGES.safetensors --attributes Smiling,Male

FACES64          a set packed with `thimble dataset pack`: `images` U8 [count, 64, 64, 3]
attributes.csv   CelebA's attributes of the same images: file name, then 1 or -1 for each column named in the first line.
                 Packing sorts images by the bytes of their names, so lines are sorted likewise and must be as many
IMAGES           a packed set (so PNG files can be judged once packed), or `images` F32 [n, 3, 64, 64] in [-1, 1], as
                 `thimble sample -o IMAGES.safetensors` writes them

Features are a histogram of the directions of gradients (Dalal, Triggs: "Histograms of Oriented Gradients for Human
Detection", 2005) in each cell of 4x4 pixels, and the colours of a 16x16 thumbnail. A logistic regression learns each
attribute from a random 80 % of the faces and their mirror images. Of the rest it prints how many it gets right, beside how
many the same answer for all would. Then one line for each of the IMAGES: its number, and the decision value of each
attribute (log odds) with + or -; a last line counts the images that have each attribute, and all of them.
"""

import argparse
import csv
import json
import struct
import sys

import numpy as np

SIDE, CELL, DIRECTIONS, THUMBNAIL = 64, 4, 8, 16
PENALTY, ROUNDS, TRAINED_SHARE = 1000, 40, 0.8
IMAGES_AT_ONCE = 500


def read_images(path):
    """`images` of a safetensors file, mapped: uint8 [n, 64, 64, 3], or float32 seen as [n, 64, 64, 3]."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        if length > 1 << 20:
            raise ValueError(f"{path}: found another form, wanted safetensors")
        entry = json.loads(file.read(length)).get("images", {"dtype": "no", "shape": ["images"]})
    layouts = {"U8": (np.uint8, [SIDE, SIDE, 3], (0, 1, 2, 3)), "F32": ("<f4", [3, SIDE, SIDE], (0, 2, 3, 1))}
    kind, shape, order = layouts.get(entry["dtype"], (None, None, None))
    if entry["shape"][1:] != shape:
        raise ValueError(f"{path}: images: found {entry['dtype']} {entry['shape']}, wanted U8 [n, {SIDE}, {SIDE}, 3] or "
                         f"F32 [n, 3, {SIDE}, {SIDE}]")
    start = 8 + length + entry["data_offsets"][0]
    return np.memmap(path, kind, "r", start, tuple(entry["shape"])).transpose(order)


def read_attributes(path, names, count):
    """Whether each image has each attribute, in the order of packing: float32 [count, attributes], 0 or 1."""
    with open(path, encoding="utf-8", newline="") as file:
        header, *lines = [line for line in csv.reader(file) if line]
    unknown = [name for name in names if name not in header[1:]]
    if unknown:
        raise ValueError(f"{path}: no column {', '.join(unknown)}; there are {', '.join(header[1:])}")
    if len(lines) != count:
        raise ValueError(f"{path}: found {len(lines)} images, wanted {count} as in the set")
    lines.sort(key=lambda line: line[0].encode())
    values = np.array([[line[header.index(name)] for name in names] for line in lines])
    if not np.isin(values, ["1", "-1"]).all():
        raise ValueError(f"{path}: found a value that is neither 1 nor -1")
    return (values == "1").astype(np.float32)


def gradient_directions(grey):
    """Grey images [n, 64, 64] to the square roots of normalised histograms, [n, 16 * 16 * 8]."""
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    dx, dy = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    size = np.hypot(dx, dy)
    direction = np.arctan2(dy, dx) % (2 * np.pi) * (DIRECTIONS / (2 * np.pi))
    cells = SIDE // CELL
    histograms = np.empty((len(grey), cells, cells, DIRECTIONS), np.float32)
    for bin_ in range(DIRECTIONS):
        distance = np.abs((direction - bin_ + DIRECTIONS / 2) % DIRECTIONS - DIRECTIONS / 2)
        share = size * np.maximum(1 - distance, 0)  # Each gradient goes to the two nearest directions.
        histograms[..., bin_] = share.reshape(-1, cells, CELL, cells, CELL).sum((2, 4))
    energy = np.pad(np.square(histograms).sum(3), ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = sum(energy[:, y:y + cells, x:x + cells] for y in range(3) for x in range(3))
    return np.sqrt(histograms / np.sqrt(around + 1e-3)[..., None]).reshape(len(grey), -1)


def features(images, mirrored=False):
    """float32 [n, 16 * 16 * (8 + 3)]."""
    parts, side = [], SIDE // THUMBNAIL
    for start in range(0, len(images), IMAGES_AT_ONCE):
        pixels = images[start:start + IMAGES_AT_ONCE]
        pixels = pixels / np.float32(127.5) - 1 if pixels.dtype == np.uint8 else np.asarray(pixels, np.float32)
        pixels = pixels[:, :, ::-1] if mirrored else pixels
        thumbnails = pixels.reshape(-1, THUMBNAIL, side, THUMBNAIL, side, 3).mean((2, 4))
        parts.append(np.hstack([gradient_directions(pixels.mean(3)), thumbnails.reshape(len(pixels), -1)]))
    return np.vstack(parts).astype(np.float32)


class Classifier:
    """Logistic regressions over features brought to mean 0 and deviation 1, all attributes at once."""

    def __init__(self, values, answers):
        """Learns from features [n, f] and answers [n, attributes] of 0 or 1.

        Each round is a step of Newton's method with the largest curvature there is, a quarter for each image (Boehning,
        Lindsay, 1988): it never overshoots, and one inverse serves all rounds and attributes.
        """
        self.mean, self.deviation = values.mean(0), values.std(0) + np.float32(1e-3)
        values = self.inputs(values)
        penalty = np.full(values.shape[1], PENALTY, np.float32)
        penalty[-1] = 1e-3
        inverse = np.linalg.inv(values.T @ values / 4 + np.diag(penalty))
        self.weights = np.zeros((values.shape[1], answers.shape[1]), np.float32)
        for _ in range(ROUNDS):
            errors = answers - 1 / (1 + np.exp(-np.clip(values @ self.weights, -30, 30)))
            self.weights += inverse @ (values.T @ errors - penalty[:, None] * self.weights)

    def inputs(self, values):
        ones = np.ones((len(values), 1), np.float32)
        return np.hstack([(values - self.mean) / self.deviation, ones])

    def decide(self, values):
        """Log odds [n, attributes]; above 0 is yes."""
        return self.inputs(values) @ self.weights


def learn(images, answers, names, seed):
    """Learns from a part of the faces, prints how well it does on the others."""
    order = np.random.default_rng(seed).permutation(len(images))
    trained, held_out = np.split(order, [round(TRAINED_SHARE * len(images))])
    plain = features(images)
    classifier = Classifier(np.vstack([plain[trained], features(images, mirrored=True)[trained]]),
                            np.vstack([answers[trained]] * 2))
    right = ((classifier.decide(plain[held_out]) > 0) == answers[held_out]).mean(0)
    shares = answers[held_out].mean(0)
    for name, value, share in zip(names, right, shares):
        print(f"{name}: {value:.2%} of {len(held_out)} held-out faces right, {max(share, 1 - share):.2%} by one answer "
              f"for all; learnt from {len(trained)}")
    return classifier


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", metavar="FACES64.safetensors")
    parser.add_argument("table", metavar="attributes.csv")
    parser.add_argument("images", metavar="IMAGES.safetensors")
    parser.add_argument("--attributes", type=lambda text: text.split(","), default=["Smiling", "Male"], metavar="NAME,NAME")
    parser.add_argument("--seed", type=int, default=1, help="which faces are held out")
    arguments = parser.parse_args(words)
    names = arguments.attributes
    try:
        faces, judged = read_images(arguments.faces), read_images(arguments.images)
        answers = read_attributes(arguments.table, names, len(faces))
    except (OSError, ValueError, struct.error) as error:
        sys.exit(f"attributes: {error}")
    classifier = learn(faces, answers, names, arguments.seed)
    decisions = classifier.decide(features(judged))
    for number, values in enumerate(decisions):
        print(number, *(f"{name} {value:+.2f} {'+' if value > 0 else '-'}" for name, value in zip(names, values)), sep="  ")
    has = decisions > 0
    each = ", ".join(f"{name} {count}" for name, count in zip(names, has.sum(0)))
    print(f"of {len(judged)} images: {each}; all of these {has.all(1).sum()}")


if __name__ == "__main__":
    main(sys.argv[1:])
