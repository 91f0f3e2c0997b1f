"""Tests of the oracle itself:  python3 -m unittest test_reference  (in this folder), or pytest."""

import contextlib
import hashlib
import io
import os
import struct
import tempfile
import unittest
from fractions import Fraction

import numpy as np

import arithmetic
import memory
import normal_table
import random_models
import random_plans
import thimble_reference
from crc32c import crc32c, crc32c_plain
from latents import (between, latent_from_floats, latent_from_seed, latents_from_seeds, normal_latent, philox4x32_10,
                     uniform_latent, walk)
from model_file import CONVOLUTION, DENSE, OUTPUT_TABLE, RELU, FormatError, Layer, parse_model
from model_writer import model_bytes, with_crc


def words(text):
    return [int(word, 16) for word in text.split()]


class LatentTests(unittest.TestCase):
    def test_philox_known_answers_of_random123(self):
        for counter, key, wanted in (
                ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
                ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
                ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1")):
            self.assertEqual(philox4x32_10(words(counter), words(key)).tolist(), words(wanted))

    def test_seed_words_and_order_of_halves(self):
        seed = 0x0123456789ABCDEF
        block = philox4x32_10([1, 0, 0, 1], [0x89ABCDEF, 0x01234567]).tolist()
        u = [half for word in block for half in (word & 0xFFFF, word >> 16)]
        latent = latent_from_seed(seed, 15, 0)
        self.assertEqual(latent[8:].tolist(), [((x + 4) >> 3) - 4096 for x in u[:7]])

    def test_a_seed_does_not_depend_on_its_neighbours_or_on_the_length(self):
        for distribution in (0, 1):
            together = latents_from_seeds([5, 2 ** 64 - 1], 101, distribution)
            self.assertEqual(together[1].tolist(), latent_from_seed(2 ** 64 - 1, 101, distribution).tolist())
            self.assertEqual(together[0, :7].tolist(), latent_from_seed(5, 7, distribution).tolist())

    def test_distributions_over_all_u(self):
        u = np.arange(65536)
        uniform, normal = uniform_latent(u), normal_latent(u)
        self.assertEqual((uniform.min(), uniform.max(), uniform.sum()), (-4096, 4096, 0))
        self.assertEqual(normal.sum(), 0)
        self.assertLess(abs((normal / 4096).var() - 1), 1e-6)
        self.assertTrue((np.diff(normal[:32768]) >= 0).all())

    def test_normal_table(self):
        table = normal_table.make_table()
        self.assertEqual((len(table), table[0], table[1023], table[1024]), (1025, 0, 13505, 15553))
        self.assertGreater(normal_table.smallest_tie_distance(), 1e-6)
        error = abs(normal_table.variance(table) - 1)
        for other in (table[1024] - 1, table[1024] + 1):
            self.assertLess(error, abs(normal_table.variance(table[:-1] + [other]) - 1))

    def test_floats_round_half_to_even_and_saturate(self):
        values = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 40000, -40000], dtype=np.float32) / np.float32(4096)
        self.assertEqual(latent_from_floats(values).tolist(), [0, 2, 2, 0, -2, 32767, -32768])
        self.assertEqual(latent_from_floats([np.inf, -np.inf]).tolist(), [32767, -32768])
        with self.assertRaises(ValueError):
            latent_from_floats([0.0, np.nan])

    def test_steps_between_latents_are_the_nearest_ones(self):
        random = np.random.default_rng(3)
        for steps in (1, 2, 3, 10, 32768):
            for step in {0, 1, steps // 2, steps - 1, steps}:
                a, b = random.integers(-32768, 32768, (2, 200))
                found = between(a, b, step, steps)
                for start, end, number in zip(a.tolist(), b.tolist(), found.tolist()):
                    distance = number - Fraction(start * (steps - step) + end * step, steps)
                    self.assertTrue(-Fraction(1, 2) < distance <= Fraction(1, 2))
                self.assertEqual(found.tolist(), between(b, a, steps - step, steps).tolist())

    def test_a_walk_goes_through_its_latents(self):
        told = latents_from_seeds([4, 5, 2 ** 64 - 1], 12, 1, classes=3)
        self.assertEqual(told[:, 9:].tolist(), [[0, 4096, 0], [0, 0, 4096], [4096, 0, 0]])
        self.assertEqual(told[:2, :9].tolist(), latents_from_seeds([4, 5], 9, 1).tolist())
        latents = latents_from_seeds([4, 5, 6], 9, 1)
        walked = walk(latents, 7)
        self.assertEqual(walked.shape, (15, 9))
        self.assertEqual(walked[::7].tolist(), latents.tolist())


class ChecksumTests(unittest.TestCase):
    def test_check_value(self):
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(crc32c(b""), 0)
        self.assertEqual(crc32c(bytes(32)), 0x8A9136AA)  # RFC 3720, B.4

    def test_rows_agree_with_the_definition(self):
        random = np.random.RandomState(2)
        for length in (1, 3, 4095, 4096, 4097, 5001, 70000):
            data = random.bytes(length)
            self.assertEqual(crc32c(data), crc32c_plain(data), length)
        self.assertEqual(crc32c(bytes(9000)), crc32c_plain(bytes(9000)))


def gathered(layer, image):
    """The gathered form of format.md for one image, one number at a time."""
    height, width, channels = layer.input_shape
    result = np.zeros(layer.output_shape, dtype=object)
    stride, padding, kernel = layer.stride, layer.padding, layer.kernel
    for y, x, c in np.ndindex(*layer.output_shape):
        sum_ = int(layer.biases[c])
        for ky in range((y + padding) % stride, kernel, stride):
            for kx in range((x + padding) % stride, kernel, stride):
                row, column = (y + padding - ky) // stride, (x + padding - kx) // stride
                if 0 <= row < height and 0 <= column < width:
                    sum_ += sum(int(image[row, column, k]) * int(layer.weights[ky, kx, k, c]) for k in range(channels))
        result[y, x, c] = (sum_ + 2 ** 31) % 2 ** 32 - 2 ** 31
    return result


def random_convolution(random, geometry, height, width, channels_in, channels_out):
    sides = [random_models.output_side(side, geometry) for side in (height, width)]
    if min(sides) < 1:
        return None
    return Layer("layer 1", CONVOLUTION, RELU, (height, width, channels_in), (*sides, channels_out), *geometry,
                 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                 weights=random.randint(-127, 128, (geometry[0], geometry[0], channels_in, channels_out)),
                 biases=random.randint(-2 ** 31, 2 ** 31, channels_out), multipliers=None)


class ArithmeticTests(unittest.TestCase):
    def test_scatter_agrees_with_the_gathered_form_on_the_whole_lattice(self):
        random = np.random.RandomState(3)
        compared = 0
        for geometry in random_models.lattice() + [(2, 4, 0, 3), (7, 4, 5, 2)]:
            for height, width in ((1, 1), (3, 2), (1, 6)):
                layer = random_convolution(random, geometry, height, width, 3, 2)
                if layer:
                    image = random.randint(0, 256, (1, height, width, 3))
                    found = arithmetic.fractionally_strided_convolution(layer, image)[0]
                    self.assertTrue((found == gathered(layer, image[0])).all(), geometry)
                    compared += 1
        self.assertGreater(compared, 200)

    def test_dense(self):
        random = np.random.RandomState(4)
        layer = Layer("layer 0", DENSE, RELU, (1, 1, 7), (2, 3, 5), 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                      weights=random.randint(-127, 128, (2, 3, 7, 5)),
                      biases=random.randint(-2 ** 31, 2 ** 31, (2, 3, 5)), multipliers=None)
        latents = random.choice([-32768, 32767, -4096, 1], (2, 7)).astype(np.int16)
        found = arithmetic.dense(layer, latents)
        for n, y, x, c in np.ndindex(*found.shape):
            wanted = int(layer.biases[y, x, c]) + sum(int(latents[n, k]) * int(layer.weights[y, x, k, c]) for k in range(7))
            self.assertEqual(found[n, y, x, c], (wanted + 2 ** 31) % 2 ** 32 - 2 ** 31)

    def test_matrix_product_is_exact_at_the_extremes(self):
        a = np.full((3, 4096), 255)
        b = np.full((4096, 2), -127)
        self.assertTrue((arithmetic.exact_matrix_product(a, b) == a @ b).all())

    def test_requantisation_rounds_half_up_and_clears_negatives(self):
        r = lambda acc, m, s: int(arithmetic.requantize(np.array([acc]), np.array([m]), s)[0])
        self.assertEqual([r(acc, 1, 1) for acc in (-3, -1, 0, 1, 2, 3)], [0, 0, 0, 1, 1, 2])
        random = np.random.RandomState(5)
        largest = 2 ** 31 - 1
        cases = [(largest, largest, 62), (2 ** 30, largest, 62), (2 ** 30 + 1, largest, 62), (-2 ** 31, largest, 1)]
        cases += zip(random.randint(-2 ** 31, 2 ** 31, 500).tolist(), random.randint(0, 2 ** 31, 500).tolist(),
                     random.randint(1, 63, 500).tolist())
        for acc, m, s in cases:
            self.assertEqual(r(acc, m, s), (max(acc, 0) * m + 2 ** (s - 1)) >> s)


def sample_bytes():
    """A file of three layers with channels that fill up: latent 5, 2 x 1 x 3, 5 x 3 x 17, 10 x 6 x 2."""
    random = np.random.RandomState(6)

    def layer(kind, input_shape, output_shape, geometry, weights_shape, vector_shape, input_offset):
        return {"kind": kind, "input": input_shape, "output": output_shape, "input_offset": input_offset, "shift": 20,
                **dict(zip(("kernel", "stride", "padding", "output_padding"), geometry)),
                "weights": random.randint(-127, 128, weights_shape),
                "biases": random.randint(-1000, 1000, vector_shape), "multipliers": random.randint(1, 2 ** 31, vector_shape)}

    layers = [layer(1, (1, 1, 5), (2, 1, 3), (0, 0, 0, 0), (2, 5, 3), (2, 3), 512),
              layer(2, (2, 1, 3), (5, 3, 17), (3, 2, 0, 0), (3, 3, 3, 17), (17,), 0),
              layer(2, (5, 3, 17), (10, 6, 2), (4, 2, 1, 0), (4, 4, 17, 2), (2,), 128)]
    table = random.randint(0, 256, 4096).astype(np.uint8)
    return model_bytes(layers, 1, table, {"name": "sample"}, 704), layers, table


class ReaderTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data, cls.layers, cls.table = sample_bytes()
        cls.model = parse_model(cls.data)

    def refused(self, field, data, repair=True):
        with self.assertRaises(FormatError) as context:
            parse_model(with_crc(data) if repair else data)
        self.assertEqual(context.exception.field, field)

    def patched(self, offset, number_type, value):
        data = bytearray(self.data)
        struct.pack_into("<" + number_type, data, offset, value)
        return data

    def test_the_sample_is_accepted_and_unpacked(self):
        self.assertEqual((self.model.latent_length, self.model.distribution, self.model.image_shape), (5, 1, (10, 6, 2)))
        self.assertEqual(self.model.metadata, b'{"name":"sample"}')
        self.assertTrue((self.model.output_table == self.table).all())
        for found, wanted in zip(self.model.layers, self.layers):
            for key in ("weights", "biases", "multipliers"):
                self.assertTrue((getattr(found, key) == np.reshape(wanted[key], getattr(found, key).shape)).all(), key)

    def test_weight_order_by_the_indices_of_the_specification(self):
        """Each weight at phase, block, tap, input / 4, output mod 16, input mod 4, computed one by one."""
        for layer, wanted in zip(self.model.layers[1:], self.layers[1:]):
            packed = np.frombuffer(self.data, np.int8, layer.weights_byte_count, layer.weights_offset)
            place = 0
            blocks, groups = -(-layer.output_shape[2] // 16), -(-layer.input_shape[2] // 16) * 4
            for a, b in np.ndindex(layer.stride, layer.stride):
                for block in range(blocks):
                    for ky in range(a, layer.kernel, layer.stride):
                        for kx in range(b, layer.kernel, layer.stride):
                            for i, o, j in np.ndindex(groups, 16, 4):
                                channel_in, channel_out = 4 * i + j, 16 * block + o
                                inside = channel_in < layer.input_shape[2] and channel_out < layer.output_shape[2]
                                value = wanted["weights"][ky, kx, channel_in, channel_out] if inside else 0
                                self.assertEqual(packed[place], value)
                                place += 1
            self.assertEqual(place, layer.weights_byte_count)

    def test_header_without_repaired_checksum(self):
        self.refused("header", self.data[:127], repair=False)
        self.refused("magic", b"X" + self.data[1:], repair=False)
        self.refused("file byte count", self.data[:-64], repair=False)
        self.refused("file byte count", self.data + bytes(64), repair=False)
        for place in (12, 130, 2000, len(self.data) - 1):
            changed = bytearray(self.data)
            changed[place] ^= 1
            self.refused("CRC-32C", changed, repair=False)

    def test_header_fields(self):
        for offset, number_type, value, field in (
                (8, "H", 2, "major version"), (8, "H", 0, "major version"), (10, "H", 3, "minor version"),
                (16, "Q", 2 ** 30 + 64, "file byte count"),
                (24, "I", 0, "latent length"), (24, "I", 1025, "latent length"), (24, "I", 6, "layer 0 input channels"),
                (28, "I", 2, "latent distribution"),
                (32, "I", 0, "image height"), (32, "I", 1025, "image height"), (32, "I", 11, "image height"),
                (36, "I", 0, "image width"), (36, "I", 1025, "image width"), (36, "I", 7, "image width"),
                (40, "I", 0, "image channels"), (40, "I", 5, "image channels"), (40, "I", 3, "image channels"),
                (44, "I", 1, "layer count"), (44, "I", 17, "layer count"), (44, "I", 2, "layer 1 epilogue"),
                (48, "Q", 128, "arena fixed bytes"), (48, "Q", 0, "arena fixed bytes"),
                (56, "Q", 576, "layer 0 input offset"), (56, "Q", 720, "arena bytes an image"),
                (56, "Q", 2 ** 30 + 64, "arena bytes an image"), (56, "Q", 0, "layer 0 input offset"),
                (64, "Q", 64, "arena bytes a worker"),
                (72, "Q", 0, "metadata offset"), (80, "Q", 65537, "metadata byte count"), (80, "Q", 2 ** 63, "metadata byte count"),
                (80, "Q", 65, "metadata offset"), (80, "Q", 16, "bytes after the metadata"),
                (88, "Q", 576, "output table offset"),
                (96, "B", 1, "header reserved bytes"), (127, "B", 1, "header reserved bytes")):
            with self.subTest(offset=offset, value=value):
                self.refused(field, self.patched(offset, number_type, value))

    def test_classes(self):
        """From version 1.2 on, fewer than the latent's numbers."""
        data = bytearray(self.data)
        length = struct.unpack_from("<I", data, 24)[0]
        struct.pack_into("<H", data, 10, 2)
        for count in (0, length - 1):
            struct.pack_into("<I", data, 96, count)
            self.assertEqual(parse_model(with_crc(data)).classes, count)
        struct.pack_into("<I", data, 96, length)
        self.refused("classes", data)
        struct.pack_into("<II", data, 96, 1, 1)
        self.refused("header reserved bytes", data)

    def test_a_file_longer_than_its_sections(self):
        data = self.data + bytes(64)
        self.refused("file byte count", data[:16] + struct.pack("<Q", len(data)) + data[24:])

    def test_record_fields(self):
        huge = 2 ** 64 - 64
        for layer, offset, number_type, value, field in (
                (1, 0, "I", 3, "kind"), (1, 0, "I", 1, "kind"), (0, 0, "I", 2, "kind"), (1, 0, "I", 0, "kind"),
                (1, 4, "I", 1, "epilogue"), (2, 4, "I", 0, "epilogue"), (2, 4, "I", 2, "epilogue"),
                (0, 8, "I", 2, "input height"), (1, 8, "I", 3, "input height"), (1, 12, "I", 2, "input width"),
                (1, 16, "I", 4, "input channels"), (0, 16, "I", 4, "input channels"),
                (1, 20, "I", 0, "output height"), (1, 20, "I", 1025, "output height"), (1, 20, "I", 6, "output height"),
                (1, 24, "I", 0, "output width"), (1, 24, "I", 1025, "output width"), (1, 24, "I", 4, "output width"),
                (1, 28, "I", 0, "output channels"), (1, 28, "I", 4097, "output channels"),
                (0, 32, "I", 1, "kernel"), (0, 36, "I", 1, "stride"), (0, 40, "I", 1, "padding"),
                (0, 44, "I", 1, "output padding"),
                (1, 32, "I", 0, "kernel"), (1, 32, "I", 17, "kernel"), (1, 36, "I", 0, "stride"), (1, 36, "I", 5, "stride"),
                (1, 40, "I", 3, "padding"), (1, 40, "I", 2 ** 32 - 1, "padding"), (1, 44, "I", 2, "output padding"),
                (1, 40, "I", 1, "output height"), (1, 44, "I", 1, "output height"),
                (1, 48, "I", 1, "weight encoding"), (1, 52, "I", 1, "packing"),
                (1, 56, "I", 0, "shift"), (1, 56, "I", 63, "shift"), (1, 60, "I", 1, "schedule"),
                (0, 64, "Q", 520, "input offset"), (0, 64, "Q", 640, "input offset"), (0, 64, "Q", huge, "input offset"),
                (1, 64, "Q", 64, "input offset"),
                (1, 72, "Q", 136, "output offset"), (2, 72, "Q", 64, "output offset"),
                (1, 80, "Q", 0, "weights offset"), (1, 80, "Q", huge, "weights offset"), (1, 88, "Q", 64, "weights byte count"),
                (1, 96, "Q", 0, "biases offset"), (1, 104, "Q", 0, "multipliers offset"),
                (1, 112, "B", 1, "reserved bytes"), (1, 127, "B", 1, "reserved bytes")):
            with self.subTest(layer=layer, offset=offset, value=value):
                data = self.patched(128 * (1 + layer) + offset, number_type, value)
                self.refused(f"layer {layer} {field}", data)

    def moved(self, layer, offset):
        """The input of a layer and the output of the one before at another place."""
        data = bytearray(self.data)
        struct.pack_into("<Q", data, 128 * (1 + layer) + 64, offset)
        if layer:
            struct.pack_into("<Q", data, 128 * layer + 72, offset)
        return data

    def test_memory_rules(self):
        # Inputs of the sample: layer 0 takes 512 ... 640, layer 1 0 ... 64, layer 2 128 ... 640 (5 * 3 * 32 = 480 bytes).
        self.refused("layer 0 output offset", self.moved(1, 512))  # the latent
        self.refused("layer 0 output offset", self.moved(1, 576))
        self.refused("layer 1 output offset", self.moved(2, 0))
        self.refused("layer 1 output offset", self.moved(2, 256))  # past the end
        self.refused("layer 1 output offset", self.moved(2, 2 ** 64 - 64))
        self.refused("layer 1 output offset", self.moved(1, 128))  # the input lies in the output
        parse_model(with_crc(self.moved(2, 64)))
        parse_model(with_crc(self.moved(2, 192)))
        parse_model(with_crc(self.moved(0, 64)))

    def test_numbers(self):
        first, second, last = self.model.layers
        for offset, number_type, value, field in (
                (first.weights_offset, "b", -128, "layer 0 weights"), (last.weights_offset, "b", -128, "layer 2 weights"),
                (second.multipliers_offset, "I", 2 ** 31, "layer 1 multipliers"),
                (first.weights_offset + 3 * 4, "b", 1, "layer 0 weights"),  # output 3 of 3
                (first.weights_offset + 64 + 1, "b", 1, "layer 0 weights"),  # input 5 of 5
                (second.weights_offset + 3, "b", 1, "layer 1 weights"),  # input 3 of 3
                (last.weights_offset + 2 * 4, "b", 1, "layer 2 weights"),  # output 2 of 2
                (first.biases_offset + 4 * 19, "i", 1, "layer 0 biases"), (second.biases_offset + 4 * 17, "i", -1, "layer 1 biases"),
                (first.multipliers_offset + 4 * 3, "I", 1, "layer 0 multipliers"),
                (last.multipliers_offset + 4 * 15, "I", 1, "layer 2 multipliers")):
            with self.subTest(offset=offset, field=field):
                self.refused(field, self.patched(offset, number_type, value))

    def test_bytes_after_the_metadata(self):
        # All other sections are multiples of 64 bytes: only here can there be bytes between.
        self.refused("bytes after the metadata", self.patched(len(self.data) - 1, "B", 1))


class RowTests(unittest.TestCase):
    def test_rows_by_their_definition(self):
        """lo and hi against the taps themselves, over the lattice and unusual geometries."""
        self.assertGreater(len(random_models.lattice()), 100)
        for geometry in random_models.lattice() + random_models.UNUSUAL:
            for height in (1, 2, 5):
                outputs = random_models.output_side(height, geometry)
                if outputs < 1:
                    continue
                layer = Layer("layer 1", CONVOLUTION, RELU, (height, 1, 1), (outputs, 1, 1), *geometry, *[0] * 10)
                rows = [random_plans.tap_rows(layer, y) for y in range(outputs)]
                for y in range(outputs):
                    later, before = set().union(*rows[y:]), set().union(*rows[:y + 1])
                    self.assertTrue(all(row >= memory.lo(layer, y) for row in later), geometry)
                    self.assertTrue(all(row < memory.hi(layer, y + 1) for row in before), geometry)
                    # Tight where the rows at the edge meet anything at all.
                    if later and memory.lo(layer, y) not in later:
                        self.assertLess(layer.kernel, layer.stride, geometry)
                    if memory.hi(layer, y + 1) - 1 not in before:
                        self.assertLess(layer.kernel, layer.stride, geometry)


class PlanTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        random = np.random.RandomState(8)
        geometries = random_models.Geometries(random)
        cls.files = [random_plans.make_model(random, geometries, index)[0] for index in range(8)]

    def test_every_schedule_is_there(self):
        found = {layer.schedule for data in self.files for layer in parse_model(data).layers}
        self.assertEqual(found, {0, 1, 2})

    def changed(self, data, changes):
        """A file of version 1.1 with other numbers in its records: (layer, offset, type, value)."""
        data = bytearray(data)
        struct.pack_into("<H", data, 10, 1)
        for layer, offset, number_type, value in changes:
            struct.pack_into("<" + number_type, data, 128 * (1 + layer) + offset, value)
        return with_crc(data)

    def refused(self, field, data):
        with self.assertRaises(FormatError) as context:
            parse_model(data)
        self.assertEqual(context.exception.field, field)

    def test_numbers_of_other_schedules(self):
        data, _, _ = sample_bytes()
        parse_model(self.changed(data, []))
        for field, changes in (
                ("layer 0 schedule", [(0, 60, "I", 1)]), ("layer 2 schedule", [(2, 60, "I", 1)]),
                ("layer 2 schedule", [(2, 60, "I", 2)]), ("layer 2 schedule", [(1, 60, "I", 2)]),
                ("layer 1 schedule", [(1, 60, "I", 3)]), ("layer 2 strip rows", [(2, 112, "I", 1)]),
                ("layer 1 strip rows", [(1, 112, "I", 1)]), ("layer 2 rows held", [(2, 116, "I", 1)]),
                ("layer 2 strip rows", [(1, 60, "I", 2), (2, 60, "I", 2), (2, 116, "I", 3)]),
                ("layer 2 strip rows", [(1, 60, "I", 2), (2, 60, "I", 2), (2, 116, "I", 3), (2, 112, "I", 11)]),
                ("layer 2 rows held", [(1, 60, "I", 2), (2, 60, "I", 2), (2, 112, "I", 1)]),
                ("layer 2 rows held", [(1, 60, "I", 2), (2, 60, "I", 2), (2, 112, "I", 1), (2, 116, "I", 1)]),
                ("layer 2 rows held", [(1, 60, "I", 2), (2, 60, "I", 2), (2, 112, "I", 1), (2, 116, "I", 6)]),
                ("layer 1 reserved bytes", [(1, 120, "B", 1)])):
            with self.subTest(changes=changes):
                self.refused(field, self.changed(data, changes))
        # 4 x 4, stride 2, padding 1: an output row needs two input rows, and strips of ten rows all five.
        parse_model(self.changed(data, [(1, 60, "I", 2), (2, 60, "I", 2), (2, 112, "I", 1), (2, 116, "I", 2)]))
        parse_model(self.changed(data, [(1, 60, "I", 2), (2, 60, "I", 2), (2, 112, "I", 10), (2, 116, "I", 5)]))
        # The output lies behind the input: no room for a row before it is read.
        self.refused("layer 1 output offset", self.changed(data, [(1, 60, "I", 1)]))

    def test_version_1_0_knows_only_whole_layers(self):
        data, _, _ = sample_bytes()
        for layer, offset in ((1, 60), (1, 112), (2, 116)):
            changed = bytearray(data)
            struct.pack_into("<I", changed, 128 * (1 + layer) + offset, 1)
            self.refused(f"layer {layer} {'schedule' if offset == 60 else 'reserved bytes'}", with_crc(changed))

    def test_what_is_accepted_plays_through(self):
        """Plans with a number changed: what the rules accept never reads what has been overwritten."""
        random = np.random.RandomState(9)
        accepted = refused = 0
        for data in self.files:
            model = parse_model(data)
            random_plans.play(model.layers, model.image_byte_count)
            for _ in range(60):
                index = random.randint(len(model.layers))
                layer = model.layers[index]
                offset, number_type, value = [
                    (60, "I", random.randint(3)), (112, "I", random.randint(5)),
                    (116, "I", max(0, layer.rows_held + random.randint(-2, 3))),
                    (64, "Q", 64 * random.randint(model.image_byte_count // 64)),
                    (64, "Q", max(0, layer.input_offset - 64))][random.randint(5)]
                changes = [(index, offset, number_type, value)]
                if offset == 64 and index:
                    changes.append((index - 1, 72, number_type, value))
                try:
                    changed = parse_model(self.changed(data, changes))
                except FormatError:
                    refused += 1
                    continue
                accepted += 1
                random_plans.play(changed.layers, changed.image_byte_count)
        self.assertGreater(accepted, 50)
        self.assertGreater(refused, 200)


def int4_sample():
    """The file of `sample_bytes` with int4 weights in layers 0 and 1: latent 21, so that groups of 8 end early."""
    random = np.random.RandomState(7)
    _, layers, table = sample_bytes()
    layers[0]["input"] = (1, 1, 21)
    for layer, shape, inputs_a_group in ((layers[0], (2, 21, 3), 8), (layers[1], (3, 3, 3, 17), 16)):
        layer["weights"] = random.randint(-8, 8, shape)
        groups = random.randint(1, 16, (*shape[:-2], -(-shape[-2] // inputs_a_group), shape[-1]))
        layer["scales"] = np.repeat(groups, inputs_a_group, axis=-2)[..., :shape[-2], :]
    return model_bytes(layers, 1, table, {"name": "sample"}, 704), layers


class Int4Tests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data, cls.layers = int4_sample()
        cls.model = parse_model(cls.data)

    def refused(self, field, place, value):
        data = bytearray(self.data)
        data[place] = value
        with self.assertRaises(FormatError) as context:
            parse_model(with_crc(data))
        self.assertEqual(context.exception.field, field)

    def test_a_weight_is_q_times_its_scale(self):
        for found, wanted in zip(self.model.layers, self.layers):
            product = wanted["weights"] * wanted.get("scales", 1)
            self.assertTrue((found.weights == product.reshape(found.weights.shape)).all(), found.name)

    def nibble(self, place):
        return self.data[place // 2] >> place % 2 * 4 & 15

    def test_order_by_the_indices_of_the_specification(self):
        """Each half byte of [row][group]([16] scales, [input / 4][16][4] q + 8), one by one."""
        dense, convolution = self.model.layers[:2]
        rows = [(lambda i, o, p=p: (p, i, o), 21, 24, 0, 3) for p in range(2)]
        self.check_rows(dense, self.layers[0], rows, 2)
        rows = [(lambda i, o, ky=ky, kx=kx: (ky, kx, i, o), 3, 16, block * 16, 17)
                for a, b in np.ndindex(2, 2) for block in range(2)
                for ky in range(a, 3, 2) for kx in range(b, 3, 2)]
        self.check_rows(convolution, self.layers[1], rows, 4)

    def check_rows(self, layer, wanted, rows, steps_a_group):
        place = 2 * layer.weights_offset
        for index, inputs, all_inputs, first, outputs in rows:
            for group in range(0, all_inputs, 4 * steps_a_group):
                for o in range(16):
                    scale = wanted["scales"][index(group, first + o)] if first + o < outputs else 1
                    self.assertEqual(self.nibble(place + o), scale)
                place += 16
                for step in range(group, min(group + 4 * steps_a_group, all_inputs), 4):
                    for o, j in np.ndindex(16, 4):
                        inside = step + j < inputs and first + o < outputs
                        q = wanted["weights"][index(step + j, first + o)] if inside else 0
                        self.assertEqual(self.nibble(place + 4 * o + j), q + 8)
                    place += 64
        self.assertEqual(place, 2 * (layer.weights_offset + layer.weights_byte_count))

    def test_refusals(self):
        self.assertEqual(struct.unpack_from("<HH", self.data, 8), (1, 1))
        self.refused("layer 0 weight encoding", 10, 0)  # minor version
        self.refused("minor version", 10, 3)
        self.refused("layer 1 weight encoding", 256 + 48, 2)
        self.refused("layer 2 weight encoding", 384 + 48, 1)
        self.refused("layer 1 weights byte count", 256 + 48, 0)
        dense, convolution = (layer.weights_offset for layer in self.model.layers[:2])
        self.refused("layer 0 weights", dense, self.data[dense] & 0xF0)  # a scale of 0
        self.refused("layer 0 weights", dense + 1, self.data[dense + 1] & 0x0F | 0x20)  # output 3 of 3
        self.refused("layer 0 weights", dense + 8 + 6, 0x98)  # output 3 of 3
        # The third group's second step: inputs 20 to 23 of 21.
        self.refused("layer 0 weights", dense + 2 * 72 + 8 + 32, self.data[dense + 2 * 72 + 8 + 32] & 0x0F | 0x90)
        self.refused("layer 1 weights", convolution + 8 + 1, self.data[convolution + 8 + 1] & 0x0F)  # input 3 of 3
        self.refused("layer 1 weights", convolution + 8 + 32, 0x89)  # input 4 of 3


class CommandTests(unittest.TestCase):
    def run_command(self, *arguments):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            try:
                code = thimble_reference.main([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = stop.code
        return code, output.getvalue()

    def test_commands(self):
        with tempfile.TemporaryDirectory() as folder:
            random_models.write_models(folder, 3, 1, report=lambda line: None)
            model, golden = (os.path.join(folder, "random-002" + end) for end in (".thimble", ".golden.txt"))
            raw, latents, bad = (os.path.join(folder, name) for name in ("a.raw", "a.f32", "bad.txt"))
            code, text = self.run_command("digests", model, "--seeds", "0-3")
            with open(golden, encoding="ascii") as file:
                self.assertEqual((code, text), (0, file.read()))
            self.assertEqual(self.run_command("check-golden", model, golden)[0], 0)
            with open(bad, "w", encoding="ascii") as file:
                file.write(text.replace("  3\n", "  4\n"))
            self.assertEqual(self.run_command("check-golden", model, bad)[0], 1)

            parsed = thimble_reference.read_model(model)
            q = latents_from_seeds([2, 0], parsed.latent_length, parsed.distribution)
            (q / 4096).astype("<f4").tofile(latents)
            self.assertEqual(self.run_command("pixels", model, "--latents", latents, "--output", raw)[0], 0)
            with open(raw, "rb") as file:
                first = file.read()
            self.assertEqual(self.run_command("pixels", model, "--seeds", "2,0", "--output", raw)[0], 0)
            with open(raw, "rb") as file:
                self.assertEqual(file.read(), first)
            digest = hashlib.sha256(first[:len(first) // 2]).hexdigest()
            self.assertIn(f"{digest}  2\n", text)
            self.assertEqual(self.run_command("crc", latents)[0], 0)
            self.assertEqual(self.run_command("digests", raw, "--seeds", "0")[0], 65)
            self.assertEqual(self.run_command("digests", model + "x", "--seeds", "0")[0], 66)
            self.assertEqual(self.run_command("digests", model, "--seeds", "x")[0], 64)


if __name__ == "__main__":
    unittest.main()
