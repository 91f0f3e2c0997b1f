import ThimbleStorage

/// The labels of a set: one number an image, and names for the numbers if the labels were not numbers themselves.
struct Labels {
  /// One for each image, in their order.
  var numbers: [Int32]
  /// Sorted by their bytes; nil if all labels were numbers.
  var names: [String]?

  /// - Parameter texts: One for each image. If all are whole numbers, they are the labels; else all are names.
  init(_ texts: [String]) {
    let numbers = texts.compactMap { text in Int32(text).flatMap { String($0) == text ? $0 : nil } }
    if numbers.count == texts.count {
      self.numbers = numbers
      return
    }
    let names = Set(texts).sorted(by: Path.precedes)
    let places = Dictionary(uniqueKeysWithValues: zip(names, names.indices.lazy.map(Int32.init)))
    self.numbers = texts.map { places[$0]! }
    self.names = names
  }

  /// The labels of all images if each one has one, else nil.
  init?(ofAll entries: [ImageEntry]) {
    let texts = entries.compactMap(\.label)
    guard texts.count == entries.count else { return nil }
    self.init(texts)
  }
}
