"""Latents of the section Latents of format.md: int16 in Q3.12, shape [images, latent length]."""

import numpy as np

from normal_table import make_table

UNIFORM, NORMAL = 0, 1
LATENT_DOMAIN = 1
LOW_WORD = np.uint64(0xFFFFFFFF)


def philox4x32_10(counter, key):
    """Philox4x32-10 (Salmon et al. 2011). Shapes [..., 4] and [..., 2] of words, result [..., 4]; uint64 holding 32 bits."""
    c0, c1, c2, c3 = np.moveaxis(np.asarray(counter, dtype=np.uint64), -1, 0)
    k0, k1 = np.moveaxis(np.asarray(key, dtype=np.uint64), -1, 0)
    for _ in range(10):
        product0 = c0 * np.uint64(0xD2511F53)
        product1 = c2 * np.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = ((product1 >> np.uint64(32)) ^ c1 ^ k0, product1 & LOW_WORD,
                          (product0 >> np.uint64(32)) ^ c3 ^ k1, product0 & LOW_WORD)
        k0 = (k0 + np.uint64(0x9E3779B9)) & LOW_WORD
        k1 = (k1 + np.uint64(0xBB67AE85)) & LOW_WORD
    return np.stack([c0, c1, c2, c3], axis=-1)


def random_halves(seeds, count):
    """The 16-bit numbers u of each seed, low half of each word first. Shape [seeds, count], int64."""
    seeds = np.array([int(seed) for seed in seeds], dtype=np.uint64)
    blocks = -(-count // 8)
    counter = np.zeros((len(seeds), blocks, 4), dtype=np.uint64)
    counter[:, :, 0] = np.arange(blocks)
    counter[:, :, 3] = LATENT_DOMAIN
    key = np.zeros((len(seeds), blocks, 2), dtype=np.uint64)
    key[:, :, 0] = (seeds & LOW_WORD)[:, None]
    key[:, :, 1] = (seeds >> np.uint64(32))[:, None]
    words = philox4x32_10(counter, key).astype(np.int64)
    halves = np.stack([words & 0xFFFF, words >> 16], axis=-1)
    return halves.reshape(len(seeds), blocks * 8)[:, :count]


def uniform_latent(u):
    """Uniform in [-1, 1]."""
    return ((u + 4) >> 3) - 4096


def normal_latent(u):
    """Normal, by the table of quantiles and linear interpolation."""
    table = np.array(make_table(), dtype=np.int64)
    t = u & 0x7FFF
    i = t >> 5
    f = 2 * (t & 31) + 1
    magnitude = table[i] + (((table[i + 1] - table[i]) * f + 32) >> 6)
    return np.where(u & 0x8000, -magnitude, magnitude)


def latents_from_seeds(seeds, length, distribution, classes=0):
    """One latent for each seed (0 ... 2^64 - 1). The last `classes` numbers tell its class: the seed modulo the classes."""
    make = {UNIFORM: uniform_latent, NORMAL: normal_latent}[distribution]
    drawn = make(random_halves(seeds, length - classes)).astype(np.int16)
    if not classes:
        return drawn
    told = np.array([[4096 * (int(seed) % classes == c) for c in range(classes)] for seed in seeds], dtype=np.int16)
    return np.hstack([drawn, told])


def latent_from_seed(seed, length, distribution, classes=0):
    """The latent of one seed. Shape [length]."""
    return latents_from_seeds([seed], length, distribution, classes)[0]


def latent_from_floats(values):
    """Rounds 4096 * value half to even and saturates to int16; any shape. Raises ValueError on a NaN."""
    values = np.asarray(values, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("latent: found NaN, wanted numbers")
    return np.clip(np.rint(values * 4096), -32768, 32767).astype(np.int16)


def between(start, end, step, steps):
    """The nearest integers to the points after `step` of `steps` equal steps from start to end, halves upwards; any shape."""
    start, end = np.asarray(start, dtype=object), np.asarray(end, dtype=object)
    # Python's integers: nothing can overflow, and // rounds down.
    return np.array((2 * (start * (steps - step) + end * step) + steps) // (2 * steps), dtype=np.int16)


def walk(latents, frames):
    """Straight lines through rows of latents: for each two `frames` latents, the first row among them; then the last row."""
    legs = [between(a, b, step, frames) for a, b in zip(latents, latents[1:]) for step in range(frames)]
    return np.stack(legs + [latents[-1]])
