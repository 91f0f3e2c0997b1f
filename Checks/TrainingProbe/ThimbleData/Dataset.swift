/// The images of Tests/Fixtures/reproduce, by the formula that Oracle/fixtures/make_reproduce_sets.py has.
package struct Dataset {
  /// None: the probe's networks know no classes.
  package let labels: [Int32]? = nil
  package let count = 50
  package let height, width, channels: Int
  package let imageByteCount: Int
  private let pixels: UnsafeMutableRawBufferPointer

  /// Kept until the program ends.
  package init(side: Int, channels: Int) {
    (height, width, self.channels) = (side, side, channels)
    imageByteCount = side * side * channels
    pixels = .allocate(byteCount: count * imageByteCount, alignment: 64)
    var at = 0
    for image in 0..<count {
      for y in 0..<side {
        for x in 0..<side {
          for channel in 0..<channels {
            let stripes = x * (3 + image % 5) + y * (2 + image % 7) * (channel + 1) + image * 11
            let (right, down) = (x - image % 16, y - image * 3 % 16)
            pixels[at] = UInt8((stripes + right * right + down * down) & 255)
            at += 1
          }
        }
      }
    }
  }

  /// Shape: [side, side, channels].
  package func image(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: pixels[(index * imageByteCount)..<((index + 1) * imageByteCount)])
  }
}
