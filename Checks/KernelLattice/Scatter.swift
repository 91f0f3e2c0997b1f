import Thimble
import ThimbleKernelInterface

extension ConvolutionCase {
  /// The definition of format.md: input position i and tap k meet at i * stride - padding + k. Scattered, in 64 bits.
  func scattered() -> [UInt8] {
    let (height, width, channels) = (layer.outputHeight, layer.outputWidth, layer.outputChannels)
    let inputStride = Int(record.input.positionStride)
    let taps = layer.kernel * layer.kernel
    // [tap][output][input]: looked up once, for a look costs many times what a product does.
    var weights: [Int64] = []
    weights.reserveCapacity(taps * channels * layer.inputChannels)
    for tap in 0..<taps {
      for c in 0..<channels {
        for n in 0..<layer.inputChannels { weights.append(weight((tap / layer.kernel, tap % layer.kernel), c, n)) }
      }
    }
    var result = output {}
    for image in 0..<layer.images {
      var sums = [Int64](repeating: 0, count: height * width * channels)
      for i in 0..<layer.inputHeight * layer.inputWidth {
        for tap in 0..<taps {
          let y = i / layer.inputWidth * layer.stride - layer.padding + tap / layer.kernel
          let x = i % layer.inputWidth * layer.stride - layer.padding + tap % layer.kernel
          guard y >= 0, y < height, x >= 0, x < width else { continue }
          let values = layer.input + (image * layer.inputImageStride + i * inputStride)
          for c in 0..<channels {
            let row = (tap * channels + c) * layer.inputChannels
            var sum: Int64 = 0
            for n in 0..<layer.inputChannels { sum += Int64(values[n]) * weights[row + n] }
            sums[(y * width + x) * channels + c] += sum
          }
        }
      }
      for position in layer.firstOutputRow * width..<layer.endOutputRow * width {
        for c in 0..<layer.outputPositionStride {
          let at = image * layer.outputImageStride + position * layer.outputPositionStride + c
          result[at] = c < channels ? pixel(c, sums[position * channels + c]) : 0
        }
      }
    }
    return result
  }

  /// The epilogue in 128 bits.
  private func pixel(_ channel: Int, _ sum: Int64) -> UInt8 {
    let accumulator = max(0, Int128(Int32(truncatingIfNeeded: sum + Int64(layer.biases[channel]))))
    let value =
      (accumulator * Int128(layer.multipliers[channel]) + 1 << (Int128(layer.shift) - 1)) >> Int128(layer.shift)
    guard let table = layer.table else { return UInt8(min(255, value)) }
    return table[Int(min(4095, value))]
  }
}
