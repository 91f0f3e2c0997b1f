/// How a big map and a small map are joined by a convolution: a strided convolution goes from big to small, a
/// fractionally-strided one from small to big, with the same taps and weights.
///
/// Small position i and tap k meet at the big position `i * stride - padding + k`, along both axes. A dense layer is the case of
/// one position and one tap.
package struct ConvolutionGeometry: Sendable, Equatable {
  /// Side of the big map, in positions.
  package var bigSide: Int
  package var bigChannels: Int
  package var smallSide: Int
  package var smallChannels: Int
  package var kernel: Int
  package var stride: Int
  package var padding: Int

  package init(
    bigSide: Int, bigChannels: Int, smallSide: Int, smallChannels: Int, kernel: Int, stride: Int, padding: Int
  ) {
    self.bigSide = bigSide
    self.bigChannels = bigChannels
    self.smallSide = smallSide
    self.smallChannels = smallChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// A dense layer between `bigChannels` and `smallChannels` numbers.
  static func dense(big: Int, small: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(
      bigSide: 1, bigChannels: big, smallSide: 1, smallChannels: small, kernel: 1, stride: 1, padding: 0)
  }

  package var taps: Int { kernel * kernel }
  var bigCount: Int { bigSide * bigSide * bigChannels }
  var smallCount: Int { smallSide * smallSide * smallChannels }

  /// Of a fractionally-strided convolution, as PyTorch names it: rows and columns at the end that no last tap reaches.
  package var outputPadding: Int { bigSide - ((smallSide - 1) * stride - 2 * padding + kernel) }

  /// Multiply-accumulates an image, counted as (kernel / stride)^2 taps a big position: borders not subtracted.
  package var multiplyAccumulates: Int {
    bigSide * bigSide * bigChannels * smallChannels * kernel * kernel / (stride * stride)
  }

  /// The big positions that the same taps reach, and those taps.
  package struct Phase: Sendable {
    package let rows: [Int]
    package let columns: [Int]
    /// Indices ky * kernel + kx, ascending.
    package let taps: [Int]
  }

  /// One phase for each remainder of rows and of columns by the stride.
  package var phaseCount: Int { stride * stride }

  package func phase(_ index: Int) -> Phase {
    let (row, column) = (index / stride, index % stride)
    return Phase(
      rows: (0..<bigSide).filter { ($0 + padding) % stride == row },
      columns: (0..<bigSide).filter { ($0 + padding) % stride == column },
      taps: (0..<taps).filter { $0 / kernel % stride == row && $0 % kernel % stride == column })
  }

  /// The phase of the positions that a tap reaches.
  package func phase(ofTap tap: Int) -> Phase { phase(tap / kernel % stride * stride + tap % kernel % stride) }

  /// The offset in a small map of what a tap reads for one big position; nil off the map.
  package func smallOffset(row: Int, column: Int, tap: Int) -> Int? {
    let (dy, dx) = (row + padding - tap / kernel, column + padding - tap % kernel)
    guard dy >= 0, dx >= 0, dy / stride < smallSide, dx / stride < smallSide else { return nil }
    return (dy / stride * smallSide + dx / stride) * smallChannels
  }
}
