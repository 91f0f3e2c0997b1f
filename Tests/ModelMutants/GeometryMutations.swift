import Thimble

// Models of another geometry, with all that follows from it: nothing is wrong with them until a plan or a number is.

extension Dice {
  /// The most bytes of such a model.
  private static var mostFileBytes: UInt64 { 96 << 10 }

  /// Puts another model in the place of one; leaves it if what comes up is too large or no valid geometry.
  mutating func changeGeometry(_ bytes: inout Bytes) {
    for _ in 0..<4 {
      guard let layout = try? geometry(), layout.header.fileByteCount <= Self.mostFileBytes else { continue }
      let block = Block(Int(layout.header.fileByteCount))
      layout.write(to: block.bytes)
      for i in 0..<4096 {
        block.bytes[Int(layout.header.outputTableOffset) + i] = UInt8(truncatingIfNeeded: (i &* i) >> 4)
      }
      for i in 0..<Int(layout.header.layerCount) { fill(layout.layers[i], block.bytes) }
      bytes = Bytes(block.raw)
      break
    }
    if once(in: 2) { changePlan(&bytes) }
    if once(in: 4) {
      let field = field(of: bytes)
      bytes.set(field, number(for: field, in: bytes))
    }
  }

  /// Small and odd layers. Throws if they do not fit together.
  private mutating func geometry() throws(ThimbleError) -> Layout {
    var layout = Layout(latentLength: UInt32(within(1...40)), distribution: once(in: 2) ? .uniform : .normal)
    let usesInt4 = once(in: 3)
    func encoding() -> UInt32 { usesInt4 ? LayerRecord.int4 : LayerRecord.int8 }
    let side = pick([1, 2, 3, 5])
    try layout.appendDense(
      output: MapShape(
        height: UInt32(within(1...side)), width: UInt32(within(1...side)), channels: UInt32(channels())),
      shift: UInt32(within(14...24)), weightEncoding: encoding())
    let count = within(1...4)
    for i in 1...count {
      let kernel = pick([1, 2, 3, 4, 4, 5, within(1...16)])
      let stride = pick([1, 2, 2, 3, 4])
      try layout.appendConvolution(
        outputChannels: UInt32(i == count ? within(1...4) : channels()), kernel: UInt32(kernel),
        stride: UInt32(stride), padding: UInt32(below(once(in: 2) ? kernel : (kernel + 1) / 2)),
        outputPadding: UInt32(below(stride)), shift: UInt32(within(14...24)),
        weightEncoding: i == count ? LayerRecord.int8 : encoding())
    }
    try layout.finish(metadataByteCount: UInt64(below(100)))
    return layout
  }

  private mutating func channels() -> Int { pick([1, 3, 15, 16, 17, 32, within(1...40)]) }

  /// Random numbers for the channels that exist.
  private mutating func fill(_ layer: LayerRecord, _ bytes: UnsafeMutableRawBufferPointer) {
    if layer.weightEncoding == LayerRecord.int4 { layer.fillInt4(bytes) }
    let side = max(1, Int(layer.kernel))
    for position in 0..<Int(layer.weightPositions) {
      for tap in 0..<side * side {
        for block in 0..<Int(layer.output.blocks) { fill(layer, position, (tap / side, tap % side), block, bytes) }
      }
      for output in 0..<Int(layer.output.channels) {
        let channel = 4 * (position * Int(layer.output.positionStride) + output)
        bytes.storeBytes(
          of: Int32(within(-50_000...150_000)).littleEndian, toByteOffset: Int(layer.biasesOffset) + channel,
          as: Int32.self)
        bytes.storeBytes(
          of: UInt32(below(10_000)).littleEndian, toByteOffset: Int(layer.multipliersOffset) + channel, as: UInt32.self)
      }
    }
  }

  /// The weights of one tap or position and 16 outputs.
  private mutating func fill(
    _ layer: LayerRecord, _ position: Int, _ tap: (y: Int, x: Int), _ block: Int, _ bytes: UnsafeMutableRawBufferPointer
  ) {
    let outputs = min(16, Int(layer.output.channels) - 16 * block)
    let place = Int(layer.weightsOffset)
    for first in stride(from: 0, to: Int(layer.input.channels), by: 4) {
      let inputs = min(4, Int(layer.input.channels) - first)
      if layer.weightEncoding == LayerRecord.int4 {
        let index = layer.int4Index(position: position, tap: tap, output: 16 * block, input: first)
        for output in 0..<outputs {
          let bits = word()
          bytes.setNibble(index.scale + output, from: place, UInt8((bits >> 16) % 15 + 1))
          for input in 0..<inputs {
            bytes.setNibble(index.weight + 4 * output + input, from: place, UInt8(bits >> UInt32(4 * input) & 15))
          }
        }
        continue
      }
      let index = layer.weightIndex(position: position, tap: tap, output: 16 * block, input: first)
      for output in 0..<outputs {
        let bits = word()
        for input in 0..<inputs {
          // -127 ... 127
          let byte = UInt8(truncatingIfNeeded: bits >> UInt32(8 * input))
          bytes[place + index + 4 * output + input] = byte == 0x80 ? 0x81 : byte
        }
      }
    }
  }
}
