import KernelLattice
import Thimble

/// Writes whole, valid .thimble files with random numbers in them.
struct ModelBuilder {
  struct Convolution {
    var channels: Int, kernel: Int, stride: Int, padding: Int, outputPadding: Int
  }

  var latentLength = 5
  var first = (height: 2, width: 3, channels: 5)
  var convolutions = [
    Convolution(channels: 18, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
    Convolution(channels: 3, kernel: 5, stride: 2, padding: 2, outputPadding: 1),
  ]
  var distribution = LatentDistribution.uniform
  var metadata = Array(#"{"name":"test"}"#.utf8)
  var seed: UInt64 = 1
  /// int4 weights in all layers but the last.
  var int4 = false
  var classes: UInt32 = 0

  func layout() throws -> Layout {
    var layout = Layout(latentLength: UInt32(latentLength), distribution: distribution, classes: classes)
    let shape = MapShape(height: UInt32(first.height), width: UInt32(first.width), channels: UInt32(first.channels))
    let encoding: LayerRecord.WeightEncoding = int4 ? .int4 : .int8
    try layout.appendDense(output: shape, shift: 20, weightEncoding: encoding)
    for (i, c) in convolutions.enumerated() {
      try layout.appendConvolution(
        outputChannels: UInt32(c.channels), kernel: UInt32(c.kernel), stride: UInt32(c.stride),
        padding: UInt32(c.padding),
        outputPadding: UInt32(c.outputPadding), shift: 20,
        weightEncoding: i + 1 < convolutions.count ? encoding : .int8)
    }
    try layout.finish(metadataByteCount: UInt64(metadata.count))
    return layout
  }

  /// A whole file; the numbers in it do not depend on the plan.
  /// - Parameter plan: changes the plan of whole layers.
  func build(_ plan: (inout Layout) -> Void = { _ in }) throws -> GuardedBytes {
    var layout = try layout()
    plan(&layout)
    let file = GuardedBytes(Int(layout.header.fileByteCount))
    var random = TestRandom(seed)
    layout.write(to: file.bytes)
    for i in 0..<4096 {
      file.bytes[Int(layout.header.outputTableOffset) + i] = UInt8.random(in: 0...255, using: &random)
    }
    for i in 0..<Int(layout.header.layerCount) { fill(layout.layers[i], file.bytes, &random) }
    for (i, byte) in metadata.enumerated() { file.bytes[Int(layout.header.metadataOffset) + i] = byte }
    Layout.seal(file.bytes)
    return file
  }

  private func fill(_ layer: LayerRecord, _ bytes: UnsafeMutableRawBufferPointer, _ random: inout TestRandom) {
    let side = max(1, Int(layer.kernel))
    let place = Int(layer.weightsOffset)
    if layer.weightEncoding == .int4 { layer.fillInt4(bytes) }
    for position in 0..<Int(layer.weightPositions) {
      for output in 0..<Int(layer.output.channels) {
        let channel = position * Int(layer.output.positionStride) + output
        bytes.storeBytes(
          of: Int32.random(in: -100_000...300_000, using: &random), toByteOffset: Int(layer.biasesOffset) + 4 * channel,
          as: Int32.self)
        bytes.storeBytes(
          of: UInt32.random(in: 0...10_000, using: &random), toByteOffset: Int(layer.multipliersOffset) + 4 * channel,
          as: UInt32.self)
        for tap in 0..<side * side {
          for input in 0..<Int(layer.input.channels) {
            if layer.weightEncoding == .int4 {
              let index = layer.int4Index(
                position: position, tap: (tap / side, tap % side), output: output, input: input)
              bytes.setNibble(index.weight, from: place, UInt8.random(in: 0...15, using: &random))
              bytes.setNibble(index.scale, from: place, UInt8.random(in: 1...15, using: &random))
              continue
            }
            let index = layer.weightIndex(
              position: position, tap: (tap / side, tap % side), output: output, input: input)
            bytes[place + index] = UInt8(bitPattern: Int8.random(in: -127...127, using: &random))
          }
        }
      }
    }
  }
}
