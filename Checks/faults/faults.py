"""The faults that Checks/lattice plants: wrong kernels that are easily written."""

from dataclasses import dataclass

HEADERS = "Sources/Runtime/ThimbleIntrinsics/include/"
TYPES = "Sources/Runtime/ThimbleKernelInterface/"
# Instead of a set: a fault that all sets share, and one of the plain reference.
SHARED, REFERENCE = "shared", "reference"

# The sets of the package, and TARGET/SET those of the board sampler, whose x86-64 kernels are the compact ones.
PACKAGE = ("v3", "v4vnni", "portable", "v3vnni-twin", "v2")
COMPACT = ("x86_64/v3", "x86_64/v4vnni", "x86_64/portable", "x86_64/v2")
SIGNED = ("aarch64/neon", "aarch64/dotprod", "armv7/armv7")
ALL = PACKAGE + COMPACT + SIGNED + ("aarch64/portable", "armv7/portable", "riscv64/portable")

LANES_16 = ("v4vnni", "x86_64/v4vnni")
NOT_512 = tuple(name for name in ALL if name not in LANES_16)
# Registers without a lane for each channel of a block of 16, and with just four: their last layer has tiles of its own kind.
OUTPUT_TILE = ("v3", "v3vnni-twin", "v4vnni")
NOT_OUTPUT_TILE = tuple(name for name in ALL if name not in OUTPUT_TILE)
SKIPS_EDGES = PACKAGE + ("aarch64/portable", "armv7/portable")
# Of more than two pixels.
WIDE = ("v3", "v3vnni-twin", "v4vnni")
# Where a row's end has a tile of its own.
NARROW = PACKAGE + ("x86_64/v4vnni", "aarch64/neon", "aarch64/dotprod", "aarch64/portable", "armv7/portable")
# Even and odd weights apart.
NO_DOT_PRODUCT = ("portable", "v2", "v3", "x86_64/portable", "x86_64/v2", "x86_64/v3", "aarch64/portable", "armv7/portable")
# The reference is compiled into `portable` and shares its one rounding function.
NOT_PORTABLE = tuple(name for name in ALL if not name.endswith("portable"))


@dataclass(frozen=True)
class Fault:
    """`old`, which occurs once in the file, becomes `new` in one of `sets`. In headers it must be within a line."""

    name: str
    file: str
    old: str
    new: str
    sets: tuple = ALL
    # Whether it may break the program off, so that nothing else can be found in the same run.
    ends_program: bool = False


FAULTS = [
    # The tile of a convolution.
    Fault("taps along y and x are exchanged", "ConvolutionTile.swift",
          "weights + (tapY * unit.tapsX + tapX) * tapBytes", "weights + (tapX * unit.tapsY + tapY) * tapBytes"),
    Fault("the last inputs are left out", "ConvolutionTile.swift",
          "in 0..<part / stepInputs {", "in 0..<part / stepInputs - 1 {"),
    Fault("not the first pixel: it is added nevertheless", "ConvolutionTile.swift",
          "blockBytes, scratch, from: 1, to: pixels)", "blockBytes, scratch, from: 0, to: pixels)", SKIPS_EDGES),
    Fault("not the last pixel: it is added nevertheless", "ConvolutionTile.swift",
          "blockBytes, scratch, from: 0, to: pixels - 1)", "blockBytes, scratch, from: 0, to: pixels)", SKIPS_EDGES),
    Fault("not the last pixel: the one before is left out too", "ConvolutionTile.swift",
          "blockBytes, scratch, from: 0, to: pixels - 1)", "blockBytes, scratch, from: 0, to: pixels - 2)", SKIPS_EDGES),
    Fault("not the first pixel: nor is the last", "ConvolutionTile.swift",
          # A tile of two pixels has no place between them.
          "if skipsEdges && first == 1 && end == line.count {", "if skipsEdges && first == 1 {", WIDE),
    Fault("outside of the map: no zeros are read", "ConvolutionTile.swift",
          "inside[p] = layer.zeros", "inside[p] = inputs[p]"),
    Fault("left of the map: no zeros are read", "ConvolutionTile.swift",
          "where p < first || p >= end", "where p >= end"),
    Fault("right of the map: no zeros are read", "ConvolutionTile.swift",
          "if first != 0 || end != line.count { inputs", "if first != 0 { inputs"),
    Fault("all pixels read the first one's inputs", "ConvolutionTile.swift",
          "inputs[p] = here + offsets[p]", "inputs[p] = here + offsets[0]"),
    Fault("blocks of one tile read the same weights", "ConvolutionTile.swift",
          "(block * blockBytes + part", "(0 * block * blockBytes + part", LANES_16),
    Fault("registers of one block read the same weights", "ConvolutionTile.swift",
          "+ part * 4 * thimble_sums.scalarCount", "+ 0 * part * thimble_sums.scalarCount", NOT_512),
    # int4.
    Fault("int4: the last step of a group is left out", "NibbleWeights.swift",
          "blockBytes, steps: 4,", "blockBytes, steps: 3,"),
    Fault("int4: all inputs have the weights of the first sixteen", "ConvolutionTile.swift",
          "weights + firstInput / 16 * 136", "weights + firstInput / 4096 * 136"),
    Fault("int4: sixteen inputs are taken for all", "ConvolutionTile.swift",
          "stepBlockBytes, firstInput + input,", "stepBlockBytes, input,"),
    Fault("int4: all blocks of a tile have the weights of the first", "NibbleWeights.swift",
          "unpackGroup(packed + block * blockBytes,", "unpackGroup(packed + block / 4096 * blockBytes,", LANES_16),
    Fault("int4: blocks of a tile lie at the wrong places", "ConvolutionTile.swift",
          "(UnsafePointer(scratch.weights), 256)", "(UnsafePointer(scratch.weights), 128)", LANES_16),
    Fault("int4: a group is taken to be shorter by its scales", "NibbleWeights.swift",
          "from += 8 + 32 * count", "from += 32 * count"),
    # Which tiles a unit is made of.
    Fault("a last odd block, or last layer, is left out", "Convolution.swift",
          "if block < unit.endBlock {", "if block + 1 < unit.endBlock {", LANES_16 + NOT_OUTPUT_TILE),
    Fault("a kernel too large for the last layer's own tiles is left out", "Convolution.swift",
          "if block < unit.endBlock {", "if block + 1 < unit.endBlock {", OUTPUT_TILE),
    Fault("the last block is left to the last layer's tile", "Convolution.swift",
          "while block + Wide.blocks <= unit.endBlock", "while block + Wide.blocks < unit.endBlock"),
    Fault("a last layer is left to the widest tile", "Convolution.swift",
          "while block + Wide.blocks <= unit.endBlock && layer.table == nil {",
          "while block + Wide.blocks <= unit.endBlock {",
          tuple(name for name in NOT_OUTPUT_TILE if name not in LANES_16)),
    Fault("the last tile's lines are longer than it", "Convolution.swift",
          "forEachLine(layer, unit, pixels: outputPixels)", "forEachLine(layer, unit, pixels: outputPixels + 1)"),
    Fault("lines too long for it are left to the narrow tile", "Convolution.swift",
          "if line.count <= narrow {", "if line.count <= narrow + 1 {", NARROW),
    Fault("two of four blocks are left out", "Convolution.swift",
          "Short.run(layer, unit, block,", "Wide.run(layer, unit, block,", ("v4vnni",)),
    # Lines.
    Fault("rows beyond the last one are read", "TileLine.swift",
          "max(0, inputRow - layer.inputHeight + 1)", "max(0, inputRow - layer.inputHeight)"),
    Fault("a column beyond the last one is read", "TileLine.swift",
          "min(count, layer.inputWidth - column))", "min(count, layer.inputWidth - column + 1))"),
    Fault("a column before the first one is read", "TileLine.swift",
          "(max(0, -column), min", "(max(0, -column - 1), min"),
    Fault("across images, the step is that of a row", "TileLine.swift",
          "= (layer.inputImageStride, layer.outputImageStride, 0)", "= (line.inputStep, layer.outputImageStride, 0)"),
    Fault("across images, the border is that of a row", "TileLine.swift",
          "= (layer.inputImageStride, layer.outputImageStride, 0)",
          "= (layer.inputImageStride, layer.outputImageStride, 1)"),
    # Storing a line, and the output table.
    Fault("all registers are rounded like the first", "Requantize.swift",
          "layer.multipliers + channel, layer.shift)",
          "layer.multipliers + (channel - register * thimble_sums.scalarCount), layer.shift)"),
    Fault("all registers have the bias of the first", "Requantize.swift",
          "ActivationEpilogue(layer.biases + channel,",
          "ActivationEpilogue(layer.biases + (channel - register * thimble_sums.scalarCount),"),
    Fault("all registers store the sums of the first", "Requantize.swift",
          "(sums + register, line.output + channel)", "(sums + register / 4096, line.output + channel)"),
    Fault("a pixel stores the next register's sums", "Requantize.swift", "sum += registers", "sum += 1"),
    Fault("the last pixel of a line is not stored", "Requantize.swift",
          "for _ in 0..<line.count {", "for _ in 0..<line.count - 1 {"),
    Fault("the output table has an entry too many", "Requantize.swift",
          "thimble_at_most(epilogue.words(sum.pointee), 4095)", "thimble_at_most(epilogue.words(sum.pointee), 4096)"),
    Fault("channels of the last layer in reverse", "Requantize.swift",
          "table[Int(entries[i])]", "table[Int(entries[layer.outputChannels - 1 - i])]"),
    # The last layer's own tile.
    Fault("the last layer's own tile: channels in reverse", "OutputTile.swift",
          "(first + channel)", "(first + channels - 1 - channel)", OUTPUT_TILE),
    Fault("the last layer's inputs beyond whole registers are left out", "OutputTile.swift",
          "if at < inputCount {", "if at + 1 < 0 {", ("v3vnni-twin", "v4vnni")),
    Fault("the last layer's own tile: outside of the map, no zeros are read", "OutputTile.swift",
          "inside[p] = layer.zeros - here", "inside[p] = 0", OUTPUT_TILE),
    Fault("the last layer's own tile: not the first pixel, which is added nevertheless", "OutputTile.swift",
          "inputStride, from: 1, to: pixels)", "inputStride, from: 0, to: pixels)", OUTPUT_TILE),
    Fault("the last layer's own tile: not the last pixel, which is added nevertheless", "OutputTile.swift",
          "inputStride, from: 0, to: pixels - 1)", "inputStride, from: 0, to: pixels)", OUTPUT_TILE),
    Fault("the last layer's own tile: the table has an entry too many", "OutputTile.swift",
          "thimble_at_most(words, 4095)", "thimble_at_most(words, 4096)", OUTPUT_TILE),
    Fault("the last layer's own tile: all channels have the bias of the first", "OutputTile.swift",
          "layer.biases[first + value / pixels]", "layer.biases[value / pixels]", OUTPUT_TILE),
    Fault("the last layer's fourth channel is left out", "OutputConvolution.swift",
          "while first < layer.outputChannels {", "while first < min(3, layer.outputChannels) {", OUTPUT_TILE),
    Fault("three channels at once where there is room for one", "OutputConvolution.swift",
          "count >= 3 * shape.channelStride ?", "count >= shape.channelStride ?", OUTPUT_TILE, True),
    # The dense layer.
    Fault("dense: the last group of the latent is left out", "Dense.swift",
          "for group in 0..<groups {", "for group in 0..<groups - 1 {"),
    Fault("dense: the next image's latent is read", "Dense.swift",
          "image * (layer.imageStride / 2)", "(image + 1) % layer.images * (layer.imageStride / 2)"),
    Fault("dense: the last image is left out", "Dense.swift",
          "while image < layer.images {", "while image + 1 < layer.images {"),
    Fault("dense: all registers of a block are rounded like the first", "Dense.swift",
          "layer.multipliers + channel, layer.shift)", "layer.multipliers + block * 16, layer.shift)", NOT_512),
    Fault("dense: int4 blocks are unpacked over each other", "Dense.swift",
          "to: room + (block - first) * steps * 64)", "to: room)"),
    # Rounding.
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
    # What all sets have.
    Fault("odd weights lose their sign", HEADERS + "dot_products.h",
          "result.hi = pairs >> 8;", "result.hi = (thimble_shorts)((thimble_unsigned_shorts)pairs >> 8);",
          NO_DOT_PRODUCT),
    Fault("CRC-32C: tables in the wrong order", "Checksum.swift", "(7 - byte) * 256", "byte * 256",
          ("portable", "x86_64/portable", "aarch64/neon", "aarch64/portable", "armv7/armv7", "riscv64/portable")),
    Fault("-128 is found in the last 64 bytes alone", "Checksum.swift", "found = found .| (", "found = ("),
    Fault("weights of a phase begin at the wrong place", TYPES + "IntegerConvolution.swift",
          "taps(phase / stride) * taps(phase % stride) * bytesATap",
          "taps(phase / stride) * taps(phase / stride) * bytesATap", (SHARED,)),
    Fault("the plain reference leaves out the last row", "Sources/Runtime/ThimbleKernels/Integer/ConvolutionReference.swift",
          "row < layer.inputHeight, column", "row < layer.inputHeight - 1, column", (REFERENCE,)),
]
