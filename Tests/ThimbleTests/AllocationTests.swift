import AllocationCounter
import Testing
import Thimble
import ThimbleQuantization

/// Nothing is allocated or mapped once a generator is there.
@Suite struct AllocationTests {
  @Test(arguments: 0..<3) func generatingAllocatesNothing(plan: Int) throws {
    let file = try GeneratorTests.builders[1].build {
      let planner = MemoryPlanner($0)
      $0 = [planner.wholeLayers, planner.unstreamed, planner.plans.last!][plan].layout
    }
    for set in testedSets {
      let model = try Model(file.raw, instructionSet: set)
      let (length, size) = (model.latentLength, model.imageByteCount)
      let arena = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.arenaByteCount(images: 3)!, alignment: 64)
      defer { arena.deallocate() }
      let latents = [Int16](repeating: 77, count: 3 * length)
      var pixels = [UInt8](repeating: 0, count: 3 * size)
      var generator = try Generator(model, arena: arena, images: 3)
      var span = pixels.mutableSpan
      let before = allocation_count()
      try generator.generate(seed: 5, into: &span)
      try generator.generate(latents: latents.span, into: &span)
      let after = allocation_count()
      #expect(after - before == 0, "\(set.name)")
    }
  }

  /// The counter counts: an array of its own, made where nothing else is, is seen.
  @Test func theCounterCounts() {
    let before = allocation_count()
    let array = UnsafeMutableRawBufferPointer.allocate(byteCount: 100_000, alignment: 64)
    defer { array.deallocate() }
    #expect(allocation_count() - before >= 1)
    #expect(array.count == 100_000)
  }
}
