"""Writes small random .thimble files, each with the digests of seeds 0 ... 3 by the oracle beside it.

    python3 random_models.py OUT --count 50 [--seed 1] [--weights int8|int4]

Files are OUT/random-NNN.thimble and OUT/random-NNN.golden.txt; with int4 weights (all layers but the last, one in four of
the others left in int8) they are called int4-NNN. The same seed gives the same files, and a larger count
only adds files. The layers walk through the whole lattice of kernels 1 ... 6, strides 1 ... 3, paddings and output
paddings, with some of the larger kernels and stride 4 that the format allows; 50 files cover it.

One file in twelve is of the kind `wrap`: sums pass 2^31, which a writer of real models must not let happen but every
reader must compute alike, or the shift is 62 or 1. One in five has an output table of random bytes, in which a wrong
index shows.
"""

import argparse
import math
import os
import sys

import numpy as np

from arithmetic import accumulators, run_layer
from latents import latents_from_seeds
from model_file import CONVOLUTION, DENSE, INT4, OUTPUT_TABLE, RELU, Layer, parse_model
from model_writer import input_byte_counts, model_bytes
from thimble_reference import golden_text

LARGEST_FILE = 30_000  # bytes
LARGEST_SIDE = 40
CHANNELS = (1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 20, 31, 32, 33, 48)
LATENT_LENGTHS = (1, 3, 5, 7, 8, 9, 16, 33, 64, 65, 100, 101, 101, 130)
UNUSUAL = [(16, 4, 6, 0), (9, 3, 4, 2), (8, 4, 2, 0), (7, 4, 2, 1), (4, 4, 0, 3), (2, 4, 0, 3), (10, 1, 3, 0),
           (7, 2, 3, 1)]
# The two geometries called DCGAN, then more than 64 channels: latent length, sides of the first map, channels, geometries.
FIRST = [(100, (4, 4), (8, 12, 3), [(5, 2, 2, 1)] * 2),
         (100, (4, 4), (8, 12, 1), [(4, 2, 1, 0)] * 2),
         (101, (1, 2), (7, 65, 3), [(3, 2, 0, 1), (2, 2, 0, 0)]),
         (7, (2, 3), (80, 5, 2), [(1, 1, 0, 0), (4, 2, 1, 1)])]
WINDOW = 12  # geometries from which the layers of one file are taken
CALIBRATION_SEEDS = range(1000, 1016)


def lattice():
    """(kernel, stride, padding, output padding) of all usual geometries."""
    return [(kernel, stride, padding, output_padding) for kernel in range(1, 7) for stride in range(1, 4)
            for padding in range(kernel) for output_padding in range(stride)]


def output_side(side, geometry):
    kernel, stride, padding, output_padding = geometry
    return (side - 1) * stride - 2 * padding + kernel + output_padding


def sides_through(side, geometries):
    """Sides of all maps, or None if one is empty or too long."""
    sides = [side]
    for geometry in geometries:
        sides.append(output_side(sides[-1], geometry))
        if not 1 <= sides[-1] <= LARGEST_SIDE:
            return None
    return sides


def weights_byte_count(latent_length, shapes, geometries):
    height, width, channels = shapes[0]
    blocks = [math.ceil(shape[2] / 16) for shape in shapes]
    count = height * width * blocks[0] * 64 * math.ceil(latent_length / 4)
    for index, (kernel, *_) in enumerate(geometries):
        count += kernel ** 2 * blocks[index] * blocks[index + 1] * 256
    return count


def choose_shapes(random, geometries):
    """A latent length and map shapes that keep the file small; None if the geometries do not fit together."""
    limit = max(LARGEST_FILE, 10_000 + 256 * max(geometry[0] for geometry in geometries) ** 2)
    wanted_length = int(random.choice(LATENT_LENGTHS))
    for attempt in range(400):  # from the middle on with any length: few geometries allow the long ones
        heights = sides_through(random.randint(1, 9), geometries)
        widths = sides_through(random.randint(1, 9), geometries)
        channels = [int(random.choice(CHANNELS)) for _ in geometries] + [random.randint(1, 5)]
        latent_length = wanted_length if attempt < 200 else int(random.choice(LATENT_LENGTHS))
        if heights is None or widths is None:
            continue
        shapes = list(zip(heights, widths, channels))
        if weights_byte_count(latent_length, shapes, geometries) + 6000 <= limit:
            return latent_length, shapes
    return None


class Geometries:
    """Walks through the lattice again and again, in an order that changes."""

    def __init__(self, random):
        self.random = random
        self.waiting = self.cycle()

    def cycle(self):
        """The whole lattice in a random order."""
        cycle = lattice() + UNUSUAL
        return [cycle[index] for index in self.random.permutation(len(cycle))]

    def take(self):
        """Geometries of the layers after the dense one, latent length and shapes."""
        if len(self.waiting) < 4:
            self.waiting += self.cycle()
        count = int(self.random.choice([1, 3] + 9 * [4]))
        for count in range(count, 0, -1):
            for _ in range(8 if count > 1 else 100):
                # The longest waiting one is always used; its neighbours are chosen so that the maps fit.
                others = self.random.permutation(np.arange(1, min(WINDOW, len(self.waiting))))[:count - 1].tolist()
                chosen = self.random.permutation([0] + others).tolist()
                geometries = [self.waiting[index] for index in chosen]
                found = choose_shapes(self.random, geometries)
                if found:
                    self.waiting = [item for index, item in enumerate(self.waiting) if index not in chosen]
                    return geometries, *found
        raise RuntimeError(f"no small file holds the geometry {self.waiting[0]}")


def random_weights(random, shape):
    """int8 weights in one of several styles; the output channel is the last axis."""
    style = random.choice(["even", "even", "bell", "extreme", "sparse"])
    if style == "even":
        weights = random.randint(-127, 128, shape)
    elif style == "bell":
        weights = np.clip(np.rint(random.standard_normal(shape) * 40), -127, 127).astype(np.int64)
    elif style == "extreme":
        weights = random.choice([-127, 127], shape)
    else:
        weights = random.randint(-127, 128, shape) * (random.random_sample(shape) < 0.3)
    if shape[-1] >= 3 and random.randint(4) == 0:
        weights[..., 0] = 127
        weights[..., 1] = -127
    return weights


def random_int4(random, dense, shape):
    """q in -8 ... 7 and scales 1 ... 15, equal for the 8 inputs of a group of a dense layer, the 16 of a convolution's."""
    inputs_a_group = 8 if dense else 16
    groups = -(-shape[-2] // inputs_a_group)
    scales = random.randint(1, 16, (*shape[:-2], groups, shape[-1]))
    if random.randint(4) == 0:
        scales[:] = random.choice([1, 15])
    scales = np.repeat(scales, inputs_a_group, axis=-2)[..., :shape[-2], :]
    style = random.randint(3)
    if style == 0:
        return random.choice([-8, 7], shape), scales
    return random.randint(-8, 8, shape) * (1 if style == 1 else random.random_sample(shape) < 0.5), scales


def quantile(values, fraction):
    """Of sorted values along axis 0, without interpolation."""
    ordered = np.sort(values, axis=0)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def calibrate(random, layer, sums, is_last):
    """Biases, multipliers and the shift such that the outputs are well spread. sums: [n, ..., out], without biases."""
    vector_shape = layer.biases.shape
    sums = sums.reshape(-1, *vector_shape)
    deviation = np.maximum(np.rint(np.sqrt((sums.astype(np.float64) ** 2).mean(axis=0))), 1)
    if is_last:
        scale = random.uniform(500, 1400, vector_shape) / deviation
        layer.biases = np.rint(2048 / scale).astype(np.int64)
    else:
        layer.biases = np.rint(random.uniform(-0.5, 1.5, vector_shape) * deviation).astype(np.int64)
        peak = np.maximum(quantile(sums + layer.biases, 0.98), np.maximum(deviation // 4, 1))
        scale = 255 * random.choice([0.3, 0.6, 0.9, 1.0, 1.1, 1.6], vector_shape) / peak
    room = 31 - math.ceil(math.log2(scale.max()))  # the largest shift that keeps the multipliers below 2^31
    layer.shift = int(np.clip(room - random.randint(0, 14), 1, 62))
    layer.multipliers = np.minimum(np.rint(scale * 2.0 ** layer.shift), 2 ** 31 - 1).astype(np.int64)
    if random.randint(4) == 0 and vector_shape[-1] >= 4 and not is_last:
        layer.multipliers[..., random.randint(vector_shape[-1])] = 2 ** 31 - 1 if random.randint(2) else 0
    limit = 32768 if layer.kind == DENSE else 255
    input_axes = -2 if layer.kind == DENSE else (0, 1, 2)
    worst = np.abs(layer.biases) + np.abs(layer.weights.astype(np.int64)).sum(axis=input_axes) * limit
    layer.biases[worst >= 2 ** 31] = 0


def make_extreme(random, layer, is_last):
    """After the calibration: sums that wrap around, or the largest shift, or the smallest.

    Half of the biases lie so near to an end of int32 that the sign of what is added decides whether the sum wraps. At
    shift 62 with the largest multiplier the rounding is at 2^30, where the biases lie then.
    """
    shape = layer.biases.shape
    near = random.randint(-1000, 1000, shape)
    mode = "wrap" if is_last or layer.kind == DENSE else random.choice(["wrap", "wrap", "largest shift", "smallest shift"])
    if mode == "wrap":
        ends = np.where(random.randint(2, size=shape), 2 ** 31 - 1 - np.abs(near), -2 ** 31 + np.abs(near))
        layer.biases = np.where(random.randint(2, size=shape), ends, layer.biases)
    elif mode == "largest shift":
        layer.biases = 2 ** 30 + near
        layer.multipliers, layer.shift = np.full(shape, 2 ** 31 - 1), 62
    else:
        layer.multipliers, layer.shift = random.randint(1, 3, shape), 1


def make_layer(random, index, layer_count, input_shape, output_shape, geometry, int4):
    """A layer of the oracle with random weights, not yet calibrated, and for int4 weights their q and scales."""
    dense = index == 0
    lead = output_shape[:2] if dense else (geometry[0], geometry[0])
    vector_shape = (*output_shape[:2], output_shape[2]) if dense else (output_shape[2],)
    shape = (*lead, input_shape[2], output_shape[2])
    parts = random_int4(random, dense, shape) if int4 else None
    weights = parts[0] * parts[1] if int4 else random_weights(random, shape)
    encoding = INT4 if int4 else 0
    layer = Layer(f"layer {index}", DENSE if dense else CONVOLUTION,
                  OUTPUT_TABLE if index == layer_count - 1 else RELU,
                  input_shape, output_shape, *(geometry or (0, 0, 0, 0)), encoding, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                  weights=weights, biases=np.zeros(vector_shape, dtype=np.int64), multipliers=np.zeros(vector_shape, dtype=np.int64))
    return layer, parts


def tanh_table():
    return np.array([math.floor((math.tanh((i - 2048) / 512) + 1) * 127.5 + 0.5) for i in range(4096)], dtype=np.uint8)


def place_inputs(random, byte_counts):
    """Offsets of the inputs in the image's part, and its size: two ends in turn, a row, or anywhere free."""
    style = random.randint(3)
    total = sum(byte_counts)
    if style == 0:
        largest = max([sum(pair) for pair in zip(byte_counts, byte_counts[1:])])
        offsets = [0 if i % 2 == 0 else largest - count for i, count in enumerate(byte_counts)]
        return offsets, largest
    if style == 1:
        offsets, position = [], 0
        for count in byte_counts:
            position += 64 * random.randint(0, 3)
            offsets.append(position)
            position += count
        return offsets, position + 64 * random.randint(0, 3)
    size = total + 64 * random.randint(0, 8)
    offsets = []
    for index, count in enumerate(byte_counts):
        free = [64 * i for i in range((size - count) // 64 + 1)]
        if index:
            before, end = offsets[-1], offsets[-1] + byte_counts[index - 1]
            free = [offset for offset in free if offset + count <= before or offset >= end]
        if not free:  # the one before lies in the middle: start again
            return place_inputs(random, byte_counts)
        offsets.append(int(random.choice(free)))
    return offsets, size


def build_layers(random, latent_length, distribution, shapes, geometries, output_table, wrap, int4):
    """Layers one after the other, each calibrated on the activations of those before, with the parts of int4 weights."""
    values = latents_from_seeds(CALIBRATION_SEEDS, latent_length, distribution)
    layers, input_shape = [], (1, 1, latent_length)
    for index, shape in enumerate(shapes):
        is_last = index == len(shapes) - 1
        layer_int4 = int4 and not is_last and random.randint(4) > 0
        layer, parts = make_layer(random, index, len(shapes), input_shape, shape,
                                  geometries[index - 1] if index else None, layer_int4)
        calibrate(random, layer, accumulators(layer, values), is_last)
        if wrap:
            make_extreme(random, layer, is_last)
        values = run_layer(layer, values, output_table)
        layers.append((layer, parts))
        input_shape = shape
    return layers


def writer_layer(layer, parts, input_offset):
    """The same layer as the writer wants it."""
    numbers = {"weights": layer.weights, "biases": layer.biases, "multipliers": layer.multipliers}
    if parts:
        numbers["weights"], numbers["scales"] = parts
    if layer.kind == DENSE:
        numbers = {key: value.reshape(-1, *value.shape[2:]) for key, value in numbers.items()}
    return {"kind": layer.kind, "input": layer.input_shape, "output": layer.output_shape, "kernel": layer.kernel,
            "stride": layer.stride, "padding": layer.padding, "output_padding": layer.output_padding,
            "shift": layer.shift, "input_offset": input_offset, **numbers}


def make_model(random, geometries, index, int4=False):
    """The bytes of a file and a line that describes it."""
    if index < len(FIRST):
        latent_length, (height, width), channels, chosen = FIRST[index]
        shapes = list(zip(sides_through(height, chosen), sides_through(width, chosen), channels))
    else:
        chosen, latent_length, shapes = geometries.take()
    distribution = index % 2
    wrap = index % 12 == 7
    table_style = "random" if index % 5 == 3 else "tanh"
    table = random.randint(0, 256, 4096).astype(np.uint8) if table_style == "random" else tanh_table()
    layers = build_layers(random, latent_length, distribution, shapes, chosen, table, wrap, int4)

    offsets, image_byte_count = place_inputs(random, input_byte_counts([writer_layer(*layer, 0) for layer in layers]))
    metadata = {"licence": "CC0-1.0", "name": f"{'int4' if int4 else 'random'}-{index:03}", "provenance": "tools/reference/random_models.py",
                "table": table_style, "wrap": int(wrap)}
    data = model_bytes([writer_layer(*layer, offset) for layer, offset in zip(layers, offsets)], distribution, table,
                       metadata, image_byte_count)
    steps = " ".join("k{}s{}p{}o{}".format(*geometry) for geometry in chosen)
    maps = " ".join("x".join(map(str, shape)) for shape in shapes)
    kind = "wrap" if wrap else table_style
    return data, f"{('uniform', 'normal')[distribution]} {latent_length} -> {maps}; {steps}; {kind}"


def write_models(folder, count, seed, report=print, int4=False):
    """Writes the files, each read back and run by the oracle."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.RandomState(seed)  # its streams are frozen by NumPy's compatibility rule
    geometries = Geometries(random)
    for index in range(count):
        data, description = make_model(random, geometries, index, int4)
        name = f"{'int4' if int4 else 'random'}-{index:03}"
        with open(os.path.join(folder, f"{name}.thimble"), "wb") as file:
            file.write(data)
        with open(os.path.join(folder, f"{name}.golden.txt"), "w", encoding="ascii", newline="\n") as file:
            file.write(golden_text(parse_model(data), range(4)))
        report(f"{name}: {len(data)} bytes; {description}")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="OUT")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", choices=("int8", "int4"), default="int8")
    arguments = parser.parse_args(words)
    write_models(arguments.folder, arguments.count, arguments.seed, int4=arguments.weights == "int4")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
