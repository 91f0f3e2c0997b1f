import Thimble

// Models of another geometry, with all that follows from it: nothing is wrong with them, or one limit is broken, until a plan or a
// number is changed besides.

extension Dice {
  /// The most bytes of such a model.
  private static var mostFileBytes: UInt64 { 96 << 10 }

  /// Puts another model in the place of one; leaves it if what comes up is too large or has no pixels.
  mutating func changeGeometry(_ bytes: inout Bytes) {
    for _ in 0..<4 {
      // Half of them within the limits of the format.
      let breach = once(in: 2) ? nil : pick(Breach.allCases)
      guard let layout = layout(breach), layout.header.fileByteCount <= Self.mostFileBytes else { continue }
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

  /// The limit that a model breaks while all else fits together.
  private enum Breach: CaseIterable {
    case latentLength, fewLayers, imageChannels, kernel, stride, padding, outputPadding, side, shift, input, kind,
      int4AtTheEnd
  }

  /// Small and odd layers; nil if they do not fit together. Layouts that are made of layer after layer refuse what is to be wrong
  /// here: this puts them together by hand.
  private mutating func layout(_ breach: Breach?) -> Layout? {
    let latentLength = breach == .latentLength ? pick([0, 1025, 2000]) : within(1...40)
    var layout = Layout(latentLength: UInt32(latentLength), distribution: once(in: 2) ? .uniform : .normal)
    let encoding: LayerRecord.WeightEncoding = once(in: 3) ? .int4 : .int8
    let count = breach == .fewLayers ? below(2) : within(2...5)
    var shape = MapShape(height: 1, width: 1, channels: UInt32(latentLength))
    let odd = max(1, below(count))
    for i in 0..<count {
      var layer = i == 0 ? dense() : convolution()
      if i == odd { breach.map { bend(&layer, $0) } }
      layer.input = shape
      if i == odd && breach == .input { widen(&layer.input) }
      if i > 0 {
        let (height, width) = (side(layer, layer.input.height), side(layer, layer.input.width))
        guard (1...1024).contains(height), (1...1024).contains(width) else { return nil }
        (layer.output.height, layer.output.width) = (UInt32(height), UInt32(width))
        if i == odd && breach == .side {
          if once(in: 2) {
            layer.output.height += pick([1, 2, 9, 40])
          } else {
            layer.output.width += pick([1, 2, 9, 40])
          }
        }
      }
      layer.weightEncoding = encoding
      if i == count - 1 {
        layer.output.channels = UInt32(breach == .imageChannels ? pick([0, 5, 16]) : within(1...4))
        layer.epilogue = .outputTable
        if breach != .int4AtTheEnd { layer.weightEncoding = .int8 }
      }
      layout.layers[i] = layer
      shape = layer.output
    }
    (layout.header.layerCount, layout.header.image) = (UInt32(count), shape)
    layout.header.metadataByteCount = UInt64(below(100))
    place(&layout)
    return layout
  }

  /// The side of a convolution's output, also of one whose kind was changed.
  private func side(_ layer: LayerRecord, _ side: UInt32) -> Int64 {
    FractionallyStridedConvolutionLayer(layer).outputSide(side)
  }

  private mutating func dense() -> LayerRecord {
    var layer = LayerRecord(kind: .dense)
    let side = pick([1, 2, 3, 5])
    layer.output = MapShape(height: UInt32(within(1...side)), width: UInt32(within(1...side)), channels: channels())
    layer.shift = UInt32(within(14...24))
    return layer
  }

  private mutating func convolution() -> LayerRecord {
    var layer = LayerRecord(kind: .fractionallyStridedConvolution)
    let (kernel, stride) = (pick([1, 2, 3, 4, 4, 5, within(1...16)]), pick([1, 2, 2, 3, 4]))
    (layer.kernel, layer.stride) = (UInt32(kernel), UInt32(stride))
    layer.padding = UInt32(below(once(in: 2) ? kernel : (kernel + 1) / 2))
    layer.outputPadding = UInt32(below(stride))
    layer.output.channels = channels()
    layer.shift = UInt32(within(14...24))
    return layer
  }

  private mutating func bend(_ layer: inout LayerRecord, _ breach: Breach) {
    switch breach {
    case .kernel: layer.kernel = UInt32(pick([0, 17, 18, 20]))
    case .stride: layer.stride = UInt32(pick([0, 5, 6, 8]))
    case .padding: layer.padding = layer.kernel + UInt32(below(4))
    case .outputPadding: layer.outputPadding = layer.stride + UInt32(below(4))
    case .kind: layer.kind = .dense
    case .shift: layer.shift = pick([0, 63, 64, 65])
    default: break
    }
  }

  /// An input that is not the output of the layer before.
  private mutating func widen(_ input: inout MapShape) {
    switch below(3) {
    case 0: input.height += 1
    case 1: input.width += UInt32(within(1...8))
    default: input.channels += pick([1, 16])
    }
  }

  /// The sections where format.md has them, and the maps one behind the other.
  private func place(_ layout: inout Layout) {
    func up(_ n: UInt64) -> UInt64 { (n + 63) / 64 * 64 }
    let count = Int(layout.header.layerCount)
    var end = 128 * UInt64(1 + count)
    layout.header.outputTableOffset = end
    end += 4096
    var (zeros, place): (UInt64, UInt64) = (0, 0)
    for i in 0..<count {
      var layer = layout.layers[i]
      layer.weightsByteCount = layer.packedWeightsByteCount
      layer.weightsOffset = up(end)
      layer.biasesOffset = up(layer.weightsOffset + layer.weightsByteCount)
      layer.multipliersOffset = up(layer.biasesOffset + 4 * layer.channelCount)
      end = layer.multipliersOffset + 4 * layer.channelCount
      if i > 0 { zeros = max(zeros, layer.input.positionStride) }
      layer.inputOffset = place
      place += layer.inputByteCount
      layer.outputOffset = i == count - 1 ? 0 : place
      layout.layers[i] = layer
    }
    layout.header.arena = ArenaByteCounts(fixed: up(zeros), image: place)
    layout.header.metadataOffset = up(end)
    layout.header.fileByteCount = up(up(end) + layout.header.metadataByteCount)
  }

  private mutating func channels() -> UInt32 { UInt32(pick([1, 3, 15, 16, 17, 32, within(1...40)])) }

  /// Random numbers for the channels that exist.
  private mutating func fill(_ layer: LayerRecord, _ bytes: UnsafeMutableRawBufferPointer) {
    // Without a kernel or a stride, weights have no place.
    if layer.kind == .fractionallyStridedConvolution && (layer.kernel == 0 || layer.stride == 0) { return }
    if layer.weightEncoding == .int4 { layer.fillInt4(bytes) }
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
      if layer.weightEncoding == .int4 {
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
