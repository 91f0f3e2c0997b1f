import ThimbleIntrinsics
import ThimbleKernelTypes

/// One unit of the last layer, of 1 to 4 channels, through the output table to the caller's pixels.
public func outputConvolution(_ layer: IntegerConvolution, unit number: Int) {
  let unit = layer.unit(number)
  var cursor = PixelCursor(layer, unit)
  let inputStride = (layer.inputChannels + 15) / 16 * 16
  let biases = UnsafeRawPointer(layer.biases).loadUnaligned(as: SIMD16<Int32>.self)
  let multipliers = UnsafeRawPointer(layer.multipliers).loadUnaligned(as: SIMD16<UInt32>.self)
  for _ in unit.firstPixel..<unit.endPixel {
    var sums = thimble_sums.zero
    var weights = layer.weights + unit.weightOffset
    for tapY in 0..<unit.tapsY {
      for tapX in 0..<unit.tapsX {
        let inside =
          (UInt(bitPattern: cursor.row - tapY) < UInt(bitPattern: layer.inputHeight)
            && UInt(bitPattern: cursor.column - tapX) < UInt(bitPattern: layer.inputWidth))
        if inside {
          let input = cursor.input - (tapY * layer.inputWidth + tapX) * inputStride
          for group in 0..<inputStride / 4 {
            sums = thimble_add_products(sums, thimble_broadcast(input + group * 4), weights + group * 64)
          }
        }
        weights += inputStride * 16
      }
    }
    let entries = requantize(thimble_totals(sums) &+ biases, multipliers: multipliers, shift: layer.shift, limit: 4095)
    for channel in 0..<layer.outputChannels {
      cursor.output[channel] = layer.table.unsafelyUnwrapped[Int(entries[channel])]
    }
    cursor.advance()
  }
}
