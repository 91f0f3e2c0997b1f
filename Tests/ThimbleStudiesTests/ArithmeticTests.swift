import Testing
import Thimble
import ThimbleBatches
import ThimbleStorage
import ThimbleStudies

@Suite struct ArithmeticTests {
  private func rows(_ seeds: Range<UInt64>) -> LatentBatch {
    LatentBatch(LatentSource(length: 100, distribution: .normal), seeds: seeds)
  }

  /// A - A + B is B, whatever A is. Catches: signs, means or roundings that do not cancel.
  @Test func cancels() throws {
    let (a, b) = (rows(0..<7), rows(50..<53))
    let study = ArithmeticStudy(expression: try LatentExpression("a - a + b"), rows: [a, a, b])
    #expect(LatentVector.rounded(study.sum) == LatentVector.rounded(LatentVector.mean(b)))
    let single = ArithmeticStudy(expression: try LatentExpression("a-a+b"), rows: [a, a, rows(50..<51)])
    #expect(LatentVector.rounded(single.sum) == rows(50..<51).elements)
    #expect(single.singles == rows(50..<51))
  }

  /// Catches: a middle that is not the sum, neighbours outside of the noise, or neighbours alike.
  @Test func neighbourhood() throws {
    let study = ArithmeticStudy(expression: try LatentExpression("a"), rows: [rows(3..<4)])
    let cells = (0..<9).map { Array(study.neighbourhood[$0]) }
    #expect(cells[4] == rows(3..<4).elements)
    #expect(Set(cells).count == 9)
    for cell in cells { #expect(zip(cell, cells[4]).allSatisfy { abs(Int($0) - Int($1)) <= 1024 }) }
  }

  /// Pictures: 100 - 40 + 240 is clamped. Catches: other means, or overflow.
  @Test func pixelSums() throws {
    let study = ArithmeticStudy(
      expression: try LatentExpression("a - b + c"), rows: [rows(0..<2), rows(2..<4), rows(4..<6)])
    let sums = study.pixelSums(
      [[90, 110], [50, 30], [240, 20]].map { ImageBatch(pixels: $0, height: 1, width: 1, channels: 1) })
    #expect(sums.pixels == [190, 255, 100])
  }

  @Test(arguments: ["", "a b", "a - - b", "+", "a +", "a * b", "a ++ b"]) func refused(text: String) {
    #expect(throws: FileError.self) { try LatentExpression(text) }
  }

  @Test func parsed() throws {
    let found = try LatentExpression(" smiling_woman-neutral_woman +b2")
    #expect(found.terms.map(\.name) == ["smiling_woman", "neutral_woman", "b2"])
    #expect(found.terms.map(\.sign) == [1, -1, 1])
    #expect(try LatentExpression("-a").terms == [.init(sign: -1, name: "a")])
  }
}

@Suite struct WalkTests {
  private let points = LatentBatch([4096, 0, 0, 0, 8192, 0, -4096, 0, 0], length: 3)

  /// Catches: a straight line that misses its ends, or other numbers than the runtime's.
  @Test func linear() {
    let walk = LatentWalk(points: points, frames: 4, path: .linear)
    #expect(walk.latents.count == 9)
    for at in 0..<3 { #expect(walk.latents[at * 4] == points[at]) }
    #expect(Array(walk.latents[2]) == [2048, 4096, 0])
  }

  /// From length 1 to length 2 at a right angle: half way the length is 1.5, at 45 degrees.
  @Test func spherical() {
    let walk = LatentWalk(points: points, frames: 4, path: .spherical)
    let middle = walk.latents[2].map { Double($0) / 4096 }
    let wanted = 1.5 * 0.5.squareRoot()
    #expect(abs(middle[0] - wanted) < 1e-3 && abs(middle[1] - wanted) < 1e-3 && middle[2] == 0)
    let same = LatentWalk(points: LatentBatch([1, 2, 3, 1, 2, 3], length: 3), frames: 2, path: .spherical)
    #expect(same.latents.elements == [1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  @Test func steps() {
    let steps = FrameSteps(ImageBatch(pixels: [0, 0, 3, 3, 3, 3, 9, 9], height: 1, width: 2, channels: 1))
    #expect(steps.steps == [3, 0, 6] && steps.median == 3 && steps.largest == 6)
  }
}
