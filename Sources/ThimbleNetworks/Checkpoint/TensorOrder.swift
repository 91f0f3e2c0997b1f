import ThimbleStorage

extension Parameter {
  /// Numbers in the file's order from the network's memory.
  package func fileValues(from memory: UnsafePointer<Float>) -> [Float] {
    memoryIndices().map { memory[offset + $0] }
  }

  /// Puts numbers in the file's order into the network's memory.
  package func store(_ fileValues: [Float], into memory: UnsafeMutablePointer<Float>) {
    for (value, index) in zip(fileValues, memoryIndices()) { memory[offset + index] = value }
  }
}

extension SafetensorsFile {
  /// The finite numbers of an F32 tensor of this shape.
  func finiteFloats(_ name: String, shape: [Int]) throws(FileError) -> [Float] {
    let values = try tensor(name, .f32, shape: shape).floats()
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw FileError(
        .badData, file: path, field: name, found: "\(values[index]) at number \(index)", wanted: "finite numbers",
        advice: "The weights have diverged or the file is damaged; take an earlier checkpoint.")
    }
    return values
  }
}
