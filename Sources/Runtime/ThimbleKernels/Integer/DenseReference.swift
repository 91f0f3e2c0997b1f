import ThimbleKernelInterface

/// The dense layer of format.md, value by value, for all images. What the fast one is tested against.
public func denseReference(_ layer: IntegerDense) {
  for image in 0..<layer.images {
    for channel in 0..<layer.positions * ((layer.outputChannels + 15) / 16) * 16 {
      let sum = accumulator(layer, image, channel)
      let value = requantize(sum, multiplier: layer.multipliers[channel], shift: layer.shift)
      layer.output[image * layer.imageStride + channel] = UInt8(min(255, value))
    }
  }
}

/// The bias and all products of one output, which is numbered [position][up(channels, 16)].
private func accumulator(_ layer: IntegerDense, _ image: Int, _ channel: Int) -> Int32 {
  let groups = (layer.latentLength + 3) / 4
  let latents = layer.latents + image * (layer.imageStride / 2)
  var sum = layer.biases[channel]
  for k in 0..<layer.latentLength {
    let weight =
      layer.hasInt4Weights
      ? int4Weight(
        layer.weights + channel / 16 * (groups * 32 + (groups + 1) / 2 * 8), groupSteps: 2, output: channel % 16,
        input: k)
      : Int32(layer.weights[(channel / 16 * groups + k / 4) * 64 + channel % 16 * 4 + k % 4])
    sum = sum &+ Int32(latents[k]) &* weight
  }
  return sum
}
