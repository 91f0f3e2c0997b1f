"""Random .thimble files of version 1.1, whose layers overlap their inputs or are streamed, with the digests of seeds 0 ... 3 beside.

    python3 random_plans.py OUT --count 20 [--seed 3]

Networks are made as in random_models.py, plans by chance within the rules of format.md: gaps between maps, line buffers higher than needed,
any strip rows. Every plan is played through in a memory of bytes before it is written. A larger count only adds files.
"""

import argparse
import os
import sys

import numpy as np

import memory
from model_file import parse_model
from model_writer import input_byte_counts, model_bytes
from random_models import Geometries, build_layers, tanh_table, writer_layer
from thimble_reference import golden_text


def tap_rows(layer, y):
    """Input rows that meet an output row, by the definition: i * stride - padding + k = y."""
    return {i for i in range(layer.input_shape[0]) for k in range(layer.kernel)
            if i * layer.stride - layer.padding + k == y}


class Memory:
    """Which row of which map each byte of an image's part holds."""

    def __init__(self, byte_count):
        self.owners = np.full((byte_count, 2), -1)

    def write(self, offset, byte_count, tensor, row):
        assert 0 <= offset and offset + byte_count <= len(self.owners), "outside of the image's part"
        self.owners[offset:offset + byte_count] = tensor, row

    def holds(self, offset, byte_count, tensor, row):
        return (self.owners[offset:offset + byte_count] == (tensor, row)).all()


def play(layers, image_byte_count):
    """Runs a plan in a memory that knows only who owns each byte. Fails if anything that is read is not there.

    Everything that a strip writes is written before anything that it reads is looked at: the worst order.
    """
    here = Memory(image_byte_count)
    here.write(layers[0].input_offset, layers[0].input_byte_count, 0, 0)
    tail = next((i for i, layer in enumerate(layers) if layer.schedule == memory.STREAMED), len(layers))
    for index, layer in enumerate(layers[:tail]):
        height = layer.output_shape[0]
        for start, end in memory.strips(layer) if layer.schedule == memory.OVERLAPPING else [(0, height)]:
            if index + 1 < len(layers):
                for y in range(start, end):
                    bytes_a_row = memory.line(layer.output_shape)
                    here.write(layer.output_offset + y * bytes_a_row, bytes_a_row, index + 1, y)
            if index == 0:
                assert here.holds(layer.input_offset, layer.input_byte_count, 0, 0), "the latent"
                continue
            for row in set().union(*(tap_rows(layer, y) for y in range(start, end))):
                bytes_a_row = memory.line(layer.input_shape)
                assert here.holds(layer.input_offset + row * bytes_a_row, bytes_a_row, index, row), (layer.name, row)
    play_stream(layers[tail:], here, tail)


def play_stream(layers, here, first):
    """Line buffers as bags of rows, of which the oldest goes when a new one finds no room."""
    bags = [[] for _ in layers]
    rows_done = [0] * len(layers)
    for strip in memory.stream(layers):
        for index, start, end in strip:
            layer = layers[index]
            assert start == rows_done[index], "rows in order"
            rows_done[index] = end
            if index + 1 < len(layers):
                following = layers[index + 1]
                bags[index + 1] = (bags[index + 1] + list(range(start, end)))[-following.rows_held:]
                here.write(following.input_offset, following.input_byte_count, first + index + 1, 0)
            for row in set().union(*(tap_rows(layer, y) for y in range(start, end))):
                if index:
                    assert row in bags[index], (layer.name, row)
                    assert here.holds(layer.input_offset, layer.input_byte_count, first + index, 0), layer.name
                else:
                    bytes_a_row = memory.line(layer.input_shape)
                    assert here.holds(layer.input_offset + row * bytes_a_row, bytes_a_row, first, row), (layer.name, row)
    assert not layers or rows_done[-1] == layers[-1].output_shape[0], "the whole image"


def least_distance(layer):
    """The least distance from output to input at which every strip has a row."""
    layer.input_offset = layer.output_offset
    while memory.strips(layer) is None:
        layer.input_offset += 64
    return layer.input_offset - layer.output_offset


def random_plan(random, layers):
    """Gives all layers schedules, rows and places; returns the bytes of an image's part."""
    def gap():
        return 64 * int(random.choice([0, 0, 1, 3]))

    last_whole, end = len(layers) - 1, 0
    if len(layers) > 2 and random.randint(3) > 0:
        last_whole = random.randint(1, len(layers) - 1)
        height = layers[-1].output_shape[0]
        layers[-1].strip_rows = int(random.choice([1, 1, 2, random.randint(1, height + 1)]))
        layers[-1].strip_rows = min(layers[-1].strip_rows, height)
        tail = layers[last_whole:]
        for layer in tail:
            layer.schedule = memory.STREAMED
        for layer, needed in zip(tail[1:], memory.rows_needed(tail)):
            layer.rows_held = min(layer.input_shape[0], needed + int(random.choice([0, 0, 1, 2])))
    tail = layers[last_whole:]
    for index in random.permutation(len(tail)):
        tail[index].input_offset = end + gap()
        end = tail[index].input_offset + tail[index].input_byte_count
    for index in range(last_whole - 1, -1, -1):
        layer, following = layers[index], layers[index + 1]
        layer.output_offset = following.input_offset
        if index > 0 and random.randint(4) > 0:
            layer.schedule = memory.OVERLAPPING
            layer.input_offset = layer.output_offset + least_distance(layer) + gap()
        elif layer.input_byte_count <= layer.output_offset and random.randint(2):
            layer.input_offset = 64 * random.randint((layer.output_offset - layer.input_byte_count) // 64 + 1)
        else:
            layer.input_offset = following.input_offset + following.input_byte_count + gap()
        end = max(end, layer.input_offset + layer.input_byte_count)
    for layer, following in zip(layers, layers[1:]):
        layer.output_offset = following.input_offset
    return end + gap()


def planned_layer(layer):
    """A layer as the writer wants it, with its plan."""
    return {**writer_layer(layer, None, layer.input_offset), "schedule": layer.schedule, "strip_rows": layer.strip_rows,
            "rows_held": layer.rows_held}


def make_model(random, geometries, index):
    """The bytes of a file and a line that describes its plan."""
    chosen, latent_length, shapes = geometries.take()
    while len(chosen) < 2:
        chosen, latent_length, shapes = geometries.take()
    distribution, table = index % 2, tanh_table()
    layers = [layer for layer, _ in
              build_layers(random, latent_length, distribution, shapes, chosen, table, False, int4=False)]
    image_byte_count = random_plan(random, layers)
    play(layers, image_byte_count)
    metadata = {"licence": "CC0-1.0", "name": f"plan-{index:03}", "provenance": "tools/reference/random_plans.py"}
    data = model_bytes([planned_layer(layer) for layer in layers], distribution, table, metadata, image_byte_count)
    schedules = " ".join(str(layer.schedule) for layer in layers)
    whole = input_byte_counts([writer_layer(layer, None, 0) for layer in layers])
    most = max(sum(pair) for pair in zip(whole, whole[1:]))
    return data, f"schedules {schedules}; strips of {layers[-1].strip_rows}; {image_byte_count} bytes, whole {most}"


def write_models(folder, count, seed, report=print):
    """Writes the files, each read back and run by the oracle."""
    os.makedirs(folder, exist_ok=True)
    random = np.random.RandomState(seed)
    geometries = Geometries(random)
    for index in range(count):
        data, description = make_model(random, geometries, index)
        name = f"plan-{index:03}"
        with open(os.path.join(folder, f"{name}.thimble"), "wb") as file:
            file.write(data)
        with open(os.path.join(folder, f"{name}.golden.txt"), "w", encoding="ascii", newline="\n") as file:
            file.write(golden_text(parse_model(data), range(4)))
        report(f"{name}: {len(data)} bytes; {description}")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="OUT")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args(words)
    write_models(arguments.folder, arguments.count, arguments.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
