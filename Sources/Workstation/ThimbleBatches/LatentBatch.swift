import Thimble

/// Latents of one generator, row after row, in Q3.12: [count][length].
package struct LatentBatch: Equatable, Sendable {
  /// All rows, one after the other.
  package private(set) var elements: [Int16]
  /// Numbers of a latent, at least 1.
  package let length: Int

  /// - Parameter elements: whole rows of `length` numbers.
  package init(_ elements: [Int16] = [], length: Int) {
    precondition(length > 0 && elements.count % length == 0, "rows are whole")
    (self.elements, self.length) = (elements, length)
  }

  /// The latents of seeds.
  /// - Parameter chosen: the class of all of them (default: each seed's own).
  package init(_ source: LatentSource, seeds: some Sequence<UInt64>, class chosen: Int? = nil) {
    self.init(length: source.count)
    var row = [Int16](repeating: 0, count: length)
    for seed in seeds {
      var span = row.mutableSpan
      source.fill(&span, seed: seed, class: chosen)
      elements += row
    }
  }

  /// Rows.
  package var count: Int { elements.count / length }

  /// One row, [length].
  package subscript(_ row: Int) -> ArraySlice<Int16> { elements[(row * length)..<((row + 1) * length)] }

  /// The numbers that the elements stand for, f32 [count][length], exactly.
  package var values: [Float] { elements.map(Q3x12.value) }

  /// Adds one row, or several.
  package mutating func append(_ rows: some Sequence<Int16>) {
    elements += rows
    precondition(elements.count % length == 0, "rows are whole")
  }

  /// These rows, followed by those of `other`.
  package static func + (batch: LatentBatch, other: LatentBatch) -> LatentBatch {
    precondition(batch.length == other.length, "latents of one length")
    return LatentBatch(batch.elements + other.elements, length: batch.length)
  }

  /// These rows, each with its own class, if the source has classes.
  package func setting(_ source: LatentSource, class chosen: (_ row: Int) -> Int) -> LatentBatch {
    if source.classes == 0 { return self }
    var batch = self
    for row in 0..<count {
      let wanted = chosen(row)
      for c in 0..<source.classes {
        batch.elements[row * length + source.length + c] = c == wanted ? Q3x12.one : 0
      }
    }
    return batch
  }
}
