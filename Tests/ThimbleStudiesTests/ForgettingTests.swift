import Foundation
import Testing
import Thimble
import ThimbleBatches
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies
import ThimbleThreads

@Suite struct ForgettingTests {
  private let workers = Workers(count: 2)

  /// A generator with initial weights, written as a checkpoint.
  private func stored() throws -> StoredGenerator {
    var recipe = Recipe(geometry: .common, size: 16, channels: 3)
    recipe.generatorWidths = [24, 16]
    recipe.discriminatorWidths = [8, 8]
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: FloatKernels(.detected))
    let generator = Network(recipe.generatorLayers, capacity: 4, batchNormEpsilon: 1e-5, trained: true, context)
    let discriminator = Network(recipe.discriminatorLayers, capacity: 4, batchNormEpsilon: 1e-5, trained: true, context)
    context.workspace.allocate()
    generator.initialize(seed: 1, deviation: 0.2, network: 0)
    discriminator.initialize(seed: 1, deviation: 0.2, network: 1)
    let path = NSTemporaryDirectory() + "thimble-forgetting-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let state = TrainingState(recipe: recipe, step: 0, dataDigest: "", dataName: "", dataLicence: "")
    try Checkpoint.write(state, generator: generator, discriminator: discriminator, statistics: nil, to: path)
    return try StoredGenerator(path: path)
  }

  private func network(_ stored: StoredGenerator) -> Network {
    let network = stored.network(capacity: 8, workers: workers, kernels: FloatKernels(.detected))
    network.setStatistics(network.freeze(stored.latents, batches: 4))
    return network
  }

  private func latents(_ seeds: [UInt64]) -> LatentBatch {
    LatentBatch(LatentSource(length: 100, distribution: .normal), seeds: seeds)
  }

  /// Catches: a dropped map that is not 0 everywhere, or another map that changes.
  @Test(arguments: ["project", "deconv1"]) func droppedMapsAreZero(layer: String) throws {
    let whole = try stored()
    let dropped = [1, 5, 15]
    let forgetful = whole.dropping(dropped, of: layer)
    let index = whole.layers.firstIndex { $0.name == layer }!
    let rows = latents([1, 2, 3]).values
    func map(_ stored: StoredGenerator) -> [Float] {
      let network = network(stored)
      network.forward(rows, images: 3, frozen: true)
      return Array(
        UnsafeBufferPointer(start: network.output(ofLayer: index), count: 3 * stored.layers[index].outputCount))
    }
    let (before, after) = (map(whole), map(forgetful))
    let channels = whole.layers[index].outputChannels
    for i in before.indices {
      if dropped.contains(i % channels) { #expect(after[i] == 0) } else { #expect(after[i] == before[i]) }
    }
    #expect(before.indices.contains { dropped.contains($0 % channels) && before[$0] != 0 })
  }

  /// Boxes drawn where one map is strong: the regression finds it, and dropping changes the boxes more than the rest.
  @Test func findsTheMapBehindBoxes() throws {
    let whole = try stored()
    let network = network(whole)
    let seeds = (0..<40).map { UInt64($0) }
    let rows = latents(seeds)
    let (index, channel) = (1, 3)
    var boxes: [[Boxes.Box]] = []
    for sample in seeds.indices {
      network.forward(rows[sample].map { Float($0) / 4096 }, images: 1, frozen: true)
      let map = network.output(ofLayer: index)
      let strong = (0..<64).sorted { map[$0 * 16 + channel] > map[$1 * 16 + channel] }.prefix(8)
      boxes.append(
        strong.map { Boxes.Box(left: $0 % 8 * 2, top: $0 / 8 * 2, right: $0 % 8 * 2 + 2, bottom: $0 / 8 * 2 + 2) })
    }
    let study = try Forgetting(
      whole, network, Boxes(seeds: seeds, boxes: boxes), latents: rows, layer: "deconv1", rule: .positive,
      penalty: 0.05,
      file: "boxes")
    #expect(study.weights.indices.max { study.weights[$0] < study.weights[$1] } == channel)
    #expect(study.dropped.contains(channel) && study.dropped.allSatisfy { study.weights[$0] > 0 })
    #expect(study.accuracy.heldOut > 0.8, "\(study.accuracy)")
    #expect(throws: FileError.self) {
      try Forgetting(
        whole, network, Boxes(seeds: seeds, boxes: boxes), latents: rows, layer: "deconv2", rule: .positive, penalty: 0,
        file: "boxes")
    }
  }

  @Test func change() {
    let boxes = Boxes(seeds: [0, 1], boxes: [[.init(left: 0, top: 0, right: 1, bottom: 2)], []])
    let change = ChangeInBoxes(
      [10, 20, 30, 40, 1, 1, 1, 1], [16, 22, 36, 44, 9, 9, 9, 9], boxes, width: 2, height: 2, channels: 1)
    #expect(change.inside == 6 && change.outside == 3 && change.ratio == 2)
  }

  private func read(_ text: String) throws -> Boxes {
    let path = NSTemporaryDirectory() + "thimble-boxes-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try Boxes(path: path, width: 16, height: 16)
  }

  @Test func boxesAreRead() throws {
    let boxes = try read("# windows\n3,0,0,16,4 # left\n\n7\n3, 1, 2, 3, 4\n")
    #expect(boxes.seeds == [3, 7] && boxes.boxes[0].count == 2 && boxes.boxes[1].isEmpty)
    #expect(boxes.covers(0, x: 1.5, y: 3.5) && !boxes.covers(0, x: 3, y: 9) && !boxes.covers(1, x: 1, y: 1))
  }

  @Test(arguments: [
    "", "3", "3,0,0,17,4", "3,4,0,4,4", "3,-1,0,4,4", "3,0,0,4", "x,0,0,4,4", "3,0,0,4,4,5", "3,a,0,4,4",
  ])
  func boxesAreRefused(text: String) { #expect(throws: FileError.self) { try read(text) } }
}
