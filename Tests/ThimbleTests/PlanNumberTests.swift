import Testing
import Thimble
import ThimbleQuantization

/// The arena of the usual geometries, to the byte: it may change only on purpose.
@Suite struct PlanNumberTests {
  struct Geometry: Sendable, CustomTestStringConvertible {
    var name: String
    var first: UInt32
    var firstSide: UInt32
    var channels: [UInt32]
    var kernel: UInt32
    /// Bytes for one image: layers whole, the plan that is taken by default, the smallest one.
    var whole: Int, unstreamed: Int, smallest: Int
    /// What the project's table allows, KB.
    var defaultLimit: Int, smallestLimit: Int
    var testDescription: String { name }

    func layout() throws -> Layout {
      var layout = Layout(latentLength: 100, distribution: .normal)
      try layout.appendDense(output: MapShape(height: firstSide, width: firstSide, channels: first), shift: 20)
      for c in channels {
        let five = kernel == 5
        try layout.appendConvolution(
          outputChannels: c, kernel: kernel, stride: 2, padding: five ? 2 : 1, outputPadding: five ? 1 : 0, shift: 20)
      }
      try layout.finish(metadataByteCount: 0)
      return layout
    }
  }

  static let geometries = [
    Geometry(
      name: "28x28", first: 128, firstSide: 7, channels: [64, 1], kernel: 4, whole: 18_944, unstreamed: 13_568,
      smallest: 8192, defaultLimit: 24, smallestLimit: 12),
    Geometry(
      name: "compact64", first: 512, firstSide: 4, channels: [256, 128, 64, 3], kernel: 4, whole: 98_816,
      unstreamed: 68_096, smallest: 20_992, defaultLimit: 72, smallestLimit: 32),
    Geometry(
      name: "paper64", first: 1024, firstSide: 4, channels: [512, 256, 128, 3], kernel: 5, whole: 197_632,
      unstreamed: 136_192, smallest: 54_272, defaultLimit: 136, smallestLimit: 64),
  ]

  /// The file in weights/, as it is, and as the planner would have it.
  @Test func shippedModel() throws {
    let path =
      #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/weights/fashion28/generator.thimble"
    let model = try Model(path: path)
    #expect(model.layout.header.arena == ArenaByteCounts(fixed: 128, image: 13_440, worker: 0))
    #expect(model.arenaByteCount(images: 2, workers: 3) == 128 + 2 * 13_440)
    let planner = MemoryPlanner(try Model(path: path, instructionSet: .detected, plan: .wholeLayers).layout)
    #expect(planner.wholeLayers.arenaByteCount == 18_944)
    #expect(planner.unstreamed.arenaByteCount == 13_568)
    #expect(planner.plans.last!.arenaByteCount == 8192)
  }

  /// A budget is kept, and the first plan of the list that does is taken.
  @Test(arguments: geometries) func budgets(geometry: Geometry) throws {
    let planner = MemoryPlanner(try geometry.layout())
    let plans = planner.plans
    #expect(planner.plan(within: nil)?.arenaByteCount == geometry.unstreamed)
    #expect(planner.plan(within: geometry.whole)?.description == "whole layers")
    #expect(planner.plan(within: 1 << 30)?.description == "whole layers")
    #expect(planner.plan(within: geometry.smallest - 1) == nil)
    for (plan, next) in zip(plans, plans.dropFirst()) {
      #expect(planner.plan(within: plan.arenaByteCount)?.arenaByteCount == plan.arenaByteCount)
      #expect(planner.plan(within: plan.arenaByteCount - 1)?.arenaByteCount == next.arenaByteCount)
    }
    // Behind the first two, more memory buys less traffic.
    for (plan, next) in zip(plans.dropFirst(2), plans.dropFirst(3)) {
      #expect(plan.weightTraffic <= next.weightTraffic)
    }
  }

  @Test(arguments: geometries) func bytes(geometry: Geometry) throws {
    let planner = MemoryPlanner(try geometry.layout())
    let plans = planner.plans
    for plan in plans {
      try plan.layout.checkMemory()
    }
    #expect(planner.wholeLayers.arenaByteCount == geometry.whole)
    #expect(planner.unstreamed.arenaByteCount == geometry.unstreamed)
    #expect(plans.last!.arenaByteCount == geometry.smallest)
    #expect(planner.unstreamed.arenaByteCount <= geometry.defaultLimit * 1024)
    #expect(plans.last!.arenaByteCount <= geometry.smallestLimit * 1024)
  }
}
