import ThimbleKernelInterface

/// The fractionally-strided convolution of format.md, value by value as it is written there: gathered, naive, for all images.
/// What the tiles are tested against.
public func fractionallyStridedConvolutionReference(_ layer: IntegerConvolution) {
  for image in 0..<layer.images {
    for y in layer.firstOutputRow..<layer.endOutputRow {
      for x in 0..<layer.outputWidth {
        for channel in 0..<(layer.outputChannels + 15) / 16 * 16 {
          store(layer, image, y, x, channel, accumulator(layer, image, y, x, channel))
        }
      }
    }
  }
}

/// The bias and all products that meet at one output value.
private func accumulator(_ layer: IntegerConvolution, _ image: Int, _ y: Int, _ x: Int, _ channel: Int) -> Int32 {
  let inputStride = (layer.inputChannels + 15) / 16 * 16
  let map = layer.input + image * layer.inputImageStride
  var sum = layer.biases[channel]
  for ky in 0..<layer.kernel where (y + layer.padding - ky) % layer.stride == 0 {
    for kx in 0..<layer.kernel where (x + layer.padding - kx) % layer.stride == 0 {
      let row = (y + layer.padding - ky) / layer.stride
      let column = (x + layer.padding - kx) / layer.stride
      guard y + layer.padding >= ky, x + layer.padding >= kx, row < layer.inputHeight, column < layer.inputWidth else {
        continue
      }
      let inputs = map + (row * layer.inputWidth + column) * inputStride
      let weights = weightRow(layer, ky, kx, channel / 16)
      for input in 0..<layer.inputChannels {
        sum = sum &+ Int32(inputs[input]) &* weight(layer, weights, channel % 16, input)
      }
    }
  }
  return sum
}

/// The weights of a tap and 16 outputs, [input / 4][16][4], in [phase][block][tap].
private func weightRow(_ layer: IntegerConvolution, _ ky: Int, _ kx: Int, _ block: Int) -> UnsafePointer<Int8> {
  let stride = layer.stride
  func taps(_ phase: Int) -> Int { (layer.kernel - phase + stride - 1) / stride }
  let phase = ky % stride * stride + kx % stride
  let blocks = (layer.outputChannels + 15) / 16
  var taps0 = 0
  for earlier in 0..<phase { taps0 += taps(earlier / stride) * taps(earlier % stride) }
  let tapsHere = taps(phase / stride) * taps(phase % stride)
  let tap = ky / stride * taps(phase % stride) + kx / stride
  return layer.weights + (taps0 * blocks + block * tapsHere + tap) * layer.bytesATapAndBlock
}

/// A weight of such a row.
@inline(__always)
private func weight(_ layer: IntegerConvolution, _ row: UnsafePointer<Int8>, _ output: Int, _ input: Int) -> Int32 {
  if layer.hasInt4Weights { return int4Weight(row, groupSteps: 4, output: output, input: input) }
  return Int32(row[input / 4 * 64 + output * 4 + input % 4])
}

/// The epilogue for one value.
private func store(
  _ layer: IntegerConvolution, _ image: Int, _ y: Int, _ x: Int, _ channel: Int, _ accumulator: Int32
) {
  let value = requantize(accumulator, multiplier: layer.multipliers[channel], shift: layer.shift)
  let position =
    layer.output + image * layer.outputImageStride + (y * layer.outputWidth + x) * layer.outputPositionStride
  guard let table = layer.table else {
    position[channel] = UInt8(min(255, value))
    return
  }
  if channel < layer.outputChannels { position[channel] = table[Int(min(4095, value))] }
}
