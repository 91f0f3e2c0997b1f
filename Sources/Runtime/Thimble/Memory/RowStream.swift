/// The streamed layers of a generator, strip by strip: which output rows each of them computes, in format.md's order. Whoever
/// plans, checks or runs a stream steps through this.
///
///     var stream = RowStream(layout)
///     while stream.next() { for layer in stream.firstLayer... { compute stream.rows(ofLayer: layer) } }
package struct RowStream {
  /// The first streamed layer; the number of layers if there is none.
  package let firstLayer: Int
  private let lastLayer: Int
  private let stripRows: Int
  private var layers = InlineArray<16, LayerRows>(repeating: LayerRows())
  /// Output rows of each layer, before the strip and after it.
  private var computed = InlineArray<16, Int>(repeating: 0)
  private var wanted = InlineArray<16, Int>(repeating: 0)

  /// Before the first strip. Schedules and strip rows are valid.
  @inline(never)
  package init(_ layout: borrowing Layout) {
    let count = Int(layout.header.layerCount)
    var first = 0
    while first < count, layout.record(first).schedule != .streamed { first += 1 }
    for i in first..<count { layers[i] = layout.record(i).rows }
    (firstLayer, lastLayer, stripRows) = (first, count - 1, Int(layout.record(count - 1).stripRows))
  }

  /// Goes on to the next strip; false behind the last.
  package mutating func next() -> Bool {
    computed = wanted
    let height = Int(layers[lastLayer].outputHeight)
    guard computed[lastLayer] < height else { return false }
    wanted[lastLayer] = min(computed[lastLayer] + stripRows, height)
    for i in stride(from: lastLayer - 1, through: firstLayer, by: -1) {
      wanted[i] = max(computed[i], layers[i + 1].endInput(before: wanted[i + 1]))
    }
    return true
  }

  /// The output rows that a layer computes in this strip, after the layer before; may be none.
  package func rows(ofLayer layer: Int) -> Range<Int> { computed[layer]..<wanted[layer] }

  /// The first row of a streamed layer's input that this strip or a later one reads.
  package func firstInputRow(ofLayer layer: Int) -> Int { layers[layer].firstInput(from: computed[layer]) }

  /// The most rows of each streamed layer's input that are needed at once; 0 for the first one, which reads a whole map.
  package var rowsHeld: InlineArray<16, Int> {
    var held = InlineArray<16, Int>(repeating: 0)
    var stream = self
    while stream.next() {
      for i in firstLayer..<lastLayer where !stream.rows(ofLayer: i).isEmpty {
        held[i + 1] = max(held[i + 1], stream.rows(ofLayer: i).upperBound - stream.firstInputRow(ofLayer: i + 1))
      }
    }
    return held
  }
}
