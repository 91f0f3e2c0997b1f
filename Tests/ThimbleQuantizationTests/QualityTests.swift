import Testing
import ThimbleQuantization

/// The measures themselves, on values worked out by hand.
@Suite struct QualityTests {
  private func quality(_ pixels: [UInt8], _ reference: [Float], count: Int, side: Int) -> ImageQuality {
    ImageQuality(pixels: pixels, reference: reference, count: count, side: side, channels: 1)
  }

  /// A pixel of 255 against 1 - 2/127.5: an error of two steps everywhere is 20 log10(127.5) dB.
  @Test func ratios() {
    let pixels = [UInt8](repeating: 255, count: 2 * 64)
    let near = [Float](repeating: 1 - 2 / 127.5, count: 64)
    let far = [Float](repeating: -1, count: 64)
    let quality = quality(pixels, near + far, count: 2, side: 8)
    #expect(abs(quality.worstPSNR - 0) < 1e-6)
    #expect(abs(quality.meanPSNR - 42.1103 / 2) < 1e-3)
  }

  /// Equal images are 1; an image against its negative is far below 0.
  @Test func similarity() {
    let pixels = (0..<256).map { UInt8($0 * 97 % 256) }
    let same = pixels.map { Float($0) / 127.5 - 1 }
    #expect(abs(quality(pixels, same, count: 1, side: 16).meanSSIM - 1) < 1e-5)
    #expect(quality(pixels, same.map { -$0 }, count: 1, side: 16).meanSSIM < -0.5)
  }

  /// Two flat patches: (2 ab + c1) / (a^2 + b^2 + c1), with a = 51, b = 153, c1 = 6.5025.
  @Test func flatPatches() {
    let quality = quality([UInt8](repeating: 51, count: 64), [Float](repeating: 0.2, count: 64), count: 1, side: 8)
    #expect(abs(quality.meanSSIM - (2 * 51 * 153 + 6.5025) / (51 * 51 + 153 * 153 + 6.5025)) < 1e-4)
  }
}
