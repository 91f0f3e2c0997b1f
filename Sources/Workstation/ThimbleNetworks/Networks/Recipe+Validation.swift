import ThimbleStorage

extension Recipe {
  /// Sizes that networks are built for.
  package static let sizes = [16, 28, 32, 64, 128]
  package static let mostClasses = 1000

  /// Refuses what no network or run can be built from; the kind of error, `file` and `advice` are for the message.
  package func validate(
    _ kind: FileError.Kind = .badData, file: String,
    advice: String = "Mend this field, or leave it out for its default."
  ) throws(FileError) {
    func require(_ condition: Bool, _ field: String, _ found: String, _ wanted: String) throws(FileError) {
      if condition { return }
      throw FileError(
        kind, file: file, field: field, found: found, wanted: wanted, advice: advice)
    }
    try require(Self.sizes.contains(size), "size", "\(size)", "one of 16, 28, 32, 64, 128")
    try require(channels == 1 || channels == 3, "channels", "\(channels)", "1 (grey) or 3 (colour)")
    try require((1...1024).contains(latentLength), "latentLength", "\(latentLength)", "1 to 1024")
    try require(
      classes == 0 || (2...Self.mostClasses).contains(classes) && latentLength + classes <= 1024, "classes",
      "\(classes)",
      "0, or 2 to \(Self.mostClasses) that with the latent are at most 1024")
    try require(
      !(pooling && globalPooling), "globalPooling", "true with pooling", "one of the two: what pools the last maps")
    for (name, widths) in [("generatorHidden", generatorHidden), ("discriminatorHidden", discriminatorHidden)] {
      try require(widths.count <= 3, name, "\(widths.count) widths", "at most 3")
      try require(widths.allSatisfy { (1...4096).contains($0) }, name, "\(widths)", "widths of 1 to 4096")
    }
    for (name, widths) in [("generatorWidths", generatorWidths), ("discriminatorWidths", discriminatorWidths)] {
      try require((1...7).contains(widths.count), name, "\(widths.count) widths", "1 to 7")
      try require(widths.allSatisfy { (1...4096).contains($0) }, name, "\(widths)", "widths of 1 to 4096")
    }
    try require(
      discriminatorStrides.isEmpty || discriminatorStrides.count == discriminatorWidths.count, "discriminatorStrides",
      "\(discriminatorStrides.count) strides", "as many as discriminatorWidths, or none")
    try require(
      discriminatorStrides.allSatisfy { (1...2).contains($0) }, "discriminatorStrides", "\(discriminatorStrides)",
      "1 or 2 each")
    try require(
      discriminatorStrides.isEmpty || !pooling, "discriminatorStrides", "with pooling", "none, since all are then 1")
    let strides = discriminatorStrides.isEmpty ? discriminatorWidths.map { _ in 2 } : discriminatorStrides
    for (name, halvings) in [
      ("generatorWidths", generatorWidths.count), ("discriminatorWidths", strides.count { $0 == 2 }),
    ] {
      try require(
        firstSide(halvings: halvings) != nil, name, "\(halvings) of stride 2",
        "so many that \(size) can be halved as often")
    }
    // From a vector to a map is a convolution of that kernel in a .thimble file.
    let first = firstSide(halvings: generatorWidths.count)!
    try require(
      generatorHidden.isEmpty || first <= 16, "generatorHidden", "a first map of \(first)x\(first)",
      "at most 16x16, or no hidden layers: what can be exported")
    try require(seed < 1 << 53, "seed", "\(seed)", "below 2^53, so that JSON holds it exactly")
    try require((2...4096).contains(batchSize), "batchSize", "\(batchSize)", "2 to 4096")
    try require((1...1_000_000).contains(passes), "passes", "\(passes)", "1 to 1000000")
    try require(
      Float(batchNormEpsilon) > 0 && batchNormEpsilon < 1, "batchNormEpsilon", "\(batchNormEpsilon)",
      "above 0 in f32, below 1")
    try require((0..<1).contains(leakySlope), "leakySlope", "\(leakySlope)", "0 or more, below 1")
    try require(
      weightDeviation > 0 && weightDeviation <= 1, "weightDeviation", "\(weightDeviation)", "above 0, at most 1")
    try require(learningRate > 0 && learningRate <= 1, "learningRate", "\(learningRate)", "above 0, at most 1")
    try require((0..<1).contains(beta1), "beta1", "\(beta1)", "0 or more, below 1")
    try require((0..<1).contains(beta2), "beta2", "\(beta2)", "0 or more, below 1")
    try require(
      Float(adamEpsilon) > 0 && adamEpsilon <= 1, "adamEpsilon", "\(adamEpsilon)", "above 0 in f32, at most 1")
    try require(weightDecay >= 0 && weightDecay <= 1, "weightDecay", "\(weightDecay)", "0 to 1")
    try require(
      (0..<1).contains(generatorAverage), "generatorAverage", "\(generatorAverage)", "0 (none) or more, below 1")
  }
}
