/// A series of numbers over the steps of a run, kept in bounded memory: neighbouring steps share a point once there are many,
/// and a point keeps their mean, least and greatest. A function of the numbers alone, so that a resumed run has the same.
package struct Curve: Sendable {
  package struct Point: Sendable {
    package var steps: ClosedRange<Int>
    package var count: Int
    package var sum: Double
    package var least: Double
    package var greatest: Double

    mutating func take(_ other: Point) {
      steps = steps.lowerBound...other.steps.upperBound
      count += other.count
      sum += other.sum
      least = min(least, other.least)
      greatest = max(greatest, other.greatest)
    }
  }

  /// The most points.
  package static let capacity = 1024
  /// The number of the newest step.
  package private(set) var latest: Double?
  /// In the order of the steps.
  package private(set) var points: [Point] = []
  /// Steps that share a point: a power of 2.
  private var width = 1

  package init() {}

  private func place(_ step: Int) -> Int { (step - 1) / width }

  /// Takes the number of a step, the steps ascending from 1.
  package mutating func take(step: Int, _ value: Double) {
    latest = value
    let point = Point(steps: step...step, count: 1, sum: value, least: value, greatest: value)
    if let last = points.last, place(last.steps.lowerBound) == place(step) {
      points[points.count - 1].take(point)
    } else {
      points.append(point)
    }
    while points.count > Self.capacity {
      width *= 2
      merge()
    }
  }

  private mutating func merge() {
    var merged: [Point] = []
    for point in points {
      if let last = merged.last, place(last.steps.lowerBound) == place(point.steps.lowerBound) {
        merged[merged.count - 1].take(point)
      } else {
        merged.append(point)
      }
    }
    points = merged
  }

  /// A JSON array of [step, mean] or, where a point has more than one step, [step, mean, least, greatest].
  var json: String {
    let texts = points.map { point in
      let step = Decimals.text(Double(point.steps.lowerBound + point.steps.upperBound) / 2, digits: 9)
      let mean = Decimals.text(point.sum / Double(point.count), digits: 4)
      guard point.count > 1 else { return "[\(step),\(mean)]" }
      return "[\(step),\(mean),\(Decimals.text(point.least, digits: 4)),\(Decimals.text(point.greatest, digits: 4))]"
    }
    return "[\(texts.joined(separator: ","))]"
  }
}
