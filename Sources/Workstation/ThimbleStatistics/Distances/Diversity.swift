/// How much images differ from each other.
///
/// `spread` is the mean distance of all pairs: near 0 when a generator makes one picture only. `nearest` is the mean distance
/// from an image to the most similar other one: near 0 when a generator makes a few pictures again and again, however far
/// apart those are. (The likeness of pairs of samples as a sign of collapse: Odena, Olah, Shlens: "Conditional Image Synthesis
/// with Auxiliary Classifier GANs", 2017, section 4.2. Samples that meet again: Arora, Risteski, Zhang: "Do GANs learn the
/// distribution?", 2018. Both of them with other distances.)
package struct Diversity: Sendable, Equatable {
  package var spread: Double
  package var nearest: Double

  package init(spread: Double, nearest: Double) { (self.spread, self.nearest) = (spread, nearest) }

  /// Of images of equal size, by the root mean square difference of their bytes. Sums are of whole numbers: exact in any order.
  /// - Parameters:
  ///   - pixels: u8 [count][imageByteCount].
  /// - Returns: nil for fewer than two images.
  package init?(_ pixels: [UInt8], count: Int, imageByteCount: Int) {
    precondition(pixels.count == count * imageByteCount)
    guard count >= 2, imageByteCount > 0 else { return nil }
    var total = 0.0
    var nearest = [Double](repeating: .infinity, count: count)
    unsafe pixels.withUnsafeBufferPointer { all in
      for i in 0..<count {
        for j in 0..<i {
          let a = unsafe all.baseAddress! + i * imageByteCount
          let b = unsafe all.baseAddress! + j * imageByteCount
          let distance = unsafe (Double(Self.squares(a, b, imageByteCount)) / Double(imageByteCount)).squareRoot()
          total += distance
          nearest[i] = min(nearest[i], distance)
          nearest[j] = min(nearest[j], distance)
        }
      }
    }
    spread = total / Double(count * (count - 1) / 2)
    self.nearest = nearest.reduce(0, +) / Double(count)
  }

  /// The sum of squared differences.
  private static func squares(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    // A block's sum fits 32 bits: 65,536 x 255^2 < 2^32.
    let block = 65_536
    var (sum, at) = (UInt64(0), 0)
    while at < count {
      var part = UInt32(0)
      for i in at..<min(at + block, count) {
        let difference = unsafe Int32(a[i]) &- Int32(b[i])
        part &+= UInt32(bitPattern: difference &* difference)
      }
      sum += UInt64(part)
      at += block
    }
    return sum
  }

  /// Of these relative to those; nil where those do not differ.
  package func relative(to real: Diversity) -> Diversity? {
    guard real.spread > 0, real.nearest > 0 else { return nil }
    return Diversity(spread: spread / real.spread, nearest: nearest / real.nearest)
  }
}
