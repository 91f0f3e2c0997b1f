import ThimbleStorage

/// Boxes that a user has drawn around an object on samples. A text file, a line a box: `seed,left,top,right,bottom` in pixels, right
/// and bottom the first ones outside; a line of a seed alone is a sample that was looked at and has none. What follows a `#` is
/// a remark.
package struct Boxes: Sendable {
  package struct Box: Sendable, Equatable {
    package var left, top, right, bottom: Int

    package init(left: Int, top: Int, right: Int, bottom: Int) {
      (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    }

    package func contains(x: Double, y: Double) -> Bool {
      Double(left) <= x && x < Double(right) && Double(top) <= y && y < Double(bottom)
    }
  }

  /// In the order of the file, each once.
  package let seeds: [UInt64]
  /// The boxes of each of them.
  package let boxes: [[Box]]

  package init(seeds: [UInt64], boxes: [[Box]]) { (self.seeds, self.boxes) = (seeds, boxes) }

  private static let mostSeeds = 10_000

  /// Reads `path` for images of that size. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String, width: Int, height: Int) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    func bad(_ field: String, _ found: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: found, wanted: wanted,
        advice: "Draw the boxes again on sheets that `thimble forget --sheet` makes.")
    }
    guard unsafe file.bytes.count < 1 << 22 else {
      throw bad("size", unsafe "\(file.bytes.count) bytes", "less than 4 MiB")
    }
    var (seeds, boxes) = ([UInt64](), [[Box]]())
    var places: [UInt64: Int] = [:]
    for (index, line) in unsafe String(decoding: file.bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).enumerated() {
      let text = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0].filter {
        !$0.isWhitespace
      }
      if text.isEmpty { continue }
      let words = text.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = words.dropFirst().compactMap { Int($0) }
      guard let seed = UInt64(words[0]), words.count == 1 || words.count == 5 && numbers.count == 4 else {
        throw bad("line \(index + 1)", "\"\(line.prefix(40))\"", "seed,left,top,right,bottom")
      }
      let place = places[seed] ?? seeds.count
      if place == seeds.count {
        guard seeds.count < Self.mostSeeds else {
          throw bad("samples", "more than \(Self.mostSeeds)", "at most \(Self.mostSeeds)")
        }
        places[seed] = place
        seeds.append(seed)
        boxes.append([])
      }
      if numbers.isEmpty { continue }
      let box = Box(left: numbers[0], top: numbers[1], right: numbers[2], bottom: numbers[3])
      guard 0 <= box.left, box.left < box.right, box.right <= width, 0 <= box.top, box.top < box.bottom,
        box.bottom <= height
      else {
        throw bad("line \(index + 1)", text, "a box that is not empty, within \(width)x\(height) pixels")
      }
      boxes[place].append(box)
    }
    guard boxes.contains(where: { !$0.isEmpty }) else { throw bad("boxes", "none", "at least one") }
    (self.seeds, self.boxes) = (seeds, boxes)
  }

  /// Whether a pixel lies in a box of the sample.
  package func covers(_ sample: Int, x: Double, y: Double) -> Bool {
    boxes[sample].contains { $0.contains(x: x, y: y) }
  }
}
