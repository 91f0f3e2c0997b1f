"""Faults in what only the kernels of Arm and RISC-V have: `check-lattice --boards` plants each of them in every set that has it."""

from faults import Fault, HEADERS, SIGNED

DOT_PRODUCTS = HEADERS + "dot_products.h"
NEON = ("aarch64/neon", "armv7/armv7")
DOTPROD = ("aarch64/dotprod",)
RISCV = ("riscv64/portable",)

BOARD_FAULTS = [
    # Signed dot products: what zeros as inputs add.
    Fault("zero taps are not taken off", "Requantize.swift",
          "epilogue.takeOff(zeroTaps[register])", "epilogue.takeOff(.zero)", SIGNED),
    Fault("the zero taps of one register are taken off all", "Requantize.swift",
          "epilogue.takeOff(zeroTaps[register])", "epilogue.takeOff(zeroTaps[0])", SIGNED),
    Fault("zero taps are those of the last tap", "ConvolutionTile.swift",
          "all[register] = thimble_add(all[register], sums)", "all[register] = sums", SIGNED),
    Fault("zero taps are those of the unit's first block", "Convolution.swift",
          "Wide.addUpZeroTaps(layer, unit, block, scratch)", "Wide.addUpZeroTaps(layer, unit, unit.firstBlock, scratch)",
          SIGNED),
    Fault("the last layer's zero taps are not added up", "Convolution.swift",
          "Output.addUpZeroTaps(layer, unit, block, scratch)", "_ = scratch", SIGNED),
    Fault("missing taps are not added", "ConvolutionTile.swift",
          "{ totals[i] = missing[i % registers] }", "where registers == 0 { totals[i] = missing[i] }", SIGNED),
    Fault("missing taps of one register are added to all", "ConvolutionTile.swift",
          "totals[i] = missing[i % registers]", "totals[i] = missing[0]", SIGNED),
    Fault("taps that miss the map along x are not added", "ConvolutionTile.swift",
          "tapY < line.endTapY && first < end {", "tapY < line.endTapY && (first < end || first >= 0) {", SIGNED),
    Fault("taps that miss the map above it are not added", "ConvolutionTile.swift",
          "tapY >= line.firstTapY && tapY < line.endTapY && first", "tapY >= line.firstTapY && first", SIGNED),
    Fault("taps that miss the map below it are not added", "ConvolutionTile.swift",
          "tapY >= line.firstTapY && tapY < line.endTapY && first", "tapY < line.endTapY && first", SIGNED),
    Fault("a missing tap is taken for the one before", "ConvolutionTile.swift",
          "zeroTaps + (tapY * unit.tapsX + tapX + 1) * registers", "zeroTaps + (tapY * unit.tapsX + tapX) * registers",
          SIGNED),
    # Their loads and products.
    Fault("dotprod: inputs are not made signed", DOT_PRODUCTS, "vdupq_n_u8(0x80)", "vdupq_n_u8(0)", DOTPROD),
    Fault("dotprod: the third four inputs twice", DOT_PRODUCTS,
          "(int8x16_t)weights.hi.hi, a, 3)", "(int8x16_t)weights.hi.hi, a, 2)", DOTPROD),
    Fault("dotprod: the weights of the third four inputs twice", DOT_PRODUCTS,
          "vld1q_s8(weights + 192)", "vld1q_s8(weights + 128)", DOTPROD),
    Fault("NEON: inputs are not made signed", DOT_PRODUCTS, "vdupq_n_s8(-128)", "vdupq_n_s8(0)", NEON),
    Fault("NEON: the second four inputs are not made signed", DOT_PRODUCTS,
          "result.hi = thimble_four_signed(inputs + 4);",
          "result.hi = thimble_four_signed(inputs + 4) ^ (thimble_signed_bytes)(-128);", NEON),
    Fault("NEON: the first four inputs twice", DOT_PRODUCTS,
          "thimble_four_signed(inputs + 4)", "thimble_four_signed(inputs)", NEON),
    Fault("NEON: the second four inputs are left out for half of the outputs", DOT_PRODUCTS,
          "low = vmlal_s8(vmull_s8(vget_low_s8(v), vget_low_s8(a)), vget_low_s8(w), vget_low_s8(b));",
          "low = vmull_s8(vget_low_s8(v), vget_low_s8(a));", NEON),
    Fault("NEON: the second four inputs are left out for the other half", DOT_PRODUCTS,
          "high = vmlal_high_s8(vmull_high_s8(v, a), w, b);", "high = vmull_high_s8(v, a);", ("aarch64/neon",)),
    Fault("ARMv7: the second four inputs are left out for the other half", DOT_PRODUCTS,
          "vmlal_s8(vmull_s8(vget_high_s8(v), vget_low_s8(a)), vget_high_s8(w), vget_low_s8(b))",
          "vmull_s8(vget_high_s8(v), vget_low_s8(a))", ("armv7/armv7",)),
    Fault("NEON: missing taps in the wrong lanes", DOT_PRODUCTS,
          "0, 4, 1, 5, 2, 6, 3, 7)", "0, 1, 2, 3, 4, 5, 6, 7)", NEON),
    # Two sums in a word.
    Fault("RISC-V: the first upper sum's borrow is not given back", DOT_PRODUCTS,
          "(int32_t)((totals[0] - (int32_t)totals[0]) >> 32)", "(int32_t)(totals[0] >> 32)", RISCV),
    Fault("RISC-V: the second upper sum's borrow is not given back", DOT_PRODUCTS,
          "(int32_t)((totals[1] - (int32_t)totals[1]) >> 32)", "(int32_t)(totals[1] >> 32)", RISCV),
    Fault("RISC-V: a negative weight takes nothing from the one above", DOT_PRODUCTS,
          "<< 32) + weights[pair * 8 + i]", "<< 32) + (uint32_t)weights[pair * 8 + i]", RISCV),
    Fault("RISC-V: the weights of the first two outputs twice", DOT_PRODUCTS,
          "some[pair * 4 + i] = (int64_t)((uint64_t)weights[pair * 8 + 4 + i]",
          "some[pair * 4 + i] = (int64_t)((uint64_t)weights[4 + i]", RISCV),
    Fault("RISC-V: the fourth input is left out", DOT_PRODUCTS,
          "i < 4; i++) totals[pair] +=", "i < 3; i++) totals[pair] +=", RISCV),
]
