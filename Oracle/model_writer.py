"""Writer of .thimble files for tests, from format.md. It shares no layout code with the reader: one checks the other.

A layer is a dictionary with the fields of its record and with `weights` (dense [position, in, out], convolution
[ky, kx, in, out]), `biases` and `multipliers` ([position, out] or [out]). A layer with `scales`, of the weights' shape and
equal within each group, is written as int4.
"""

import json
import math
import struct

import numpy as np

from crc32c import crc32c


def padded(array, axis, multiple):
    """Zeros at the end of an axis up to a multiple."""
    extra = [(0, 0)] * array.ndim
    extra[axis] = (0, -array.shape[axis] % multiple)
    return np.pad(array, extra)


def pack_steps(matrix):
    """[in, out] to bytes [block, input / 4, 16, 4]; both are multiples already."""
    inputs, outputs = matrix.shape
    return matrix.reshape(inputs // 4, 4, outputs // 16, 16).transpose(2, 0, 3, 1)


def pack_int4(steps, steps_a_group):
    """Steps [block, ..., input / 4, 16, 4] of q and of scales to bytes: for each group its 16 scales, then its q + 8."""
    q, scales = steps
    parts = []
    for first in range(0, q.shape[-3], steps_a_group):
        group = q[..., first:first + steps_a_group, :, :] + 8
        parts += [scales[..., first, :, 0], group.reshape(*group.shape[:-3], -1)]
    nibbles = np.concatenate(parts, axis=-1).astype(np.uint8)
    return (nibbles[..., ::2] | nibbles[..., 1::2] << 4).tobytes()


def scale_padding(scales, axis, multiple):
    """`padded` with scales of 1 for outputs and, for inputs, the last scale again, which belongs to the same group."""
    if axis == -2:
        extra = -scales.shape[-2] % multiple
        return np.concatenate([scales] + [scales[..., -1:, :]] * extra, axis=-2)
    return padded(scales - 1, axis, multiple) + 1


def pack_int4_weights(layer):
    """The section weights in encoding 1. `weights` are q, and `scales`, of the same shape, what they are multiplied by."""
    dense = layer["kind"] == 1
    multiple, steps = (4, 2) if dense else (16, 4)
    weights = padded(padded(np.asarray(layer["weights"]), -1, 16), -2, multiple)
    scales = scale_padding(scale_padding(np.asarray(layer["scales"]), -1, 16), -2, multiple)
    if dense:
        return b"".join(pack_int4((pack_steps(q), pack_steps(s)), steps) for q, s in zip(weights, scales))
    stride, parts = layer["stride"], []
    for a in range(stride):
        for b in range(stride):
            taps = [[pack_steps(tap) for row in numbers[a::stride] for tap in row[b::stride]]
                    for numbers in (weights, scales)]
            if taps[0]:
                parts.append(pack_int4([np.stack(kind, axis=1) for kind in taps], steps))
    return b"".join(parts)


def pack_weights(layer):
    """The bytes of the section weights."""
    if "scales" in layer:
        return pack_int4_weights(layer)
    weights = padded(np.asarray(layer["weights"], dtype=np.int8), -1, 16)
    if layer["kind"] == 1:
        return b"".join(pack_steps(position).tobytes() for position in padded(weights, -2, 4))
    weights = padded(weights, -2, 16)
    stride = layer["stride"]
    parts = []
    for a in range(stride):
        for b in range(stride):
            taps = [pack_steps(tap) for row in weights[a::stride] for tap in row[b::stride]]
            if taps:
                parts.append(np.stack(taps, axis=1).tobytes())
    return b"".join(parts)


def pack_vector(layer, key, number_type):
    return padded(np.asarray(layer[key]), -1, 16).astype(number_type).tobytes()


def input_byte_counts(layers):
    """Arena bytes of the input of each layer."""
    counts = [2 * math.ceil(layers[0]["input"][2] / 64) * 64]
    for layer in layers[1:]:
        height, width, channels = layer["input"]
        height = layer.get("rows_held", 0) or height
        counts.append(math.ceil(height * width * (math.ceil(channels / 16) * 16) / 64) * 64)
    return counts


def record_bytes(layer, output_offset, offsets, weights_byte_count, is_last):
    numbers = [layer["kind"], int(is_last), *layer["input"], *layer["output"]]
    numbers += [layer.get(key, 0) for key in ("kernel", "stride", "padding", "output_padding")]
    numbers += [int("scales" in layer), 0, layer["shift"], layer.get("schedule", 0)]
    weights_offset, biases_offset, multipliers_offset = offsets
    return struct.pack("<16I6Q2I8x", *numbers, layer["input_offset"], output_offset, weights_offset,
                       weights_byte_count, biases_offset, multipliers_offset, layer.get("strip_rows", 0),
                       layer.get("rows_held", 0))


def model_bytes(layers, distribution, output_table, metadata, image_byte_count):
    """The bytes of a file. Each layer brings its `input_offset` in the arena; metadata is a dictionary."""
    sections = [bytes(output_table)]
    for layer in layers:
        sections += [pack_weights(layer), pack_vector(layer, "biases", "<i4"),
                     pack_vector(layer, "multipliers", "<u4")]
    sections.append(json.dumps(metadata, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())

    body, offsets = bytearray(), []
    first = 128 + 128 * len(layers)
    for section in sections:
        offsets.append(first + len(body))
        body += section + bytes(-len(section) % 64)

    records = bytearray()
    for index, layer in enumerate(layers):
        is_last = index == len(layers) - 1
        output_offset = 0 if is_last else layers[index + 1]["input_offset"]
        records += record_bytes(layer, output_offset, offsets[1 + 3 * index:4 + 3 * index],
                                len(sections[1 + 3 * index]), is_last)

    fixed = max(math.ceil(layer["input"][2] / 64) * 64 for layer in layers[1:])
    header = bytearray(128)
    header[0:8] = b"THIMBLE\x1a"
    minor = int(any(layer.get("schedule", 0) or "scales" in layer for layer in layers))
    struct.pack_into("<HHIQ", header, 8, 1, minor, 0, first + len(body))
    struct.pack_into("<6I", header, 24, layers[0]["input"][2], distribution, *layers[-1]["output"], len(layers))
    struct.pack_into("<6Q", header, 48, fixed, image_byte_count, 0, offsets[-1], len(sections[-1]), offsets[0])
    return with_crc(header + records + body)


def with_crc(data):
    """The same file with its CRC-32C made right."""
    data = bytearray(data)
    struct.pack_into("<I", data, 12, crc32c(bytes(data[:12] + data[16:])))
    return bytes(data)
