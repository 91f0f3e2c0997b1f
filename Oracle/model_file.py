"""Strict reader of .thimble files, versions 1.0 and 1.1. All refusals of docs/reference/format.md, each with its field."""

import struct
from dataclasses import dataclass, field

import numpy as np

import memory
from crc32c import crc32c

MAGIC = b"THIMBLE\x1a"
DENSE, CONVOLUTION = 1, 2
RELU, OUTPUT_TABLE = 0, 1
HEADER_BYTES = RECORD_BYTES = 128
OUTPUT_TABLE_BYTES = 4096
INT8, INT4 = 0, 1


class FormatError(ValueError):
    """A file that a reader must refuse."""

    def __init__(self, field_name, found, wanted):
        super().__init__(f"{field_name}: found {found}, wanted {wanted}")
        self.field = field_name


def require(condition, field_name, found, wanted):
    if not condition:
        raise FormatError(field_name, found, wanted)


def require_equal(found, wanted, field_name):
    require(found == wanted, field_name, found, wanted)


def up(n, multiple):
    """n rounded up to a multiple."""
    return -(-n // multiple) * multiple


def channel_stride(channels):
    """Bytes of one position of a map."""
    return up(channels, 16)


@dataclass
class Layer:
    """One layer: the record's fields, then its numbers without the channels that only fill up."""

    name: str
    kind: int
    epilogue: int
    input_shape: tuple  # height, width, channels
    output_shape: tuple
    kernel: int
    stride: int
    padding: int
    output_padding: int
    weight_encoding: int
    packing: int
    shift: int
    schedule: int
    input_offset: int
    output_offset: int
    weights_offset: int
    weights_byte_count: int
    biases_offset: int
    multipliers_offset: int
    weights: np.ndarray = field(default=None, repr=False)  # dense [h, w, in, out], convolution [ky, kx, in, out]; int8
    biases: np.ndarray = field(default=None, repr=False)  # dense [h, w, out], convolution [out]; int32
    multipliers: np.ndarray = field(default=None, repr=False)  # as the biases; uint32
    strip_rows: int = 0
    rows_held: int = 0

    @property
    def positions(self):
        """Output positions that have weights of their own."""
        return self.output_shape[0] * self.output_shape[1] if self.kind == DENSE else 1

    @property
    def blocks(self):
        return channel_stride(self.output_shape[2]) // 16

    @property
    def input_groups(self):
        channels = self.input_shape[2]
        return (up(channels, 4) if self.kind == DENSE else channel_stride(channels)) // 4

    @property
    def scale_groups(self):
        """Steps of 4 inputs in each group of int4 weights that shares its scales."""
        steps = 2 if self.kind == DENSE else 4
        return [min(steps, self.input_groups - first) for first in range(0, self.input_groups, steps)]

    @property
    def row_byte_count(self):
        """Bytes of all inputs of one position or tap x 16 outputs."""
        if self.weight_encoding == INT4:
            return sum(8 + 32 * steps for steps in self.scale_groups)
        return self.input_groups * 64

    @property
    def expected_weights_byte_count(self):
        return self.positions * max(self.kernel, 1) ** 2 * self.blocks * self.row_byte_count

    @property
    def vector_byte_count(self):
        """Bytes of the biases, and of the multipliers."""
        return self.positions * self.blocks * 16 * 4

    @property
    def input_byte_count(self):
        """Bytes of the input in the arena."""
        height, width, channels = self.input_shape
        if self.kind == DENSE:
            return 2 * up(channels, 64)
        return up((self.rows_held or height) * width * channel_stride(channels), 64)


@dataclass
class Model:
    """A file that was accepted."""

    latent_length: int
    distribution: int
    image_shape: tuple  # height, width, channels
    fixed_byte_count: int
    image_byte_count: int
    worker_byte_count: int
    output_table: np.ndarray = field(repr=False)  # uint8 [4096]
    metadata: bytes
    layers: list
    classes: int = 0  # The last so many numbers of a latent tell its class.


def read_model(path):
    """Reads and checks a file. Raises FormatError."""
    with open(path, "rb") as file:
        return parse_model(file.read())


def parse_model(data):
    """Checks the bytes of a file and unpacks them. Raises FormatError."""
    require(len(data) >= HEADER_BYTES, "header", f"{len(data)} bytes", f"{HEADER_BYTES} bytes at least")
    require_equal(data[0:8], MAGIC, "magic")
    major, minor, crc, byte_count = struct.unpack_from("<HHIQ", data, 8)
    require_equal(major, 1, "major version")
    require(minor <= 2, "minor version", minor, "0 to 2")
    require_equal(byte_count, len(data), "file byte count")
    require(byte_count <= 2 ** 30, "file byte count", byte_count, "2^30 at most")
    require_equal(f"{crc:08x}", f"{file_crc(data):08x}", "CRC-32C")

    latent_length, distribution, height, width, channels, layer_count = struct.unpack_from("<6I", data, 24)
    require(1 <= latent_length <= 1024, "latent length", latent_length, "1 ... 1024")
    require(distribution in (0, 1), "latent distribution", distribution, "0 or 1")
    require(1 <= height <= 1024, "image height", height, "1 ... 1024")
    require(1 <= width <= 1024, "image width", width, "1 ... 1024")
    require(1 <= channels <= 4, "image channels", channels, "1 ... 4")
    require(2 <= layer_count <= 16, "layer count", layer_count, "2 ... 16")
    classes = struct.unpack_from("<I", data, 96)[0] if minor >= 2 else 0
    require(classes < latent_length, "classes", classes, "fewer than the latent's numbers")
    reserved = data[100 if minor >= 2 else 96:128]
    require(not any(reserved), "header reserved bytes", reserved.hex(), "0")
    records_end = HEADER_BYTES + layer_count * RECORD_BYTES
    require(records_end <= len(data), "layer count", layer_count, "records inside of the file")

    layers = [parse_record(data, index, layer_count, minor) for index in range(layer_count)]
    check_chain(layers, latent_length, (height, width, channels))
    fixed, image, worker, metadata_offset, metadata_byte_count, table_offset = struct.unpack_from("<6Q", data, 48)
    require(metadata_byte_count <= 65536, "metadata byte count", metadata_byte_count, "65536 at most")
    check_memory(layers, fixed, image, worker)
    check_sections(data, layers, records_end, table_offset, metadata_offset, metadata_byte_count)
    for layer in layers:
        unpack_layer(data, layer)
    return Model(latent_length, distribution, (height, width, channels), fixed, image, worker,
                 np.frombuffer(data, np.uint8, OUTPUT_TABLE_BYTES, table_offset),
                 data[metadata_offset:metadata_offset + metadata_byte_count], layers, classes)


def file_crc(data):
    """CRC-32C of all bytes of a file but the four that hold it."""
    return crc32c(data[:12] + data[16:])


def parse_record(data, index, layer_count, minor):
    """One record and the checks that need no other record."""
    offset = HEADER_BYTES + index * RECORD_BYTES
    words = struct.unpack_from("<16I", data, offset)
    longs = struct.unpack_from("<6Q", data, offset + 64)
    name = f"layer {index}"
    layer = Layer(name, words[0], words[1], words[2:5], words[5:8], *words[8:16], *longs)
    require(layer.kind in (DENSE, CONVOLUTION), f"{name} kind", layer.kind, "1 or 2")
    require_equal(layer.kind, DENSE if index == 0 else CONVOLUTION, f"{name} kind")
    require_equal(layer.epilogue, OUTPUT_TABLE if index == layer_count - 1 else RELU, f"{name} epilogue")
    for side, label in zip(layer.output_shape, ("height", "width")):
        require(1 <= side <= 1024, f"{name} output {label}", side, "1 ... 1024")
    require(1 <= layer.output_shape[2] <= 4096, f"{name} output channels", layer.output_shape[2], "1 ... 4096")
    check_geometry(layer)
    known = (INT8,) if minor == 0 or index == layer_count - 1 else (INT8, INT4)
    require(layer.weight_encoding in known, f"{name} weight encoding", layer.weight_encoding, f"one of {known}")
    require_equal(layer.packing, 0, f"{name} packing")
    require(1 <= layer.shift <= 62, f"{name} shift", layer.shift, "1 ... 62")
    require(layer.schedule <= (0 if minor == 0 else 2), f"{name} schedule", layer.schedule, "0, or 1 or 2 in version 1.1")
    if minor >= 1:
        layer.strip_rows, layer.rows_held = struct.unpack_from("<2I", data, offset + 112)
    reserved = data[offset + (112 if minor == 0 else 120):offset + 128]
    require(not any(reserved), f"{name} reserved bytes", reserved.hex(), "0")
    return layer


def check_geometry(layer):
    """Kernel, stride and paddings by themselves."""
    name = layer.name
    if layer.kind == DENSE:
        for value, label in ((layer.kernel, "kernel"), (layer.stride, "stride"), (layer.padding, "padding"),
                             (layer.output_padding, "output padding")):
            require_equal(value, 0, f"{name} {label}")
        return
    require(1 <= layer.kernel <= 16, f"{name} kernel", layer.kernel, "1 ... 16")
    require(1 <= layer.stride <= 4, f"{name} stride", layer.stride, "1 ... 4")
    require(layer.padding < layer.kernel, f"{name} padding", layer.padding, "less than the kernel")
    require(layer.output_padding < layer.stride, f"{name} output padding", layer.output_padding, "less than the stride")


def check_chain(layers, latent_length, image_shape):
    """Shapes from the latent to the image."""
    labels = ("height", "width", "channels")
    shape = (1, 1, latent_length)
    for layer in layers:
        for found, wanted, label in zip(layer.input_shape, shape, labels):
            require_equal(found, wanted, f"{layer.name} input {label}")
        if layer.kind == CONVOLUTION:
            for axis in range(2):
                side = ((layer.input_shape[axis] - 1) * layer.stride - 2 * layer.padding + layer.kernel
                        + layer.output_padding)
                require_equal(layer.output_shape[axis], side, f"{layer.name} output {labels[axis]}")
        shape = layer.output_shape
    for found, wanted, label in zip(image_shape, shape, labels):
        require_equal(found, wanted, f"image {label}")


def check_memory(layers, fixed, image, worker):
    """The section Memory."""
    wanted = up(max(channel_stride(layer.input_shape[2]) for layer in layers[1:]), 64)
    require_equal(fixed, wanted, "arena fixed bytes")
    require(image % 64 == 0 and image <= 2 ** 30, "arena bytes an image", image, "a multiple of 64, 2^30 at most")
    require_equal(worker, 0, "arena bytes a worker")
    check_schedules(layers)
    for layer, following in zip(layers, layers[1:] + [None]):
        check_place(layer.input_offset, layer.input_byte_count, image, f"{layer.name} input offset")
        if following is None:
            require_equal(layer.output_offset, 0, f"{layer.name} output offset")
            break
        field_name = f"{layer.name} output offset"
        check_place(layer.output_offset, following.input_byte_count, image, field_name)
        require_equal(following.input_offset, layer.output_offset, f"{following.name} input offset")
        if layer.schedule == memory.OVERLAPPING:
            require(memory.strips(layer) is not None, field_name, layer.output_offset, "room for a row in every strip")
        else:
            check_apart(layer, following)
    streamed = [layer for layer in layers if layer.schedule == memory.STREAMED]
    for index, layer in enumerate(streamed):
        for other in streamed[index + 1:]:
            check_apart(layer, other)


def check_schedules(layers):
    """Which schedules may follow each other, and the numbers of rows that belong to them."""
    streamed = [layer.schedule == memory.STREAMED for layer in layers]
    for index, layer in enumerate(layers):
        name, is_last = layer.name, index == len(layers) - 1
        follows = index > 0 and streamed[index - 1]
        require(index > 0 or layer.schedule == 0, f"{name} schedule", layer.schedule, "0")
        require(not follows or streamed[index], f"{name} schedule", layer.schedule, "2, as the layer before")
        require(not is_last or follows or layer.schedule == 0, f"{name} schedule", layer.schedule, "0")
        height = layer.output_shape[0]
        good = 1 <= layer.strip_rows <= height if is_last and follows else layer.strip_rows == 0
        require(good, f"{name} strip rows", layer.strip_rows, f"1 ... {height} on a streamed last layer, else 0")
        good = 1 <= layer.rows_held <= layer.input_shape[0] if follows else layer.rows_held == 0
        require(good, f"{name} rows held", layer.rows_held, "rows of the input behind a streamed layer, else 0")
        height, width, channels = layer.input_shape
        require(height * width * channel_stride(channels) <= 2 ** 30, f"{name} input bytes", layer.input_shape, "2^30")
    tail = [layer for layer, is_streamed in zip(layers, streamed) if is_streamed]
    for layer, needed in zip(tail[1:], memory.rows_needed(tail)):
        require(layer.rows_held >= needed, f"{layer.name} rows held", layer.rows_held, f"{needed} at least")


def check_place(offset, byte_count, image, field_name):
    require(offset % 64 == 0, field_name, offset, "a multiple of 64")
    require(offset + byte_count <= image, field_name, f"bytes up to {offset + byte_count}", f"up to {image}")


def check_apart(layer, other):
    """The inputs of two layers share no byte."""
    first, second = sorted((layer, other), key=lambda one: one.input_offset)
    require(first.input_offset + first.input_byte_count <= second.input_offset, f"{layer.name} output offset",
            other.input_offset, f"no byte of the input of {layer.name}")


def check_sections(data, layers, records_end, table_offset, metadata_offset, metadata_byte_count):
    """Canonical offsets, and zeros between the sections and after the last."""
    position = records_end

    def section(found_offset, byte_count, field_name):
        nonlocal position
        start = up(position, 64)
        require_equal(found_offset, start, field_name)
        require(start + byte_count <= len(data), field_name, f"bytes up to {start + byte_count}", f"up to {len(data)}")
        require(not any(data[position:start]), f"bytes before the {field_name}", "other bytes", "0")
        position = start + byte_count

    section(table_offset, OUTPUT_TABLE_BYTES, "output table offset")
    for layer in layers:
        require_equal(layer.weights_byte_count, layer.expected_weights_byte_count, f"{layer.name} weights byte count")
        section(layer.weights_offset, layer.weights_byte_count, f"{layer.name} weights offset")
        section(layer.biases_offset, layer.vector_byte_count, f"{layer.name} biases offset")
        section(layer.multipliers_offset, layer.vector_byte_count, f"{layer.name} multipliers offset")
    section(metadata_offset, metadata_byte_count, "metadata offset")
    require_equal(len(data), up(position, 64), "file byte count")
    require(not any(data[position:]), "bytes after the metadata", "other bytes", "0")


def unpack_layer(data, layer):
    """Takes the numbers out of their packing and checks them."""
    if layer.weight_encoding == INT4:
        packed = unpack_int4(data, layer)
    else:
        packed = np.frombuffer(data, np.int8, layer.weights_byte_count, layer.weights_offset)
        require(not (packed == -128).any(), f"{layer.name} weights", -128, "-127 ... 127")
    weights = unpack_dense(layer, packed) if layer.kind == DENSE else unpack_convolution(layer, packed)
    shape = (layer.output_shape[:2] if layer.kind == DENSE else ()) + (layer.blocks * 16,)
    count = layer.vector_byte_count // 4
    biases = np.frombuffer(data, "<i4", count, layer.biases_offset).reshape(shape)
    multipliers = np.frombuffer(data, "<u4", count, layer.multipliers_offset).reshape(shape)
    require((multipliers < 2 ** 31).all(), f"{layer.name} multipliers", multipliers.max(), "less than 2^31")

    inputs, outputs = layer.input_shape[2], layer.output_shape[2]
    for label, numbers in (("weights", weights), ("biases", biases), ("multipliers", multipliers)):
        unused = numbers[..., outputs:].any() or (label == "weights" and numbers[..., inputs:, :].any())
        require(not unused, f"{layer.name} {label}", "numbers for channels that do not exist", "0")
    layer.weights = weights[..., :inputs, :outputs]
    layer.biases = biases[..., :outputs]
    layer.multipliers = multipliers[..., :outputs]


def unpack_int4(data, layer):
    """The int8 weights that int4 ones stand for, in the order of int8 ones."""
    rows = np.frombuffer(data, np.uint8, layer.weights_byte_count, layer.weights_offset).reshape(-1, layer.row_byte_count)
    nibbles = np.stack([rows & 15, rows >> 4], axis=-1).reshape(len(rows), -1).astype(np.int16)
    used = np.zeros((layer.blocks, 16), dtype=bool)
    used.reshape(-1)[:layer.output_shape[2]] = True
    used = used[block_of_rows(layer)]
    parts, position = [], 0
    for steps in layer.scale_groups:
        scales = nibbles[:, position:position + 16]
        require((scales != 0).all(), f"{layer.name} weights", "a scale of 0", "1 ... 15")
        require((scales[~used] == 1).all(), f"{layer.name} weights", "scales for channels that do not exist", "1")
        weights = nibbles[:, position + 16:position + 16 + 64 * steps].reshape(-1, steps, 16, 4) - 8
        parts.append(weights * scales[:, np.newaxis, :, np.newaxis])
        position += 16 + 64 * steps
    return np.concatenate(parts, axis=1).astype(np.int8).reshape(-1)


def block_of_rows(layer):
    """The block of 16 outputs of each row, in the order of the file."""
    if layer.kind == DENSE:
        return np.tile(np.arange(layer.blocks), layer.positions)
    taps = [len(range(a, layer.kernel, layer.stride)) * len(range(b, layer.kernel, layer.stride))
            for a in range(layer.stride) for b in range(layer.stride)]
    return np.concatenate([np.repeat(np.arange(layer.blocks), count) for count in taps])


def unpack_dense(layer, packed):
    """[position][block][input / 4][16][4] to [height, width, inputs, outputs]."""
    height, width, _ = layer.output_shape
    packed = packed.reshape(height, width, layer.blocks, layer.input_groups, 16, 4)
    return packed.transpose(0, 1, 3, 5, 2, 4).reshape(height, width, layer.input_groups * 4, layer.blocks * 16)


def unpack_convolution(layer, packed):
    """[phase][block][tap][input / 4][16][4] to [ky, kx, inputs, outputs]."""
    inputs, outputs = layer.input_groups * 4, layer.blocks * 16
    weights = np.zeros((layer.kernel, layer.kernel, inputs, outputs), dtype=np.int8)
    position = 0
    for phase in range(layer.stride ** 2):
        a, b = divmod(phase, layer.stride)
        taps = [(ky, kx) for ky in range(a, layer.kernel, layer.stride) for kx in range(b, layer.kernel, layer.stride)]
        count = len(taps) * inputs * outputs
        part = packed[position:position + count].reshape(layer.blocks, len(taps), layer.input_groups, 16, 4)
        for tap, (ky, kx) in enumerate(taps):
            weights[ky, kx] = part[:, tap].transpose(1, 3, 0, 2).reshape(inputs, outputs)
        position += count
    return weights
