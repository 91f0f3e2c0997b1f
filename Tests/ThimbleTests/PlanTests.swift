import KernelLattice
import Dispatch
import Testing
import Thimble
import ThimbleQuantization

/// Pixels do not depend on the plan of the memory: not on schedules, strips, places, batches, threads or what was in the arena.
@Suite struct PlanTests {
  typealias Convolution = ModelBuilder.Convolution

  /// Kernels, strides and paddings that differ in which rows they need, maps down to one pixel, rows that nobody needs.
  static let builders: [ModelBuilder] =
    GeneratorTests.builders + [
      ModelBuilder(
        latentLength: 9, first: (4, 4, 33),
        convolutions: [
          Convolution(channels: 17, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
          Convolution(channels: 16, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
          Convolution(channels: 8, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
          Convolution(channels: 3, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
        ], seed: 5),
      ModelBuilder(
        latentLength: 20, first: (1, 1, 48),
        convolutions: [
          Convolution(channels: 32, kernel: 6, stride: 3, padding: 0, outputPadding: 0),
          Convolution(channels: 16, kernel: 5, stride: 3, padding: 1, outputPadding: 1),
          Convolution(channels: 4, kernel: 3, stride: 1, padding: 1, outputPadding: 0),
        ], seed: 6),
      ModelBuilder(
        latentLength: 3, first: (3, 1, 16),
        convolutions: [
          Convolution(channels: 16, kernel: 1, stride: 3, padding: 0, outputPadding: 2),
          Convolution(channels: 20, kernel: 2, stride: 4, padding: 0, outputPadding: 1),
          Convolution(channels: 16, kernel: 6, stride: 1, padding: 3, outputPadding: 0),
          Convolution(channels: 1, kernel: 5, stride: 2, padding: 4, outputPadding: 1),
        ], seed: 7),
      ModelBuilder(
        latentLength: 7, first: (6, 2, 64),
        convolutions: [
          Convolution(channels: 16, kernel: 3, stride: 1, padding: 1, outputPadding: 0),
          Convolution(channels: 16, kernel: 3, stride: 1, padding: 1, outputPadding: 0),
          Convolution(channels: 16, kernel: 9, stride: 2, padding: 4, outputPadding: 1),
          Convolution(channels: 2, kernel: 1, stride: 1, padding: 0, outputPadding: 0),
        ], seed: 8),
      ModelBuilder(
        latentLength: 4, first: (1, 1, 5),
        convolutions: [
          Convolution(channels: 3, kernel: 1, stride: 1, padding: 0, outputPadding: 0),
          Convolution(channels: 2, kernel: 1, stride: 1, padding: 0, outputPadding: 0),
        ], seed: 9),
    ]

  /// All plans that the planner thinks of, also those that it would not take.
  static func candidates(_ layout: Layout) -> [PlannedMemory] {
    let planner = MemoryPlanner(layout)
    return [planner.wholeLayers, planner.unstreamed] + planner.streamed
  }

  @Test(arguments: builders.indices) func pixelsDoNotDependOnThePlan(number: Int) throws {
    let builder = Self.builders[number]
    let seeds: [UInt64] = [3, 1 << 33, 8]
    let wanted = try images(builder.build(), .portable, seeds: seeds)
    let plans = Self.candidates(try builder.layout())
    for plan in plans {
      let file = try builder.build { $0 = plan.layout }
      for set in testedSets {
        for (batch, fill) in [(1, 0xAA), (3, 0x55), (3, 0xAA)] as [(Int, UInt8)] {
          let found = try images(file, set, seeds: Array(seeds.prefix(batch)), arenaFill: fill)
          let isSame = found == Array(wanted.prefix(batch))
          #expect(isSame, "\(set.name), \(plan.description)")
        }
      }
      let threaded = try images(file, seeds: seeds, arenaFill: 0xFF) { count, body in
        DispatchQueue.concurrentPerform(iterations: count) { body(count - 1 - $0) }
      }
      let isSame = threaded == wanted
      #expect(isSame, "threads, \(plan.description)")
    }
    print("network \(number): \(plans.count) plans")
  }

  /// A file that is large enough for several units a strip: threads meet at the end of each.
  @Test func threadsOnLargerMaps() throws {
    let builder = ModelBuilder(
      latentLength: 16, first: (8, 8, 64),
      convolutions: [
        Convolution(channels: 48, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
        Convolution(channels: 48, kernel: 5, stride: 2, padding: 2, outputPadding: 1),
        Convolution(channels: 3, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
      ], seed: 11)
    let wanted = try images(builder.build(), seeds: [1, 2, 3])
    let planner = MemoryPlanner(try builder.layout())
    for plan in planner.plans {
      let file = try builder.build { $0 = plan.layout }
      for _ in 0..<10 {
        let found = try images(file, seeds: [1, 2, 3]) { count, body in
          DispatchQueue.concurrentPerform(iterations: count, execute: body)
        }
        let isSame = found == wanted
        #expect(isSame, "\(plan.description)")
      }
    }
  }

  /// What `bench` and whoever looks at maps rely on: any file can be run layer by layer.
  @Test func everyModelCanBeOpenedAsWholeLayers() throws {
    let builder = Self.builders[1]
    let whole = try builder.build()
    let file = try builder.build { $0 = MemoryPlanner($0).plans.last!.layout }
    let model = try Model(file.raw, instructionSet: .inForce(), plan: .wholeLayers)
    #expect(model.layout.header.arena == (try Model(whole.raw).layout.header.arena))
    let isSame = try images(model, seeds: [5]) == images(file, seeds: [5])
    #expect(isSame)

    var maps: [[UInt8]] = []
    for file in [whole, file] {
      let model = try Model(file.raw, instructionSet: .inForce(), plan: .wholeLayers)
      let (count, size) = (model.layerCount, model.imageByteCount)
      let arena = GuardedBytes(model.arenaByteCount()!)
      var generator = try Generator(model, arena: arena.bytes)
      var pixels = [UInt8](repeating: 0, count: size)
      generator.load(seed: 5, image: 0)
      for layer in 0..<count {
        var span = pixels.mutableSpan
        try generator.run(layer: layer, images: 1, into: &span)
        maps.append(layer + 1 < count ? Array(generator.map(ofLayer: layer, image: 0)) : pixels)
      }
    }
    let areSame = Array(maps.prefix(maps.count / 2)) == Array(maps.suffix(maps.count / 2))
    #expect(areSame)
  }

  @Test func aStreamedLayerDoesNotRunAlone() throws {
    let file = try Self.builders[1].build { $0 = MemoryPlanner($0).plans.last!.layout }
    let model = try Model(file.raw)
    let (size, last) = (model.imageByteCount, model.layerCount - 1)
    let arena = GuardedBytes(model.arenaByteCount()!)
    var generator = try Generator(model, arena: arena.bytes)
    var pixels = [UInt8](repeating: 0, count: size)
    var span = pixels.mutableSpan
    generator.load(seed: 5, image: 0)
    try generator.run(layer: 0, images: 1, into: &span)
    do {
      try generator.run(layer: last, images: 1, into: &span)
      Issue.record("ran")
    } catch {
      #expect(error.isAbout("layer, to run alone") && error.code == .arguments)
    }
  }
}
