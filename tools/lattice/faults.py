"""The faults that tools/check-lattice plants: wrong kernels that are easily written."""

from dataclasses import dataclass

HEADERS = "Sources/ThimbleIntrinsics/include/"
TYPES = "Sources/ThimbleKernelTypes/"
# Instead of a set: a fault that all sets share, and one of the plain reference.
SHARED, REFERENCE = "shared", "reference"

# Tiles of four pixels and more: those of two never need zeros, for a case of their own leaves out each of the two.
WIDE = ("v3", "v3vnni-twin", "v4vnni")
ALL = ("v3", "v4vnni", "portable", "v3vnni-twin", "v2")
NOT_512 = ("portable", "v2", "v3", "v3vnni-twin")
NO_DOT_PRODUCT = ("portable", "v2", "v3")
# The reference is compiled into `portable` and shares its one rounding function.
NOT_PORTABLE = ("v2", "v3vnni-twin", "v3", "v4vnni")


@dataclass(frozen=True)
class Fault:
    """`old`, which occurs once in the file, becomes `new` in one of `sets`. In headers it must be within a line."""

    name: str
    file: str
    old: str
    new: str
    sets: tuple = ALL


FAULTS = [
    Fault("taps along y and x are exchanged", "ConvolutionTile.swift",
          "weights + (tapY * unit.tapsX + tapX) * tapBytes", "weights + (tapX * unit.tapsY + tapY) * tapBytes"),
    Fault("the last group of inputs is left out", "ConvolutionTile.swift",
          "in 0..<inputCount / 4 {", "in 0..<inputCount / 4 - 1 {"),
    Fault("not the first pixel: it is added nevertheless", "ConvolutionTile.swift",
          "blockBytes, inputStride, room, from: 1, to: pixels)", "blockBytes, inputStride, room, from: 0, to: pixels)"),
    Fault("not the last pixel: it is added nevertheless", "ConvolutionTile.swift",
          "blockBytes, inputStride, room, from: 0, to: pixels - 1)", "blockBytes, inputStride, room, from: 0, to: pixels)"),
    Fault("not the last pixel: the one before is left out too", "ConvolutionTile.swift",
          "blockBytes, inputStride, room, from: 0, to: pixels - 1)", "blockBytes, inputStride, room, from: 0, to: pixels - 2)",
          WIDE),
    Fault("outside of the map: no zeros are read", "ConvolutionTile.swift",
          "inputs[p] = layer.zeros", "inputs[p] = here + offsets[p]", WIDE),
    Fault("repeated pixels are taken for ones outside of the map", "ConvolutionTile.swift",
          "p < first || min(p, line.count - 1) >= end", "p < first || p >= end", WIDE),
    Fault("blocks of one tile read the same weights", "ConvolutionTile.swift",
          "(block * blockBytes + part", "(0 * blockBytes + part", ("v4vnni",)),
    Fault("int4: the last step of a group is left out", "ConvolutionTile.swift",
          "for step in 0..<4 {", "for step in 0..<3 {"),
    Fault("int4: a group is taken to be shorter by its scales", "NibbleWeights.swift",
          "from += 8 + 32 * count", "from += 32 * count"),
    Fault("an odd last block is left out", "Convolution.swift",
          "if block < unit.endBlock {", "if block + 1 < unit.endBlock {", ("v4vnni",)),
    Fault("rows beyond the last one are read", "TileLine.swift",
          "max(0, inputRow - layer.inputHeight + 1)", "max(0, inputRow - layer.inputHeight)"),
    Fault("across images, the step is that of a row", "TileLine.swift",
          "= (layer.inputImageStride, layer.outputImageStride, 0)", "= (line.inputStep, layer.outputImageStride, 0)"),
    Fault("across images, the border is that of a row", "TileLine.swift",
          "= (layer.inputImageStride, layer.outputImageStride, 0)",
          "= (layer.inputImageStride, layer.outputImageStride, 1)"),
    Fault("channels of the last layer in reverse", "OutputTile.swift",
          "(first + channel)", "(first + channels - 1 - channel)"),
    Fault("the last layer's inputs beyond whole registers are left out", "OutputTile.swift",
          "if at < inputCount {", "if at + 1 < 0 {", ("v3vnni-twin", "v4vnni")),
    Fault("the last layer: outside of the map, no zeros are read", "OutputTile.swift",
          "inside[p] = layer.zeros - here", "inside[p] = 0"),
    Fault("the last layer: not the first pixel, which is added nevertheless", "OutputTile.swift",
          "inputStride, from: 1, to: pixels)", "inputStride, from: 0, to: pixels)"),
    Fault("the last layer, pixel by pixel: no bias", "OutputConvolution.swift",
          "var sum = layer.biases[channel]", "var sum = Int32(0)"),
    Fault("dense: the last group of the latent is left out", "Dense.swift",
          "for group in 0..<groups {", "for group in 0..<groups - 1 {"),
    Fault("dense: the next image's latent is read", "Dense.swift",
          "image * (layer.imageStride / 2)", "(image + 1) % layer.images * (layer.imageStride / 2)"),
    Fault("slow rounding: halves go down", "Requantize.swift",
          "1 &<< (shift &- 1)) &>> shift", "(1 &<< (shift &- 1)) &- 1) &>> shift", NOT_PORTABLE),
    Fault("slow rounding: no limit", "Requantize.swift",
          "UInt32(min(0x7FFF_FFFF, requantize(sums[i], multiplier: multipliers[i], shift: shift)))",
          "UInt32(0x7FFF_FFFF & requantize(sums[i], multiplier: multipliers[i], shift: shift))"),
    Fault("rounding: halves go down", HEADERS + "requantize.h", "(1ull << (shift - 1))", "((1ull << (shift - 1)) - 1)"),
    Fault("odd lanes are shifted by one more", HEADERS + "requantize.h", "(shift - 32)", "(shift - 31)"),
    Fault("no ReLU", HEADERS + "requantize.h",
          "__builtin_elementwise_max(sums, (thimble_sums)(0))", "sums"),
    Fault("activations end at 254", HEADERS + "requantize.h", "(thimble_sums)(255)", "(thimble_sums)(254)", NOT_512),
    Fault("the output table ends at 4,094", HEADERS + "requantize.h", "(thimble_sums)(most)", "(thimble_sums)(most - 1)"),
    Fault("odd weights lose their sign", HEADERS + "dot_products.h",
          "result.hi = pairs >> 8;", "result.hi = (thimble_shorts)((thimble_unsigned_shorts)pairs >> 8);",
          NO_DOT_PRODUCT),
    Fault("CRC-32C: tables in the wrong order", "Checksum.swift", "(7 - byte) * 256", "byte * 256", ("portable",)),
    Fault("-128 is found in the last 64 bytes alone", "Checksum.swift", "found = found .| (", "found = ("),
    Fault("weights of a phase begin at the wrong place", TYPES + "IntegerConvolution.swift",
          "taps(phase / stride) * taps(phase % stride) * bytesATap",
          "taps(phase / stride) * taps(phase / stride) * bytesATap", (SHARED,)),
    Fault("the plain reference leaves out the last row", "Sources/ThimbleKernels/Integer/ConvolutionReference.swift",
          "row < layer.inputHeight, column", "row < layer.inputHeight - 1, column", (REFERENCE,)),
]
