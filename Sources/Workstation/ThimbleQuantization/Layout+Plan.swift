import Thimble

// What a plan of the memory looks like from outside, for those who show it.

extension Layout {
  /// `whole layers`, or what is not whole: `layer 2 overlapping, layers 3-4 in strips of 8 rows`.
  package var planDescription: String {
    let count = Int(header.layerCount)
    var parts = (0..<count).filter { layers[$0].schedule == .overlapping }.map { "layer \($0) overlapping" }
    let first = RowStream(self).firstLayer
    if first < count {
      let rows = layers[count - 1].stripRows
      parts.append("layers \(first)-\(count - 1) in strips of \(rows) row\(rows == 1 ? "" : "s")")
    }
    return parts.isEmpty ? "whole layers" : parts.joined(separator: ", ")
  }

  /// The output rows that a layer computes at once, in order.
  package func strips(ofLayer index: Int) -> [Range<Int>] {
    let (layer, height) = (layers[index], Int(layers[index].output.height))
    var strips: [Range<Int>] = []
    switch layer.schedule {
    case .overlapping:
      var row = 0
      while row < height {
        strips.append(row..<layer.endOfStrip(from: row))
        row = strips.last!.upperBound
      }
    case .streamed:
      var stream = RowStream(self)
      while stream.next() { strips.append(stream.rows(ofLayer: index)) }
      strips.removeAll(where: \.isEmpty)
    case .wholeLayer: strips = [0..<height]
    }
    return strips
  }
}
