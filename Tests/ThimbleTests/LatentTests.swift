import Foundation
import Testing
import Thimble

@Suite struct LatentTests {
  /// Random123's known answers (kat_vectors, philox4x32-10).
  @Test(
    arguments: [
      ([0, 0, 0, 0], 0, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], 0xffff_ffff_ffff_ffff,
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], 0x299f_31d0_a409_3822,
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], UInt64, [UInt32])])
  func philoxKnownAnswers(counter: [UInt32], key: UInt64, words: [UInt32]) {
    #expect(Philox(seed: key).words(counter: SIMD4(counter)) == SIMD4(words))
  }

  @Test func numbersFromOutsideAreRoundedHalfToEvenAndSaturated() {
    #expect(Q3x12.nearest(1) == 4096)
    #expect(Q3x12.nearest(0.5 / 4096) == 0)
    #expect(Q3x12.nearest(1.5 / 4096) == 2)
    #expect(Q3x12.nearest(-0.5 / 4096) == 0)
    #expect(Q3x12.nearest(-2.5 / 4096) == -2)
    #expect(Q3x12.nearest(8) == 32767)
    #expect(Q3x12.nearest(-8) == -32768)
    #expect(Q3x12.nearest(.infinity) == 32767)
    #expect(Q3x12.nearest(-.infinity) == -32768)
    #expect(Q3x12.nearest(.nan) == nil)
  }

  /// Catches: a caller's rounding mode that shows, and another rounding than that of the number itself: to the nearest, halves to even.
  @Test(arguments: [FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO] as [Int32])
  func numbersFromOutsideAreRoundedAlikeInEveryMode(mode: Int32) {
    // All exponents, with significands that are near halves, and others.
    var values: [Float] = [0.25 / 4096, -0.25 / 4096, .leastNonzeroMagnitude, -.leastNormalMagnitude]
    var state: UInt32 = 1
    for high in UInt32(0)..<512 {
      for low in [0, 1, 0x40_0000, 0x3F_FFFF, 0x40_0001, 0x60_0000, 0x20_0000, 0x7F_FFFF] as [UInt32] {
        values.append(Float(bitPattern: high << 23 | low))
      }
      for _ in 0..<200 {
        state = state &* 1_664_525 &+ 1_013_904_223
        values.append(Float(bitPattern: high << 23 | state >> 9))
      }
    }
    for half in -32_800..<32_800 { values.append((Float(half) + 0.5) / 4096) }
    let wanted = values.map { value -> Int16? in
      value.isNaN ? nil : Int16(max(-32768, min(32767, (Double(value) * 4096).rounded(.toNearestOrEven))))
    }
    fesetround(mode)
    let found = values.map { Q3x12.nearest($0) }
    fesetround(FE_TONEAREST)
    let differing = values.indices.filter { found[$0] != wanted[$0] }
    #expect(differing.isEmpty, "\(differing.prefix(5).map { values[$0] })")
  }

  @Test func allBitsGiveElementsOfTheStatedRange() {
    for bits in UInt16.min...UInt16.max {
      let uniform = LatentDistribution.uniform.element(bits)
      #expect(uniform >= -4096 && uniform <= 4096)
      if bits < 0x8000 {
        #expect(LatentDistribution.normal.element(bits) == -LatentDistribution.normal.element(bits | 0x8000))
      }
    }
  }

  @Test func aPrefixOfALatentDoesNotDependOnItsLength() {
    var long = [Int16](repeating: 0, count: 100)
    var span = long.mutableSpan
    LatentDistribution.normal.fill(&span, seed: 85)
    for count in [1, 7, 8, 9, 99] {
      var short = [Int16](repeating: 0, count: count)
      var span = short.mutableSpan
      LatentDistribution.normal.fill(&span, seed: 85)
      #expect(short == Array(long.prefix(count)))
    }
  }

  /// Catches: another rounding than the oracle's, or numbers that overflow: the fixture has the extremes and ties.
  @Test func numbersBetweenTwoOthers() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let lines = try String(contentsOf: tests.appending(path: "Fixtures/interpolation.txt"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count > 600)
    for line in lines {
      let n = line.split(separator: " ").map { Int($0)! }
      #expect(Q3x12.between(Int16(n[0]), Int16(n[1]), step: n[2], of: n[3]) == n[4], "\(line)")
    }
  }
}
