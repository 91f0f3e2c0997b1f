import ThimbleStorage

/// A weight that PyTorch stores in parts: `spectral_norm` (Miyato et al., 2018) and `weight_norm` (Salimans and Kingma, 2016), in
/// their older form and as parametrisations. Computed in f64 and rounded once.
struct ReparametrizedWeight {
  let name: String
  let kind: String
  let tensor: GeneratorTensor

  private static let spectral = [
    (".weight_orig", ".weight_u", ".weight_v"),
    (
      ".parametrizations.weight.original", ".parametrizations.weight.0._u", ".parametrizations.weight.0._v"
    ),
  ]
  private static let normed = [
    (".weight_v", ".weight_g"), (".parametrizations.weight.original1", ".parametrizations.weight.original0"),
  ]

  /// All such weights among tensors, and the names of their parts.
  static func all(
    _ tensors: [String: GeneratorTensor], _ path: String
  ) throws(FileError) -> (weights: [ReparametrizedWeight], parts: [String]) {
    var weights: [ReparametrizedWeight] = []
    var parts: [String] = []
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      for (whole, u, v) in spectral where name.hasSuffix(whole) {
        let base = String(name.dropLast(whole.count))
        parts += [name, base + u, base + v]
        // Early versions stored the quotient too, and no second vector.
        if tensors[base + ".weight"] != nil, tensors[base + v] == nil { continue }
        let (u, v) = (try part(base + u, tensors, of: tensor, path), try part(base + v, tensors, of: tensor, path))
        weights.append(try spectral(base + ".weight", tensor, u, v, path))
      }
      for (direction, length) in normed where name.hasSuffix(direction) {
        let base = String(name.dropLast(direction.count))
        guard let gain = tensors[base + length] else { continue }
        parts += [name, base + length]
        weights.append(try normed(base + ".weight", tensor, gain, path))
      }
    }
    return (weights, parts)
  }

  private static func part(
    _ name: String, _ tensors: [String: GeneratorTensor], of whole: GeneratorTensor, _ path: String
  ) throws(FileError) -> GeneratorTensor {
    if let tensor = tensors[name] { return tensor }
    throw FileError(
      .badData, file: path, field: name, found: "no such tensor", wanted: "what \(whole.origin) is divided by",
      advice: "The generator has spectral normalisation, and a part of it is missing: save the whole state dict.")
  }

  /// weight_orig / (u . W v), with W as a matrix whose rows are output channels: side 1 of a transposed convolution, 0 of a linear
  /// layer.
  private static func spectral(
    _ name: String, _ whole: GeneratorTensor, _ u: GeneratorTensor, _ v: GeneratorTensor, _ path: String
  ) throws(FileError) -> ReparametrizedWeight {
    let shape = whole.shape
    let side = shape.count == 4 && shape[1] == u.count ? 1 : 0
    guard shape.count >= 2, shape[side] == u.count, whole.count > 0, u.count * v.count == whole.count else {
      throw FileError(
        .badData, file: path, field: u.origin, found: "\(u.count) and \(v.count) numbers",
        wanted: "vectors that fit \(whole.origin), \(shape)",
        advice: "Save the whole state dict of the generator again.")
    }
    let (values, left, right) = (try whole.values(), try u.values(), try v.values())
    let inner = shape[(side + 1)...].reduce(1, *)
    var sigma = 0.0
    for index in values.indices {
      let row = index / inner % shape[side]
      // The other sides, in their order.
      let column = index / (inner * shape[side]) * inner + index % inner
      sigma += Double(left[row]) * Double(values[index]) * Double(right[column])
    }
    guard sigma.isFinite, sigma.magnitude > 1e-30 else {
      throw FileError(
        .badData, file: path, field: whole.origin, found: "a spectral norm of \(sigma)", wanted: "one above 0",
        advice: "The weights are damaged, or were never trained.")
    }
    let divided = values.map { Float(Double($0) / sigma) }
    let tensor = GeneratorTensor(origin: whole.origin, shape: shape) { () throws(FileError) in divided }
    return ReparametrizedWeight(name: name, kind: "spectral normalisation", tensor: tensor)
  }

  /// gain * direction / |direction|, with a norm for each number of the gain.
  private static func normed(
    _ name: String, _ direction: GeneratorTensor, _ gain: GeneratorTensor, _ path: String
  ) throws(FileError) -> ReparametrizedWeight {
    let shape = direction.shape
    let side = gain.shape.count == shape.count ? gain.shape.firstIndex { $0 > 1 } : nil
    guard gain.count == side.map({ shape[$0] }) ?? 1 else {
      throw FileError(
        .badData, file: path, field: gain.origin, found: "\(gain.shape)",
        wanted: "gains along one side of \(direction.origin), \(shape)",
        advice: "Save the whole state dict of the generator again.")
    }
    let (values, gains) = (try direction.values(), try gain.values())
    let inner = side.map { shape[($0 + 1)...].reduce(1, *) } ?? 1
    func place(_ index: Int) -> Int { side.map { index / inner % shape[$0] } ?? 0 }
    var squares = [Double](repeating: 0, count: gains.count)
    for (index, value) in values.enumerated() { squares[place(index)] += Double(value) * Double(value) }
    if let index = squares.firstIndex(of: 0) {
      throw FileError(
        .badData, file: path, field: direction.origin, found: "weights of 0 at \(index)", wanted: "a direction",
        advice: "The weights are damaged, or were never trained.")
    }
    let made = values.enumerated().map {
      Float(Double(gains[place($0)]) * Double($1) / squares[place($0)].squareRoot())
    }
    let tensor = GeneratorTensor(origin: direction.origin, shape: shape) { () throws(FileError) in made }
    return ReparametrizedWeight(name: name, kind: "weight normalisation", tensor: tensor)
  }
}
