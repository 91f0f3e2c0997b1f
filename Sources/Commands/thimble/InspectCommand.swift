import ArgumentParser
import Foundation
import Thimble
import ThimbleNetworks
import ThimbleQuantization
import ThimbleSampling
import ThimbleStorage

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a generator or a checkpoint holds: layers, sizes, memory, provenance.")

  @Argument(help: "A .thimble file or a checkpoint.") var file: String

  func run() throws {
    if try ImageSource.isExported(file) { try showExported() } else { try showCheckpoint() }
  }

  private func showExported() throws {
    let model = try Model.open(file)
    let (header, shape) = (model.layout.header, model.imageShape)
    print(
      "\(file): a generator of \(shape.height)x\(shape.width) images, \(shape.channels == 1 ? "grey" : "\(shape.channels) channels")"
    )
    let checksum = String(format: "%08x", header.checksum)
    print("file        \(header.fileByteCount) bytes, format 1.\(header.minorVersion), CRC-32C \(checksum)")
    print("latent      \(text(model.latents))\n")
    print("layer  kind    input          output         kernel  weights   bytes     shift")
    for index in 0..<model.layerCount {
      let layer = model.layout.layers[index]
      print(
        columns([
          ("\(index)", 7), ("\(layer.kind.name)", 8), (text(layer.input), 15), (text(layer.output), 15),
          (layer.kernelText, 8), ("\(layer.weightEncoding.name)", 10), ("\(layer.weightsByteCount)", 10),
          ("\(layer.shift)", 5),
        ]))
    }
    showMemory(model)
    unsafe showMetadata(try? JSONSerialization.jsonObject(with: Data(model.metadata)) as? [String: Any])
  }

  private func showMemory(_ model: borrowing Model) {
    let arena = model.layout.header.arena
    print(
      "\narena       \(model.arenaByteCount()!) bytes: \(arena.fixed) fixed + \(arena.image) per image + \(arena.worker) per worker"
    )
    print("plan        \(model.layout.planDescription)")
    print("while    rows read  from bytes       rows written       to bytes         (of the image's part)")
    for index in 0..<model.layerCount {
      let layer = model.layout.layers[index]
      let height = layer.input.height
      let reads =
        layer.kind.input == .latent
        ? "the latent" : layer.rowsHeld == 0 ? "\(height)" : "\(layer.rowsHeld) of \(height)"
      let writes =
        index + 1 < model.layerCount
        ? range(layer.outputOffset, model.layout.layers[index + 1].inputByteCount) : "the caller's pixels"
      print(
        columns([
          ("layer \(index)", 9), (reads, 11), (range(layer.inputOffset, layer.inputByteCount), 17),
          (strips(model.layout.strips(ofLayer: index).map(\.count)), 19), (writes, 17),
        ]))
    }
  }

  /// The heights of strips: "17+8+4+2+1", or how many there are if that is long.
  private func strips(_ heights: [Int]) -> String {
    let text = heights.map { "\($0)" }.joined(separator: "+")
    return text.count <= 17 ? text : "\(heights.count) strips of \(heights.max()!)"
  }

  private func range(_ offset: UInt64, _ count: UInt64) -> String { "\(offset)..<\(offset + count)" }
  private func text(_ shape: MapShape) -> String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
  private func columns(_ cells: [(String, Int)]) -> String {
    cells.map { (FileError.printable($0.0), $0.1) }.map {
      $0.0.padding(toLength: max($0.1, $0.0.count + 1), withPad: " ", startingAt: 0)
    }.joined()
      .trimmingCharacters(in: .whitespaces)
  }

  private func showMetadata(_ metadata: [String: Any]?) {
    guard let metadata, !metadata.isEmpty else { return }
    print("")
    let long = ["recipe"]
    for key in metadata.keys.sorted() where !long.contains(key) {
      print(columns([(key, 18), ("\(metadata[key]!)", 1)]))
    }
    for key in long {
      if let value = metadata[key] {
        print(
          "\(key) " + "\(value)".split(separator: "\n").map { FileError.printable(String($0)) }.joined(separator: "\n"))
      }
    }
  }

  private func text(_ latents: LatentSource) -> String {
    let drawn = "\(latents.length) numbers, \(latents.distribution.name)"
    return latents.classes == 0 ? drawn : "\(drawn); \(latents.classes) classes"
  }

  private func showCheckpoint() throws {
    let stored = try StoredGenerator(path: file)
    print(
      "\(file): a checkpoint; its generator makes \(stored.imageSide)x\(stored.imageSide) images, \([1: "grey", 3: "colour"][stored.imageChannels] ?? "\(stored.imageChannels) channels")"
    )
    print("latent      \(text(stored.latents))")
    let layers = stored.plainLayers
    print(
      "generator   \(layers.parameterCount) parameters, \(String(format: "%.2f", Double(layers.multiplyAccumulates) / 1e6)) MMAC per image"
    )
    // A generator beyond the paper's is shown as it is sampled and exported: expanded and frozen.
    let isFrozen = stored.statistics != nil || stored.recipeBeyondPaper != nil
    print("statistics  \(isFrozen ? "frozen" : "of minibatches; `thimble export` will freeze them")")
    for note in stored.notes { print(FileError.printable(note)) }
    print("")
    for tensor in try SafetensorsFile(path: file).tensors.values.sorted(by: { $0.name < $1.name })
    where !tensor.name.hasPrefix("optimizer.") {
      print(columns([(tensor.name, 36), ("\(tensor.type.rawValue) \(tensor.shape)", 1)]))
    }
    showMetadata(stored.metadata)
  }
}
