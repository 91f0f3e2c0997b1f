import ThimbleStorage

extension Recipe {
  /// Sizes that networks are built for.
  package static let sizes = [16, 28, 32, 64, 128]
  package static let mostClasses = 1000

  /// Refuses what no network or run can be built from; the kind of error, `file` and `advice` are for the message.
  package func validate(
    _ kind: FileError.Kind = .badData, file: String,
    advice: String = "Correct this field, or leave it out to use its default."
  ) throws(FileError) {
    func refuse(_ field: String, _ refusal: RecipeRefusal) throws(FileError) {
      throw FileError(
        kind, file: file, field: field, found: refusal.found, wanted: refusal.wanted, advice: advice)
    }
    for field in RecipeField.all { if let refusal = field.refusal(self) { try refuse(field.name, refusal) } }
    if let (field, refusal) = disagreement { try refuse(field, refusal) }
  }

  /// The first field whose value contradicts another field. Each value must already be allowed by itself.
  private var disagreement: (field: String, refusal: RecipeRefusal)? {
    let strides = discriminatorStrides.isEmpty ? discriminatorWidths.map { _ in 2 } : discriminatorStrides
    let halvings = strides.count { $0 == 2 }
    // From a vector to a map is a convolution of that kernel in a .thimble file.
    let first = firstSide(halvings: generatorWidths.count) ?? 0
    let rules: [(isKept: Bool, field: String, found: String, wanted: String)] = [
      (classes == 0 || latentLength + classes <= 1024, "classes", "\(classes)", RecipeField.classCounts),
      (
        !(pooling && globalPooling), "globalPooling", "true, and pooling is true too",
        "only one of pooling and globalPooling"
      ),
      (
        strides.count == discriminatorWidths.count, "discriminatorStrides", "\(strides.count) strides",
        "one per entry of discriminatorWidths, or none"
      ),
      (
        discriminatorStrides.isEmpty || !pooling, "discriminatorStrides", "a list, and pooling is true",
        "none: with pooling, all strides are 1"
      ),
      (
        first > 0, "generatorWidths", "\(generatorWidths.count) of stride 2",
        "few enough to halve \(size) that many times"
      ),
      (
        firstSide(halvings: halvings) != nil, "discriminatorWidths", "\(halvings) of stride 2",
        "few enough to halve \(size) that many times"
      ),
      (
        generatorHidden.isEmpty || first <= 16, "generatorHidden", "a first map of \(first)x\(first)",
        "at most 16x16, or no hidden layers: a larger map cannot be exported"
      ),
    ]
    return rules.first { !$0.isKept }.map { ($0.field, RecipeRefusal(found: $0.found, wanted: $0.wanted)) }
  }
}
