import ThimbleBatches

/// Images as rows of numbers in [-1, 1], of at most 32 pixels a side: larger ones are averaged over blocks. Nearness in pixels
/// needs no more, and a set of many images has room.
package enum SmallImages {
  package static let side = 32

  /// Numbers of a row.
  package static func length(side: Int, channels: Int) -> Int {
    let small = side / factor(side)
    return small * small * channels
  }

  private static func factor(_ side: Int) -> Int { side > Self.side && side % Self.side == 0 ? side / Self.side : 1 }

  /// - Parameter image: u8 [side][side][channels].
  /// - Returns: f32 [count][small side][small side][channels].
  package static func rows(
    count: Int, side: Int, channels: Int, image: (Int) -> UnsafeRawBufferPointer
  ) -> [Float] {
    let factor = factor(side)
    let small = side / factor
    var rows: [Float] = []
    rows.reserveCapacity(count * small * small * channels)
    for n in 0..<count {
      let pixels = unsafe image(n)
      for y in 0..<small {
        for x in 0..<small {
          for c in 0..<channels {
            var sum = 0
            for dy in 0..<factor {
              for dx in 0..<factor {
                unsafe sum += Int(pixels[((y * factor + dy) * side + x * factor + dx) * channels + c])
              }
            }
            rows.append(Pixel.value(Float(sum) / Float(factor * factor)))
          }
        }
      }
    }
    return rows
  }
}
