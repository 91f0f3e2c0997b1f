import Foundation
import Thimble
import ThimbleBatches
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage

/// A .thimble file in memory, being made: the weights are packed once, what depends on the ranges of the activations is written
/// as often as ranges are tried.
@safe final class ModelFileBytes {
  private(set) var layers: [QuantizedLayer]
  private(set) var bytes: UnsafeMutableRawBufferPointer
  private var layout: Layout

  /// Half the range of the output table, before tanh, and its entries for 1.
  static let tableHalfRange = 4.0
  static let tableStepsPerUnit = 512.0

  /// What the maps take of the arena, and how the layers run in it.
  let memory: PlannedMemory

  /// - Parameter largestArena: bytes that must do for one image; without, see `MemoryPlanner.unstreamed`.
  init(
    _ layers: [QuantizedLayer], _ latents: LatentSource, metadata: Data, largestArena: Int? = nil
  ) throws(FileError) {
    self.layers = layers
    do {
      layout = try Self.layout(layers, latents, metadata)
    } catch {
      throw FileError(error, file: "checkpoint")
    }
    memory = try Self.plan(layout, within: largestArena)
    layout = memory.layout
    do {
      try layout.checkMemory()
    } catch {
      throw FileError(error, file: "plan of the memory")
    }
    let count = Int(layout.header.fileByteCount)
    unsafe bytes = .allocate(byteCount: count, alignment: 64)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    writeTable()
    for index in layers.indices { writeWeights(index) }
    let place = Int(layout.header.metadataOffset)
    unsafe bytes[place..<(place + metadata.count)].copyBytes(from: metadata)
  }

  deinit { unsafe bytes.deallocate() }

  private static func layout(
    _ layers: [QuantizedLayer], _ latents: LatentSource, _ metadata: Data
  ) throws(ThimbleError) -> Layout {
    var layout = Layout(
      latentLength: UInt32(latents.count), distribution: latents.distribution, classes: UInt32(latents.classes))
    for layer in layers { try layer.folded.kind.append(to: &layout, weightEncoding: layer.weightEncoding) }
    try layout.finish(metadataByteCount: UInt64(metadata.count))
    return layout
  }

  private static func plan(_ layout: Layout, within byteCount: Int?) throws(FileError) -> PlannedMemory {
    let planner = MemoryPlanner(layout)
    if let plan = planner.plan(within: byteCount) { return plan }
    let smallest = planner.plans.last!.arenaByteCount
    throw FileError(
      .usage, file: "--arena", field: "bytes", found: "\(byteCount ?? 0)",
      wanted: "at least \(smallest), the smallest plan",
      advice: "Allow \(smallest) bytes, or train a network with narrower layers.")
  }

  /// Entry i is the pixel of (i - 2048) / 512 before tanh.
  private func writeTable() {
    let place = Int(layout.header.outputTableOffset)
    for entry in 0..<Int(Layout.outputTableByteCount) {
      let value = Double(entry) / Self.tableStepsPerUnit - Self.tableHalfRange
      unsafe bytes[place + entry] = Pixel.tableByte(tanh(value))
    }
  }

  /// Takes another rounding of a layer.
  func replace(_ index: Int, with layer: QuantizedLayer) {
    let factors = layers[index].outputFactors
    layers[index] = layer
    layers[index].outputFactors = factors
    writeWeights(index)
  }

  /// Divides the channels of a layer's output.
  func setOutputFactors(_ factors: [Double], ofLayer index: Int) { layers[index].outputFactors = factors }

  private func writeWeights(_ index: Int) {
    let (layer, record) = (layers[index], layout.layers[index])
    let kind = layer.folded.kind
    let (channels, inputs, kernel) = (kind.outputChannels, kind.inputChannels, kind.kernel)
    let first = Int(record.weightsOffset)
    if layer.int4 != nil { unsafe record.fillInt4(bytes) }
    for output in 0..<layer.folded.outputs {
      let (position, channel) = output.quotientAndRemainder(dividingBy: channels)
      for (number, memory) in kind.weightIndices(output: output).enumerated() {
        let (place, input) = number.quotientAndRemainder(dividingBy: inputs)
        let tap = (y: place / kernel, x: place % kernel)
        if let int4 = layer.int4 {
          let at = record.int4Index(position: position, tap: tap, output: channel, input: input)
          unsafe bytes.setNibble(at.weight, from: first, UInt8(int4.q[memory] + 8))
          unsafe bytes.setNibble(at.scale, from: first, int4.groupScales[memory])
        } else {
          let at = record.weightIndex(position: position, tap: tap, output: channel, input: input)
          unsafe bytes[first + at] = UInt8(bitPattern: layer.weights[memory])
        }
      }
    }
  }

  /// Writes what depends on the ranges, and seals the file.
  /// - Parameter activationScales: what one step of each layer's output stands for, but the last's.
  func write(activationScales: [Double]) throws(FileError) {
    for index in layers.indices {
      let last = index + 1 == layers.count
      let constants = try layers[index].constants(
        inputScale: layers[index].folded.kind.readsLatent
          ? ThimbleNetworks.LayerKind.latentScale : activationScales[index - 1],
        outputScale: last ? 1 / Self.tableStepsPerUnit : activationScales[index],
        halfRange: last ? Self.tableHalfRange : 0)
      layout.layers[index].shift = constants.shift
      let record = layout.layers[index]
      let channels = layers[index].folded.kind.outputChannels
      for output in constants.biases.indices {
        let (position, channel) = output.quotientAndRemainder(dividingBy: channels)
        let at = 4 * (position * Int(record.output.positionStride) + channel)
        unsafe bytes.storeBytes(
          of: constants.biases[output].littleEndian, toByteOffset: Int(record.biasesOffset) + at, as: Int32.self)
        unsafe bytes.storeBytes(
          of: constants.multipliers[output].littleEndian, toByteOffset: Int(record.multipliersOffset) + at,
          as: UInt32.self)
      }
    }
    unsafe layout.write(to: bytes)
    unsafe Layout.seal(bytes)
  }
}
