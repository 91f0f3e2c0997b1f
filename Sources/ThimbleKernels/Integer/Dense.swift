import ThimbleIntrinsics
import ThimbleKernelTypes

/// One unit of the dense layer, for all images: a block's weights stay in the first cache meanwhile.
public func dense(_ layer: IntegerDense, unit: Int) {
  if layer.hasInt4Weights {
    denseInt4(layer, unit)
  } else {
    dense(layer, layer.blocks(ofUnit: unit))
  }
}

/// Block by block: each one's weights are unpacked to the stack, where the int8 tiles read them.
private func denseInt4(_ layer: IntegerDense, _ unit: Int) {
  let steps = (layer.latentLength + 3) / 4
  let packed = UnsafeRawPointer(layer.weights).assumingMemoryBound(to: UInt8.self)
  var room = InlineArray<256, SIMD64<Int8>>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { bytes in
    let room = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self)
    for block in layer.blocks(ofUnit: unit) {
      unpackRow(packed + block * ((steps + 1) / 2 * 8 + steps * 32), steps: steps, groupSteps: 2, to: room)
      var layer = layer
      layer.weights = UnsafePointer(room - block * steps * 64)
      dense(layer, block..<block + 1)
    }
  }
}

@inline(__always)
private func dense(_ layer: IntegerDense, _ blocks: Range<Int>) {
  for block in blocks {
    var image = 0
    if thimble_dense_images() == 8 {
      while image + 8 <= layer.images {
        DenseTile<8>.run(layer, block, image)
        image += 8
      }
    }
    while image < layer.images {
      DenseTile<1>.run(layer, block, image)
      image += 1
    }
  }
}

/// 16 outputs of some images.
///
/// With h = high byte + 128 and l = low byte, latent = 256 h + l - 32,768: two dot products of unsigned bytes and the sum of the
/// weights give the accumulator, modulo 2^32.
private struct DenseTile<let images: Int> {
  @inline(__always)
  static func run(_ layer: IntegerDense, _ block: Int, _ image: Int) {
    let groups = (layer.latentLength + 3) / 4
    let weights = layer.weights + block * groups * 64
    let latents = layer.latents + image * layer.imageStride
    let one: UInt32 = 0x0101_0101
    let ones = withUnsafeBytes(of: one) { thimble_broadcast($0.baseAddress!.assumingMemoryBound(to: UInt8.self)) }
    var weightSums = thimble_sums.zero
    var highSums = InlineArray<images, thimble_sums>(repeating: .zero)
    var lowSums = InlineArray<images, thimble_sums>(repeating: .zero)
    for group in 0..<groups {
      let step = weights + group * 64
      weightSums = thimble_add_products(weightSums, ones, step)
      for i in 0..<images {
        let high = latents + (i * layer.imageStride + group * 4)
        highSums[i] = thimble_add_products(highSums[i], thimble_broadcast(high), step)
        lowSums[i] = thimble_add_products(lowSums[i], thimble_broadcast(high + layer.latentPlaneStride), step)
      }
    }
    let offset = thimble_totals(weightSums) &<< 15
    var totals = InlineArray<images, SIMD16<Int32>>(repeating: .zero)
    for i in 0..<images { totals[i] = thimble_totals(highSums[i]) &<< 8 &+ thimble_totals(lowSums[i]) &- offset }
    let epilogue = ActivationEpilogue(
      biases: layer.biases + block * 16, multipliers: layer.multipliers + block * 16, shift: layer.shift)
    for i in 0..<images {
      epilogue.store(totals[i], to: layer.output + ((image + i) * layer.imageStride + block * 16))
    }
  }
}
