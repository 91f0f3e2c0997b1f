"""The section Arithmetic of format.md, in wide integers, by scatter: the definition, not the gathered form."""

import numpy as np

from model_file import DENSE, OUTPUT_TABLE

IMAGES_AT_ONCE = 8


def exact_matrix_product(a, b):
    """Product of int64 matrices, through f64: exact, since all partial sums are integers below 2^53 in magnitude."""
    assert a.shape[-1] * int(np.abs(a).max(initial=0)) * int(np.abs(b).max(initial=0)) < 2 ** 53
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)


def wrap_to_int32(sums):
    """Two's complement of 32 bits, kept in int64."""
    return ((sums + 2 ** 31) & 0xFFFFFFFF) - 2 ** 31


def dense(layer, latents):
    """[n, latent length] to accumulators [n, height, width, channels]."""
    height, width, channels = layer.output_shape
    weights = layer.weights.astype(np.int64).transpose(2, 0, 1, 3).reshape(-1, height * width * channels)
    sums = exact_matrix_product(latents.astype(np.int64), weights)
    return wrap_to_int32(sums.reshape(-1, height, width, channels) + layer.biases.astype(np.int64))


def fractionally_strided_convolution(layer, maps):
    """[n, height, width, channels] to accumulators: input i and tap k meet at i * stride - padding + k."""
    count, height, width, channels_in = maps.shape
    output_height, output_width, channels_out = layer.output_shape
    stride, padding = layer.stride, layer.padding
    # Uncropped plane: position p of it is the output position p - padding.
    scattered = np.zeros((count, padding + max(output_height, height * stride + layer.kernel),
                          padding + max(output_width, width * stride + layer.kernel), channels_out), dtype=np.int64)
    rows = maps.astype(np.int64).reshape(-1, channels_in)
    weights = layer.weights.astype(np.int64)
    for ky in range(layer.kernel):
        for kx in range(layer.kernel):
            products = exact_matrix_product(rows, weights[ky, kx]).reshape(count, height, width, channels_out)
            scattered[:, ky:ky + height * stride:stride, kx:kx + width * stride:stride] += products
    cropped = scattered[:, padding:padding + output_height, padding:padding + output_width]
    return wrap_to_int32(cropped + layer.biases.astype(np.int64))


def accumulators(layer, inputs):
    """int32 sums of a layer, in int64."""
    return dense(layer, inputs) if layer.kind == DENSE else fractionally_strided_convolution(layer, inputs)


def requantize(sums, multipliers, shift):
    """r(acc), the one rounding rule; below 2^63, so that int64 holds every step."""
    products = np.maximum(sums, 0) * multipliers.astype(np.int64)
    return (products + (1 << (shift - 1))) >> shift


def run_layer(layer, inputs, output_table):
    """One layer with its epilogue. Result uint8."""
    values = requantize(accumulators(layer, inputs), layer.multipliers, layer.shift)
    if layer.epilogue == OUTPUT_TABLE:
        return output_table[np.minimum(values, 4095)]
    return np.minimum(values, 255).astype(np.uint8)


def generate(model, latents):
    """Latents int16 [n, latent length] to pixels uint8 [n, height, width, channels]."""
    latents = np.asarray(latents)
    assert latents.dtype == np.int16 and latents.shape[1:] == (model.latent_length,)
    images = np.zeros((len(latents), *model.image_shape), dtype=np.uint8)
    for start in range(0, len(latents), IMAGES_AT_ONCE):
        values = latents[start:start + IMAGES_AT_ONCE]
        for layer in model.layers:
            values = run_layer(layer, values, model.output_table)
        images[start:start + IMAGES_AT_ONCE] = values
    return images
