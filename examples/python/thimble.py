"""Pictures from a .thimble file as NumPy arrays, by the C library and ctypes.

    import thimble
    with thimble.Generator("weights/fashion28/generator.thimble", images=64) as generator:
        images = generator.from_seeds(range(64))      # uint8 [64][28][28][1]

The library is the one that THIMBLE_LIBRARY names, or libthimble.so where the system looks for libraries.
"""

import ctypes
import operator
import os
from ctypes import POINTER, byref, c_char_p, c_float, c_int16, c_int32, c_size_t, c_uint32, c_uint64, c_uint8, c_void_p

import numpy

DISTRIBUTIONS = ["uniform", "normal"]


class Error(Exception):
    """What the library refuses, in its own words; `status`, `field`, `layer`, `found` and `wanted` as in thimble.h."""

    def __init__(self, error, text):
        super().__init__(text)
        self.status, self.layer = error.status, error.layer
        self.found, self.wanted = error.found, error.wanted
        self.field = error.field.decode()


class _Error(ctypes.Structure):
    _fields_ = [("status", c_int32), ("layer", c_int32), ("relation", c_int32), ("reserved", c_int32),
                ("found", c_uint64), ("wanted", c_uint64), ("field", c_char_p)]


class _Model(ctypes.Structure):
    _fields_ = [("content", c_uint64 * 512)]


def _load():
    library = ctypes.CDLL(os.environ.get("THIMBLE_LIBRARY", "libthimble.so"))
    model, error, pixels = POINTER(_Model), POINTER(_Error), POINTER(c_uint8)
    declarations = {
        "model_open": (c_int32, model, c_void_p, c_size_t, error),
        "model_map": (c_int32, model, c_char_p, error),
        "model_close": (None, model),
        "image_height": (c_uint32, model),
        "image_width": (c_uint32, model),
        "image_channels": (c_uint32, model),
        "latent_length": (c_uint32, model),
        "class_count": (c_uint32, model),
        "latent_distribution": (c_int32, model),
        "metadata": (c_void_p, model, POINTER(c_size_t)),
        "instruction_set": (c_char_p, model),
        "generator_byte_count": (c_size_t, model, c_size_t, c_size_t),
        "generator_create": (c_int32, model, c_void_p, c_size_t, c_size_t, c_size_t, POINTER(c_void_p), error),
        "generate_from_seeds": (c_int32, c_void_p, POINTER(c_uint64), c_size_t, pixels, c_size_t, error),
        "generate_from_latents": (c_int32, c_void_p, POINTER(c_int16), c_size_t, pixels, c_size_t, error),
        "latents_from_floats": (c_int32, POINTER(c_float), c_size_t, POINTER(c_int16), error),
        "latent_of_seed": (c_int32, model, c_uint64, POINTER(c_int16), c_size_t, error),
        "latent_of_class": (c_int32, model, c_uint64, c_uint32, POINTER(c_int16), c_size_t, error),
        "error_text": (c_size_t, error, c_char_p, c_size_t),
        "version": (c_char_p,),
    }
    for name, (result, *arguments) in declarations.items():
        function = getattr(library, "thimble_" + name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()
version = _library.thimble_version().decode()


def _call(name, *arguments):
    """Calls a function that can fail, and raises what it refuses."""
    error = _Error()
    if getattr(_library, "thimble_" + name)(*arguments, byref(error)):
        text = ctypes.create_string_buffer(256)
        _library.thimble_error_text(byref(error), text, len(text))
        raise Error(error, text.value.decode())


def _pointer(array, element):
    return array.ctypes.data_as(POINTER(element))


def _integer(number, bits, name):
    """An integer of so many bits: ctypes would cut off the others without a word."""
    try:
        value = operator.index(number)
    except TypeError:
        raise TypeError(f"{name}: found {type(number).__name__}, wanted an integer") from None
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{name}: found {value}, wanted an integer from 0 to 2^{bits} - 1")
    return value


def _elements(latents):
    """Latents as int16 in Q3.12, or as float32 to be rounded to it."""
    if latents.dtype.kind == "f":
        return latents.astype(numpy.float32, copy=False)
    if latents.dtype.kind == "i" and latents.dtype.itemsize == 2:
        return latents.astype(numpy.int16, copy=False)
    raise TypeError(f"latents: found {latents.dtype}, wanted int16 in Q3.12 (4096 stands for 1), or floats")


def _aligned(byte_count):
    """Bytes aligned to 64."""
    block = numpy.empty(byte_count + 63, numpy.uint8)
    start = -block.ctypes.data % 64
    return block[start:start + byte_count]


class Generator:
    """A model and a generator made from it. For one thread at a time."""

    def __init__(self, source, images=1):
        """`source`: the path of a .thimble file, or its bytes. `images`: how many are made at once, 1 to 65,536."""
        self._model = _Model()
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._bytes = _aligned(len(source))
            self._bytes[:] = numpy.frombuffer(source, numpy.uint8)
            _call("model_open", byref(self._model), self._bytes.ctypes.data, len(self._bytes))
        else:
            _call("model_map", byref(self._model), os.fsencode(source))
        ask = {name: getattr(_library, "thimble_" + name)(byref(self._model)) for name in (
            "image_height", "image_width", "image_channels", "latent_length", "class_count",
            "latent_distribution", "instruction_set")}
        self.shape = (ask["image_height"], ask["image_width"], ask["image_channels"])
        self.latent_length = ask["latent_length"]
        self.class_count = ask["class_count"]
        self.distribution = DISTRIBUTIONS[ask["latent_distribution"]]
        self.instruction_set = ask["instruction_set"].decode()
        self.images = images
        byte_count = _library.thimble_generator_byte_count(byref(self._model), images, 1)
        self._memory = _aligned(byte_count)
        self._generator = c_void_p()
        _call("generator_create", byref(self._model), self._memory.ctypes.data, byte_count, images, 1,
              byref(self._generator))

    def close(self):
        """Gives the file back. The generator makes no more images."""
        self._generator = c_void_p()
        _library.thimble_model_close(byref(self._model))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def metadata(self):
        """What the file says of itself: JSON text."""
        count = c_size_t()
        start = _library.thimble_metadata(byref(self._model), byref(count))
        return ctypes.string_at(start, count.value).decode() if start else ""

    def latent(self, seed, chosen=None):
        """The latent of a seed: int16 in Q3.12 [latent length]; of its own class, the seed modulo the classes, or of the chosen one."""
        latent = numpy.empty(self.latent_length, numpy.int16)
        seed = _integer(seed, 64, "seed")
        if chosen is None:
            _call("latent_of_seed", byref(self._model), seed, _pointer(latent, c_int16), len(latent))
        else:
            chosen = _integer(chosen, 32, "class")
            _call("latent_of_class", byref(self._model), seed, chosen, _pointer(latent, c_int16), len(latent))
        return latent

    def from_seeds(self, seeds):
        """Images of seeds, integers: uint8 [n][height][width][channels]."""
        seeds = numpy.array([_integer(seed, 64, "seed") for seed in seeds], numpy.uint64)
        return self._generate("generate_from_seeds", _pointer(seeds, c_uint64), len(seeds))

    def from_latents(self, latents):
        """Images of latents [n][latent length], int16 in Q3.12 or floats: uint8 [n][height][width][channels].

        Floats of another width are rounded to float32 first. Other integers could be meant either way: TypeError.
        """
        latents = numpy.atleast_2d(latents)
        if latents.ndim != 2 or latents.shape[1] != self.latent_length:
            raise ValueError(f"latents: found the shape {latents.shape}, wanted [n][{self.latent_length}]")
        # A copy, in order and aligned: a field of a packed record is neither.
        latents = numpy.require(_elements(latents), requirements=["C", "A"])
        if latents.dtype != numpy.int16:
            floats = latents
            latents = numpy.empty(floats.shape, numpy.int16)
            _call("latents_from_floats", _pointer(floats, c_float), floats.size, _pointer(latents, c_int16))
        return self._generate("generate_from_latents", _pointer(latents, c_int16), len(latents))

    def _generate(self, function, numbers, count):
        # One image more than the generator takes is refused by the library, before it writes any pixel.
        images = numpy.empty((count, *self.shape), numpy.uint8)
        _call(function, self._generator, numbers, count, _pointer(images, c_uint8), images.nbytes)
        return images
