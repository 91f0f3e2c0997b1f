extension Parameter {
  /// Numbers in the file's order from the network's memory.
  package func fileValues(from memory: UnsafePointer<Float>) -> [Float] {
    memoryIndices().map { unsafe memory[offset + $0] }
  }

  /// Puts numbers in the file's order into the network's memory.
  package func store(_ fileValues: [Float], into memory: UnsafeMutablePointer<Float>) {
    for (value, index) in zip(fileValues, memoryIndices()) { unsafe memory[offset + index] = value }
  }
}
