import Foundation
import ThimbleBatches

/// How near the integer images come to those of the frozen f32 network.
package struct ImageQuality: Sendable, Equatable {
  /// Peak signal-to-noise ratio in dB: the mean over the images, and the worst of them. The peak is the range of [-1, 1].
  package var meanPSNR: Double
  package var worstPSNR: Double
  /// Structural similarity (Wang et al. 2004), the mean over the images.
  package var meanSSIM: Double

  /// - Parameters:
  ///   - pixels: u8 [count][size]; `Pixel.value` gives the numbers they stand for.
  ///   - reference: f32 [count][size] in [-1, 1].
  static func squaredErrors(_ pixels: [UInt8], _ reference: [Float], count: Int) -> [Double] {
    let size = reference.count / count
    return (0..<count).map { image in
      var sum = 0.0
      for i in (image * size)..<((image + 1) * size) {
        let difference = Pixel.wideValue(pixels[i]) - Double(reference[i])
        sum += difference * difference
      }
      return sum / Double(size)
    }
  }

  /// PSNR of a mean squared error in [-1, 1].
  static func psnr(_ squaredError: Double) -> Double { 10 * log10(4 / max(squaredError, 1e-12)) }

  package init(pixels: [UInt8], reference: [Float], count: Int, side: Int, channels: Int) {
    let ratios = Self.squaredErrors(pixels, reference, count: count).map(Self.psnr)
    meanPSNR = ratios.reduce(0, +) / Double(count)
    worstPSNR = ratios.min() ?? 0
    let size = side * side * channels
    let found = pixels.map(Float.init)
    let wanted = reference.map(Pixel.level)
    meanSSIM =
      (0..<count).reduce(0.0) { sum, image in
        let range = (image * size)..<((image + 1) * size)
        return sum + Self.ssim(found[range], wanted[range], side: side, channels: channels)
      } / Double(count)
  }

  /// The mean over windows of 8x8 pixels, every 4 pixels, in each channel, on the scale of bytes.
  static func ssim(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>, side: Int, channels: Int) -> Double {
    let (c1, c2) = (6.5025, 58.5225)
    var (sum, windows) = (0.0, 0)
    for top in stride(from: 0, through: max(0, side - 8), by: 4) {
      for left in stride(from: 0, through: max(0, side - 8), by: 4) {
        for channel in 0..<channels {
          var (sa, sb, saa, sbb, sab) = (0.0, 0.0, 0.0, 0.0, 0.0)
          for y in top..<min(side, top + 8) {
            for x in left..<min(side, left + 8) {
              let i = (y * side + x) * channels + channel
              let (va, vb) = (Double(a[a.startIndex + i]), Double(b[b.startIndex + i]))
              sa += va
              sb += vb
              saa += va * va
              sbb += vb * vb
              sab += va * vb
            }
          }
          let n = Double(min(8, side) * min(8, side))
          let (ma, mb) = (sa / n, sb / n)
          let (va, vb, cov) = (saa / n - ma * ma, sbb / n - mb * mb, sab / n - ma * mb)
          sum += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
          windows += 1
        }
      }
    }
    return sum / Double(windows)
  }
}
