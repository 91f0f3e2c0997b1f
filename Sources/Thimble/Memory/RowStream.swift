/// The streamed layers of a generator, strip by strip: which output rows each of them computes, in FORMAT.md's order. Whoever plans, checks
/// or runs a stream steps through this.
///
///     var stream = RowStream(layout)
///     while stream.next(layout) { for layer in stream.firstLayer... { compute stream.rows(ofLayer: layer) } }
package struct RowStream {
  /// The first streamed layer; the number of layers if there is none.
  package let firstLayer: Int
  private let lastLayer: Int
  /// Output rows of each layer, before the strip and after it.
  private var computed = InlineArray<16, Int>(repeating: 0)
  private var wanted = InlineArray<16, Int>(repeating: 0)

  /// Before the first strip. Schedules and strip rows are valid.
  package init(_ layout: borrowing Layout) {
    let count = Int(layout.header.layerCount)
    var first = 0
    while first < count, layout.layers[first].schedule != LayerRecord.streamed { first += 1 }
    (firstLayer, lastLayer) = (first, count - 1)
  }

  /// Goes on to the next strip; false behind the last.
  package mutating func next(_ layout: borrowing Layout) -> Bool {
    let last = layout.layers[lastLayer]
    computed = wanted
    guard firstLayer < lastLayer, computed[lastLayer] < Int(last.output.height) else { return false }
    wanted[lastLayer] = min(computed[lastLayer] + Int(last.stripRows), Int(last.output.height))
    for i in stride(from: lastLayer - 1, through: firstLayer, by: -1) {
      wanted[i] = max(computed[i], layout.layers[i + 1].endInputRow(before: wanted[i + 1]))
    }
    return true
  }

  /// The output rows that a layer computes in this strip, after the layer before; may be none.
  package func rows(ofLayer layer: Int) -> Range<Int> { computed[layer]..<wanted[layer] }

  /// The first row of a streamed layer's input that this strip or a later one reads.
  package func firstInputRow(ofLayer layer: Int, _ layout: borrowing Layout) -> Int {
    layout.layers[layer].firstInputRow(from: computed[layer])
  }

  /// The most rows at once of each streamed layer's input that are there and still needed; of the first one's nothing.
  package static func rowsHeld(_ layout: borrowing Layout) -> InlineArray<16, Int> {
    var held = InlineArray<16, Int>(repeating: 0)
    var stream = RowStream(layout)
    while stream.next(layout) {
      for i in stream.firstLayer..<stream.lastLayer where !stream.rows(ofLayer: i).isEmpty {
        held[i + 1] = max(
          held[i + 1], stream.rows(ofLayer: i).upperBound - stream.firstInputRow(ofLayer: i + 1, layout))
      }
    }
    return held
  }
}
