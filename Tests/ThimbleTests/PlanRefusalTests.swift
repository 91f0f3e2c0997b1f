import KernelLattice
import Testing
import Thimble
import ThimbleQuantization

/// Plans that lie, in files whose checksum is right.
@Suite struct PlanRefusalTests {
  /// 4x4x33 -> 8 -> 16 -> 32 -> 64x64x3: five layers, of which the planner overlaps or streams some.
  private static let builder = PlanTests.builders[GeneratorTests.builders.count]

  struct Lie: Sendable, CustomTestStringConvertible {
    var field: StaticString
    var layer: Int
    var change: @Sendable (inout Layout) -> Void
    var testDescription: String { "layer \(layer) \(field)" }

    init(_ field: StaticString, _ layer: Int, _ change: @escaping @Sendable (inout Layout) -> Void) {
      (self.field, self.layer, self.change) = (field, layer, change)
    }
  }

  /// Moves the input of a layer.
  private static func move(_ layout: inout Layout, _ layer: Int, to offset: UInt64) {
    layout.layers[layer].inputOffset = offset
    layout.layers[layer - 1].outputOffset = offset
  }

  static let ofStreams: [Lie] = [
    Lie("schedule", 0) { $0.layers[0].schedule = .streamed },
    Lie("schedule", 0) { $0.layers[0].schedule = .overlapping },
    Lie("schedule", 3) { $0.layers[3].schedule = .wholeLayer },
    Lie("schedule", 4) { $0.layers[4].schedule = .overlapping },
    Lie("rows held", 2) { $0.layers[1].schedule = .wholeLayer },
    Lie("strip rows", 4) { $0.layers[4].stripRows = 0 },
    Lie("strip rows", 4) { $0.layers[4].stripRows = 65 },
    Lie("strip rows", 4) { $0.layers[4].stripRows = .max },
    Lie("strip rows", 3) { $0.layers[3].stripRows = 1 },
    // Higher strips need more rows than are held.
    Lie("rows held", 2) { $0.layers[4].stripRows = 64 },
    Lie("rows held", 2) { $0.layers[2].rowsHeld -= 1 },
    Lie("rows held", 3) { $0.layers[3].rowsHeld -= 1 },
    Lie("rows held", 4) { $0.layers[4].rowsHeld -= 1 },
    Lie("rows held", 4) { $0.layers[4].rowsHeld = 0 },
    Lie("rows held", 4) { $0.layers[4].rowsHeld = 33 },
    Lie("rows held", 4) { $0.layers[4].rowsHeld = .max },
    Lie("rows held", 1) { $0.layers[1].rowsHeld = 4 },
    Lie("rows held", 0) { $0.layers[0].rowsHeld = 1 },
    // Two buffers in one place, not only neighbours.
    Lie("output offset, inside of the input of a streamed layer", 1) { move(&$0, 4, to: $0.layers[1].inputOffset) },
    Lie("output offset, inside of the input", 2) { move(&$0, 3, to: $0.layers[2].inputOffset) },
    Lie("output offset", 3) { move(&$0, 4, to: $0.header.arena.image) },
    Lie("output offset", 3) { move(&$0, 4, to: .max - 63) },
    Lie("output offset", 3) { move(&$0, 4, to: $0.layers[4].inputOffset + 32) },
    Lie("arena: bytes an image", -1) { $0.header.arena.image = 1 << 30 + 64 },
    Lie("arena: bytes a worker", -1) { $0.header.arena.worker = 64 },
  ]

  @Test(arguments: ofStreams) func streamed(lie: Lie) throws {
    try expectRefusal(lie) { layout in
      layout = MemoryPlanner(layout).plans.last!.layout
      #expect(RowStream(layout).firstLayer == 1)
    }
  }

  static let ofOverlaps: [Lie] = [
    // 64 bytes nearer, the last strip has no row.
    Lie("output offset, over rows of the input that are still needed", 3) {
      move(&$0, 3, to: $0.layers[3].inputOffset - 64)
    },
    Lie("output offset, over rows of the input that are still needed", 3) { move(&$0, 4, to: 64) },
    // The same places, and no strips.
    Lie("output offset, inside of the input", 3) { $0.layers[3].schedule = .wholeLayer },
    Lie("schedule", 4) { $0.layers[3].schedule = .streamed },
    Lie("schedule", 4) { $0.layers[4].schedule = .overlapping },
    Lie("output offset", 2) { move(&$0, 3, to: 1 << 40) },
  ]

  @Test(arguments: ofOverlaps) func overlapping(lie: Lie) throws {
    try expectRefusal(lie) { layout in
      layout = MemoryPlanner(layout).unstreamed.layout
      #expect(layout.layers[3].schedule == .overlapping)
    }
  }

  private func expectRefusal(_ lie: Lie, _ plan: (inout Layout) -> Void) throws {
    _ = try images(Self.builder.build(plan), seeds: [1])
    let file = try Self.builder.build {
      plan(&$0)
      lie.change(&$0)
    }
    do {
      _ = try Model(file.raw)
      Issue.record("accepted")
    } catch {
      #expect(error.isAbout(lie.field) && error.layer == Int32(lie.layer), "\(error)")
    }
  }

  /// A number that stands for no schedule.
  @Test func unknownSchedule() throws {
    let file = try Self.builder.build { $0 = MemoryPlanner($0).plans.last!.layout }
    file.bytes[128 * 2 + 60] = 3
    Layout.seal(file.bytes)
    #expect(throws: ThimbleError(.unsupported, "schedule", layer: 1, found: 3, .atMost, 2)) { _ = try Model(file.raw) }
  }

  /// Files of version 1.0 know none of this.
  @Test func version10KnowsOnlyWholeLayers() throws {
    for (offset, field) in [(60, "schedule"), (112, "reserved bytes"), (116, "reserved bytes")] as [(Int, StaticString)]
    {
      let file = try Self.builder.build()
      #expect(file.bytes[10] == 0)
      file.bytes[128 * 4 + offset] = 1
      Layout.seal(file.bytes)
      do {
        _ = try Model(file.raw)
        Issue.record("accepted")
      } catch { #expect(error.isAbout(field) && error.layer == 3 && error.code == .unsupported, "\(error)") }
    }
  }

  /// Whatever a plan says, a file is refused or makes the same pixels, inside of its arena.
  @Test func aChangedPlanIsRefusedOrGivesTheSamePixels() throws {
    var random = TestRandom(31)
    var (accepted, refused) = (0, 0)
    for builder in PlanTests.builders {
      let wanted = try images(builder.build(), seeds: [1])
      let plans = MemoryPlanner(try builder.layout()).plans
      for _ in 0..<400 {
        let plan = plans.randomElement(using: &random)!
        let file = try builder.build {
          $0 = plan.layout
          for _ in 0..<Int.random(in: 1...3, using: &random) { Self.change(&$0, &random) }
        }
        do {
          let found = try images(file, seeds: [1], arenaFill: 0xAA)
          let isSame = found == wanted
          #expect(isSame, "\(builder)")
          accepted += 1
        } catch { refused += 1 }
      }
    }
    print("changed plans: \(accepted) accepted with the same pixels, \(refused) refused")
    #expect(accepted > 100 && refused > 100)
  }

  private static func change(_ layout: inout Layout, _ random: inout TestRandom) {
    let count = Int(layout.header.layerCount)
    let layer = Int.random(in: 0..<count, using: &random)
    let places = layout.header.arena.image / 64
    switch Int.random(in: 0..<7, using: &random) {
    case 0: layout.layers[layer].schedule = LayerRecord.Schedule(rawValue: UInt32.random(in: 0...2, using: &random))!
    case 1: layout.layers[count - 1].stripRows &+= UInt32.random(in: 0...2, using: &random) &- 1
    case 2: layout.layers[layer].rowsHeld &+= UInt32.random(in: 0...2, using: &random) &- 1
    case 3: layout.header.arena.image &+= 64 &* (UInt64.random(in: 0...4, using: &random) &- 1)
    case 4 where layer > 0: move(&layout, layer, to: 64 * UInt64.random(in: 0...places, using: &random))
    case 5 where layer > 0:
      move(
        &layout, layer, to: layout.layers[layer].inputOffset &+ 64 &* (UInt64.random(in: 0...4, using: &random) &- 2))
    default: layout.layers[layer].inputOffset = 64 * UInt64.random(in: 0...places, using: &random)
    }
  }
}
