import ThimbleIntrinsics
import ThimbleKernelInterface

/// One unit of the dense layer, for all images: a block's weights stay in the first cache meanwhile.
public func dense(_ layer: IntegerDense, unit: Int) {
  let blocks = layer.blocks(ofUnit: unit)
  if layer.hasInt4Weights {
    denseInt4(layer, blocks)
  } else {
    dense(layer, blocks)
  }
}

/// Some blocks after the other: their weights are unpacked to the stack, where the int8 tiles read them.
private func denseInt4(_ layer: IntegerDense, _ blocks: Range<Int>) {
  let steps = (layer.latentLength + 3) / 4
  let blockBytes = steps * 32 + (steps + 1) / 2 * 8
  let packed = UnsafeRawPointer(layer.weights).assumingMemoryBound(to: UInt8.self)
  // One block of the longest latent, or ten of the usual one.
  var room = InlineArray<256, SIMD64<Int8>> { _ in .zero }
  withUnsafeMutableBytes(of: &room) { bytes in
    let room = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self)
    var first = blocks.lowerBound
    while first < blocks.upperBound {
      let end = min(first + 256 / steps, blocks.upperBound)
      for block in first..<end {
        unpackRow(packed + block * blockBytes, steps: steps, groupSteps: 2, to: room + (block - first) * steps * 64)
      }
      var layer = layer
      layer.weights = UnsafePointer(room - first * steps * 64)
      dense(layer, first..<end)
      first = end
    }
  }
}

@inline(never)
private func dense(_ layer: IntegerDense, _ blocks: Range<Int>) {
  var image = 0
  #if THIMBLE_WIDE_REGISTERS && !THIMBLE_COMPACT
    while image + ManyImages.imageCount <= layer.images {
      for block in blocks { ManyImages.run(layer, block, image) }
      image += ManyImages.imageCount
    }
  #endif
  while image < layer.images {
    for block in blocks { OneImage.run(layer, block, image) }
    image += 1
  }
}

/// A block of 16 outputs of some images. Weights are widened to 16 bits, so that the latent's numbers need not be split: a sum
/// takes two lanes, and a block twice the registers that its outputs fill.
struct DenseTile<let images: Int, let sums: Int> {
  static var imageCount: Int { images }

  @inline(__always)
  static func run(_ layer: IntegerDense, _ block: Int, _ image: Int) {
    let lanes = thimble_sums.scalarCount
    let registers = 32 / lanes
    let groups = (layer.latentLength + 3) / 4
    let weights = layer.weights + block * groups * 64
    let latents = layer.latents + image * (layer.imageStride / 2)
    var totals = InlineArray<sums, thimble_sums> { _ in .zero }
    for group in 0..<groups {
      for register in 0..<registers {
        let some = thimble_widened(weights + (group * 64 + register * 2 * lanes))
        for i in 0..<images {
          let four = thimble_load_latents(latents + (i * (layer.imageStride / 2) + group * 4))
          let sum = i * registers + register
          totals[sum] = thimble_add_pairs(totals[sum], four, some)
        }
      }
    }
    for part in 0..<registers / 2 {
      let channel = block * 16 + part * lanes
      let epilogue = ActivationEpilogue(layer.biases + channel, layer.multipliers + channel, layer.shift)
      for i in 0..<images {
        let sum = i * registers + part * 2
        let joined = thimble_join_neighbours(totals[sum], totals[sum + 1])
        let output = layer.output + ((image + i) * layer.imageStride + channel)
        epilogue.store(joined, to: output)
      }
    }
  }
}
