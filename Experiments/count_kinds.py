"""How many samples of each kind a generator makes, by the label of the nearest training images.

    thimble sample GENERATOR --seeds 0-999 --raw -o samples.raw
    python3 count_kinds.py samples.raw TRAIN-images-idx3-ubyte.gz TRAIN-labels-idx1-ubyte.gz [--names a,b,...]

Each sample takes the label that most of its five nearest training images (Euclidean distance of pixels) have. Exit status 1
if a kind is missing.
"""

import argparse
import gzip

import numpy as np


def idx(path):
    """The array in a gzipped IDX file."""
    with gzip.open(path) as file:
        data = file.read()
    sides = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(sides)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("samples")
    parser.add_argument("images")
    parser.add_argument("labels")
    parser.add_argument("--names", default="")
    args = parser.parse_args()
    labels = idx(args.labels)
    train = idx(args.images).reshape(len(labels), -1).astype(np.float32)
    samples = np.fromfile(args.samples, np.uint8).reshape(-1, train.shape[1]).astype(np.float32)
    squares = (train ** 2).sum(1)
    votes = []
    for part in np.array_split(samples, max(1, len(samples) // 100)):
        nearest = np.argpartition(squares - 2 * part @ train.T, 5, axis=1)[:, :5]
        votes += [np.bincount(row, minlength=10).argmax() for row in labels[nearest]]
    counts = np.bincount(votes, minlength=int(labels.max()) + 1)
    names = args.names.split(",") if args.names else [str(i) for i in range(len(counts))]
    for name, count in zip(names, counts):
        print(f"{name:12s} {count:5d}")
    return 1 if (counts == 0).any() else 0


if __name__ == "__main__":
    raise SystemExit(main())
