import Testing
import Thimble
import ThimbleBatches

@Suite struct BatchTests {
  /// Catches: rows of other seeds or streams than the runtime's, or numbers that are not exactly what an element stands for.
  @Test func latents() {
    let source = LatentSource(length: 5, distribution: .normal, classes: 3)
    let batch = LatentBatch(source, seeds: [7, 4])
    #expect(batch.count == 2 && batch.length == 8)
    var row = [Int16](repeating: 0, count: 8)
    var span = row.mutableSpan
    source.fill(&span, seed: 4)
    #expect(Array(batch[1]) == row)
    #expect(batch.values == batch.elements.map { Float($0) / 4096 })
    #expect(batch[0].suffix(3) == [0, 4096, 0])
  }

  /// Catches: a class that is set in the wrong row or leaves another one behind.
  @Test func classes() {
    let source = LatentSource(length: 1, distribution: .uniform, classes: 2)
    let batch = LatentBatch(source, seeds: 0..<2).setting(source) { 1 - $0 }
    #expect(batch[0].suffix(2) == [0, 4096] && batch[1].suffix(2) == [4096, 0])
    let plain = LatentSource(length: 3, distribution: .uniform)
    #expect(LatentBatch(plain, seeds: 5..<6).setting(plain) { _ in 1 } == LatentBatch(plain, seeds: [5]))
  }

  /// Catches: channels or images that change places on the way to planes and back.
  @Test func planes() {
    let images = ImageBatch<UInt8>(pixels: (0..<24).map { UInt8($0 * 10) }, height: 1, width: 4, channels: 3)
    #expect(images.count == 2)
    let planes = images.values.planes
    #expect(planes[1] == Pixel.value(UInt8(30)) && planes[4] == Pixel.value(UInt8(10)))
    let back = ImageBatch<Float>(planes: planes, count: 2, height: 1, width: 4, channels: 3).bytes
    #expect(back.pixels == images.pixels)
    #expect(back[1..<2].pixels == Array(images[1]))
    #expect(back.withImages { Array($0(1)) } == Array(images[1]))
  }
}
