import ThimbleStatistics
import Thimble
import ThimbleStorage

/// Which images' labels a classifier is given: a function of the labels and the draw's number, which is the seed (Philox, domain
/// `shuffling`).
package struct LabelledDraws: Sendable {
  /// For each class, ascending, its images.
  private let classes: [[Int]]
  private let file: String

  package init(_ labels: [Int32], file: String) {
    var byClass: [Int32: [Int]] = [:]
    for (index, label) in labels.enumerated() { byClass[label, default: []].append(index) }
    classes = byClass.keys.sorted().map { byClass[$0]! }
    self.file = file
  }

  package var classCount: Int { classes.count }
  /// Images of the smallest class.
  package var leastPerClass: Int { classes.map(\.count).min() ?? 0 }

  /// So many images of each class, mixed, without a repetition.
  package func draw(_ number: Int, perClass count: Int) throws(FileError) -> [Int] {
    guard count >= 1, count <= leastPerClass else {
      throw FileError(
        .badData, file: file, field: "labels", found: "\(leastPerClass) images in the smallest class",
        wanted: "at least \(count) in each", advice: "Use fewer labels, or make features of more images.")
    }
    let chosen = classes.indices.map { Self.shuffled(classes[$0], number, UInt64($0), first: count) }
    // In the order of classes, an image's place would reveal its class.
    return Self.shuffled(chosen.flatMap { $0 }, number, UInt64(classes.count), first: chosen.count * count)
  }

  /// All images in random order. The first ones are held out.
  package func all() -> [Int] {
    let everything = classes.flatMap { $0 }.sorted()
    return Self.shuffled(everything, 0, UInt64(classes.count) + 1, first: everything.count)
  }

  /// The first steps of Fisher and Yates's shuffle.
  static func shuffled(_ values: [Int], _ number: Int, _ stream: UInt64, first count: Int) -> [Int] {
    var values = values
    let random = Philox(seed: UInt64(number))
    for i in 0..<count {
      let draw = UInt64(random.block(UInt32(i), stream: stream, domain: .shuffling)[0])
      let left = UInt64(values.count - i)
      values.swapAt(i, i + Int((draw &* left) >> 32))
    }
    return Array(values.prefix(count))
  }
}
