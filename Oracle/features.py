"""Checks what `thimble features` wrote against the definition of a discriminator's features, in float64 with NumPy alone.

    python3 features.py CHECKPOINT.safetensors SET.safetensors STATISTICS-SET.safetensors FEATURES.safetensors [--count N] [--mirrored] [--shifts N,...]

CHECKPOINT       a checkpoint (its `recipe` tells the geometry), or a discriminator from elsewhere (`conv1.weight`, ...):
                 slope 0.2, the geometry by its kernels, epsilon by its geometry unless the metadata has `bn_eps`
SET              the packed set whose features they are: `images` U8 [count, side, side, channels], perhaps `labels`
STATISTICS-SET   the set of --statistics; SET again if there was none
FEATURES         what the program wrote: `features` F32 [count, length], and `labels` if SET has them

Networks that pool, or that normalise all layers or none, and those that know classes, are not defined here.

A layer is a convolution of stride 2 (or as `discriminatorStrides` says), from the second on batch normalisation, then a leaky ReLU. Statistics are the means
over minibatches of their means and (biased) variances, each minibatch normalised by its own: the images are mixed by Fisher and
Yates's shuffle with Philox (seed 0, stream 2^64 - 1, domain 4) and cut into parts of at most 128, as equal as may be. Features are
the maximum over each cell of a 4x4 grid, cells overlapping where the side is no multiple of 4: [layer][channel][row][column].

They are the means over views: the image, with --shifts it shifted so many pixels to each of the four sides, edges repeated, and
with --mirrored each of these mirrored left to right.

The first N images are compared (128 unless told), shape and labels of all. Differences are relative to the layer's
greatest feature or 1, whichever is more. Exits 0 and prints the greatest if it is at most 1e-5; else 1, and says where.
"""

import argparse
import json
import struct
import sys

import numpy as np

from latents import philox4x32_10

TOLERANCE, GRID, MINIBATCH = 1e-5, 4, 128
SIDES = {"common": (4, 1), "authors": (5, 2)}  # Kernel's side and padding.
EPSILONS = {"common": 1e-5, "authors": 1e-8}  # Of networks from elsewhere: PyTorch's, and the authors' own.
TYPES = {"U8": "u1", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8", "F32": "<f4", "F64": "<f8"}


def read(path):
    """The tensors of a safetensors file, mapped, and its metadata."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        if length > 1 << 24:
            raise ValueError(f"{path}: found another form, wanted safetensors")
        header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in TYPES or 0 in entry["shape"]:
            raise ValueError(f"{path}: {name}: found {entry['dtype']} {entry['shape']}, not read here")
        start = 8 + length + entry["data_offsets"][0]
        tensors[name] = np.memmap(path, TYPES[entry["dtype"]], "r", start, tuple(entry["shape"]))
    return tensors, metadata


class Discriminator:
    def __init__(self, path):
        tensors, metadata = read(path)
        recipe = json.loads(metadata.get("recipe", "null"))
        beyond = {"pooling", "globalPooling", "normalized", "batchNormAffine", "classes"} & set(recipe or {})
        if beyond:
            raise ValueError(f"{path}: found {', '.join(sorted(beyond))} in the recipe, not defined here")
        prefix = "discriminator." if recipe else ""
        tensors = {name: np.array(value, np.float64) for name, value in tensors.items() if name.startswith(f"{prefix}conv")}
        self.layers = []
        while f"{prefix}conv{len(self.layers) + 1}.weight" in tensors:
            name = f"{prefix}conv{len(self.layers) + 1}."
            # Weight, bias, gain and bias of the normalisation; None for those there are not.
            self.layers.append([tensors.pop(name + part, None) for part in ("weight", "bias", "bn.weight", "bn.bias")])
        if not self.layers or self.layers[0][2] is not None or self.layers[0][3] is not None:
            raise ValueError(f"{path}: wanted {prefix}conv1.weight and no normalisation there")
        if tensors:
            raise ValueError(f"{path}: found {', '.join(tensors)}, not in the definition")
        kernel = self.layers[0][0].shape[2]
        geometry = recipe["geometry"] if recipe else {side: name for name, (side, _) in SIDES.items()}.get(kernel)
        widths = [weight.shape[0] for weight, *_ in self.layers]
        self.strides = (recipe or {}).get("discriminatorStrides") or [2] * len(widths)
        # With stride 1, a kernel has a middle.
        kernels = [(3, 1) if stride == 1 and geometry == "common" else SIDES.get(geometry, (0, 0)) for stride in self.strides]
        self.paddings = [padding for _, padding in kernels]
        if any(weight.shape[2:] != (side, side) for (weight, *_), (side, _) in zip(self.layers, kernels)):
            raise ValueError(f"{path}: found geometry {geometry}, kernels {[weight.shape for weight, *_ in self.layers]}")
        if recipe and widths != recipe["discriminatorWidths"]:
            raise ValueError(f"{path}: found widths {widths}, wanted {recipe['discriminatorWidths']}")
        self.epsilon = float(recipe["batchNormEpsilon"] if recipe else metadata.get("bn_eps", EPSILONS[geometry]))
        self.slope = recipe["leakySlope"] if recipe else 0.2
        self.from_zero = (recipe or {}).get("output") == "sigmoid"

    def pixels(self, images):
        """Bytes [n, side, side, channels] to [-1, 1], or [0, 1] where the generator ends in a sigmoid; as many channels as the first
        layer takes."""
        wanted, found = self.layers[0][0].shape[1], images.shape[3]
        if found not in (1, wanted):
            raise ValueError(f"found images of {found} channels, wanted {wanted}")
        return np.repeat(images / 255 if self.from_zero else images / 127.5 - 1, wanted // found, axis=3)

    def forward(self, images, frozen=None):
        """Each layer's activated maps [n, side, side, channels], and the (means, variances) that it was normalised with."""
        values, maps, statistics = self.pixels(images), [], []
        for index, (weight, bias, gain, shift) in enumerate(self.layers):
            values = convolve(values, weight, self.strides[index], self.paddings[index])
            values = values if bias is None else values + bias
            if index > 0:
                mean, variance = frozen[index - 1] if frozen else (values.mean((0, 1, 2)), values.var((0, 1, 2)))
                statistics.append((mean, variance))
                values = (values - mean) / np.sqrt(variance + self.epsilon)
                values = values if gain is None else values * gain
                values = values if shift is None else values + shift
            values = np.where(values > 0, values, self.slope * values)
            maps.append(values)
        return maps, statistics

    def frozen_statistics(self, images):
        """The mean over minibatches of each layer's means and variances."""
        order, count = mixed(len(images)), -(-len(images) // min(MINIBATCH, len(images)))
        parts = (order[i * len(order) // count:(i + 1) * len(order) // count] for i in range(count))
        batches = [self.forward(images[part])[1] for part in parts]
        return [tuple(np.mean(both, axis=0)) for both in zip(*batches)]

    def features(self, images, frozen):
        """A list of the layers' features, each [n, channels * 16]."""
        parts = []
        for start in range(0, len(images), MINIBATCH):
            maps, _ = self.forward(images[start:start + MINIBATCH], frozen)
            parts.append([pool(values).transpose(0, 3, 1, 2).reshape(len(values), -1) for values in maps])
        return [np.vstack(layer) for layer in zip(*parts)]


def mixed(count):
    """The numbers below `count`, mixed."""
    counters = np.zeros((count, 4), np.uint64)
    counters[:, 0] = np.arange(count)
    counters[:, 1] = counters[:, 2] = 2**32 - 1
    counters[:, 3] = 4
    draws, order = philox4x32_10(counters, np.zeros((count, 2), np.uint64))[:, 0].tolist(), list(range(count))
    for i, draw in enumerate(draws):
        other = i + (draw * (count - i) >> 32)
        order[i], order[other] = order[other], order[i]
    return order


def convolve(values, weight, stride, padding):
    """Correlation of [n, height, width, in] with [out, in, side, side], zeros around."""
    padded = np.pad(values, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    side = weight.shape[2]
    height, width = ((size - side) // stride + 1 for size in padded.shape[1:3])
    result = np.zeros((len(values) * height * width, weight.shape[0]))
    for y in range(side):
        for x in range(side):
            seen = padded[:, y:y + stride * height:stride, x:x + stride * width:stride]
            result += seen.reshape(-1, weight.shape[1]) @ weight[:, :, y, x].T
    return result.reshape(len(values), height, width, -1)


def pool(values):
    """Maxima of [n, height, width, channels] over the cells of the grid; a smaller map as it is."""
    if min(values.shape[1:3]) < GRID:
        return values
    rows, columns = ([slice(i * side // GRID, -(-(i + 1) * side // GRID)) for i in range(GRID)] for side in values.shape[1:3])
    return np.stack([np.stack([values[:, row, column].max((1, 2)) for column in columns], 1) for row in rows], 1)


def views_of(images, arguments):
    moves = [(0, 0)] + [move for n in arguments.shifts for move in ((n, 0), (-n, 0), (0, n), (0, -n))]
    most, (height, width) = max([0] + arguments.shifts), images.shape[1:3]
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)), "edge")
    shifted = [padded[:, most + dy:most + dy + height, most + dx:most + dx + width] for dx, dy in moves]
    return shifted + ([view[:, :, ::-1] for view in shifted] if arguments.mirrored else [])


def compare(wanted, found):
    """The greatest relative difference, and what to say of it. `wanted` is a list of layers, `found` all of them joined."""
    worst, text, start = -1.0, "", 0
    for number, layer in enumerate(wanted, 1):
        part = found[:, start:start + layer.shape[1]]
        scale = max(1.0, np.abs(layer).max())
        differences = np.abs(part - layer) / scale
        image, index = np.unravel_index(differences.argmax(), differences.shape)  # That of a NaN if there is one.
        value = differences[image, index]
        print(f"layer {number}: {layer.shape[1]} features, greatest {np.abs(layer).max():.4g}, "
              f"mean {np.abs(layer).mean():.4g}; greatest difference {value:.3g}")
        if not value <= worst:
            worst, text = value, (f"layer {number}, image {image}, index {index} (of the row {start + index}): found "
                                  f"{part[image, index]:.9g}, wanted {layer[image, index]:.9g}")
        if np.isnan(worst):
            break
        start += layer.shape[1]
    return worst, text


def check(arguments):
    network = Discriminator(arguments.checkpoint)
    data, statistics, made = (read(path)[0] for path in (arguments.data, arguments.statistics, arguments.features))
    images, found = data["images"], made["features"]
    for name, tensor in ((arguments.data, images), (arguments.statistics, statistics["images"])):
        if tensor.dtype != np.uint8 or tensor.ndim != 4:
            raise ValueError(f"{name}: images: found {tensor.dtype} {tensor.shape}, wanted U8 [n, side, side, channels]")
    if found.dtype != np.float32:
        raise ValueError(f"features: found {found.dtype}, wanted F32")
    labels = data.get("labels"), made.get("labels")
    if (labels[0] is None) != (labels[1] is None):
        raise ValueError(f"labels: found {'none' if labels[1] is None else 'some'}, wanted those of the set")
    if labels[0] is not None and not np.array_equal(*labels):
        raise ValueError("labels: found others than those of the set")
    frozen = network.frozen_statistics(statistics["images"])
    views = [network.features(view, frozen) for view in views_of(images[:arguments.count], arguments)]
    wanted = [np.mean(layer, axis=0) for layer in zip(*views)]
    shape = (len(images), sum(layer.shape[1] for layer in wanted))
    if found.shape != shape:
        raise ValueError(f"features: found shape {list(found.shape)}, wanted {list(shape)}")
    worst, text = compare(wanted, found[:arguments.count])
    if not worst <= TOLERANCE:
        raise ValueError(f"{text}; difference {worst:.3g}, allowed {TOLERANCE:g}")
    print(f"{min(arguments.count, len(images))} of {len(images)} images: greatest difference {worst:.3g}, in {text}")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", metavar="CHECKPOINT.safetensors")
    parser.add_argument("data", metavar="SET.safetensors")
    parser.add_argument("statistics", metavar="STATISTICS-SET.safetensors")
    parser.add_argument("features", metavar="FEATURES.safetensors")
    parser.add_argument("--count", type=int, default=128, metavar="N", help="how many images are compared")
    parser.add_argument("--mirrored", action="store_true", help="views mirrored as well")
    parser.add_argument("--shifts", type=lambda text: [int(n) for n in text.split(",")], default=[], metavar="N,...")
    arguments = parser.parse_args(words)
    if arguments.count < 1:
        parser.error("--count: wanted at least 1")
    try:
        check(arguments)
    except (OSError, ValueError, KeyError, struct.error) as error:
        sys.exit(f"features: {'wanted ' if isinstance(error, KeyError) else ''}{error}")


if __name__ == "__main__":
    main(sys.argv[1:])
