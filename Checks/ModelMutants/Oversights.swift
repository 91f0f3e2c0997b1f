import Thimble

/// Accesses that the sanitiser must report, in all parts of the runtime and with each set's kernels: if it does not, a campaign
/// that finds nothing says nothing.
struct Oversight {
  enum Place: CaseIterable {
    case behindTheBlock, fileWhenRead, denseWeights, weights, biases, multipliers, outputWeights, outputTable, zeros
    case firstMap, secondMap, pixels
  }

  let set: InstructionSet, place: Place

  static var all: [Oversight] {
    Trial().sets.flatMap { set in Place.allCases.map { Oversight(set: set, place: $0) } }
  }

  /// Makes the access. Returns, if nobody has noticed.
  func commit(_ original: Original) throws(ThimbleError) {
    let file = Block(copying: original.bytes)
    if place == .behindTheBlock {
      metadataSum = file.bytes.baseAddress!.load(fromByteOffset: file.bytes.count, as: UInt8.self)
      return
    }
    if place == .fileWhenRead { forbid(file, UInt64(file.bytes.count) - 64) }
    let model = try Model(file.raw, instructionSet: set)
    let layout = model.layout
    let (layer, last) = (layout.layers[1], layout.layers[Int(layout.header.layerCount) - 1])
    let arena = Block(model.arenaByteCount()!)
    let picture = Block(model.imageByteCount)
    var generator = try Generator(model, arena: arena.bytes)
    switch place {
    case .behindTheBlock, .fileWhenRead: break
    case .denseWeights: forbid(file, layout.layers[0].weightsOffset, Int(layout.layers[0].weightsByteCount))
    case .weights: forbid(file, layer.weightsOffset, Int(layer.weightsByteCount))
    case .biases: forbid(file, layer.biasesOffset)
    case .multipliers: forbid(file, layer.multipliersOffset)
    case .outputWeights: forbid(file, last.weightsOffset, Int(last.weightsByteCount))
    case .outputTable: forbid(file, layout.header.outputTableOffset, Int(Layout.outputTableByteCount))
    case .zeros: forbid(arena, 0, Int(layout.header.arena.fixed))
    case .firstMap: forbid(arena, layout.header.arena.fixed + layer.inputOffset)
    case .secondMap: forbid(arena, layout.header.arena.fixed + layer.outputOffset)
    case .pixels: forbid(picture, 0, 8)
    }
    var pixels = MutableSpan<UInt8>(_unsafeElements: picture.bytes.bindMemory(to: UInt8.self))
    try generator.generate(seed: Original.seed, into: &pixels)
  }

  private func forbid(_ block: Block, _ offset: UInt64, _ count: Int = 64) {
    let bytes = UnsafeRawBufferPointer(rebasing: block.raw[Int(offset)..<Int(offset) + count])
    if !Sanitizer.forbid(bytes) { print("no sanitiser in this build") }
  }
}
