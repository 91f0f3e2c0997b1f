import ThimbleKernelInterface

// Passes over rows of channels. Buffers are readable and writable up to the next multiple of 16 floats past their end only
// where it says so; rows of other lengths end with single numbers, by the same operations, so the bits are the same.

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Lanes { UnsafeRawPointer(place).loadUnaligned(as: Lanes.self) }
@inline(__always)
private func store(_ value: Lanes, _ place: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(place).storeBytes(of: value, as: Lanes.self)
}

/// `sums[c] = sum over rows of x[row][c]`, in order; or, with a mean, of `(x - mean)^2`.
public func channelSums(
  _ input: UnsafePointer<Float>, rows: Int, channels: Int, mean: UnsafePointer<Float>?,
  sums: UnsafeMutablePointer<Float>
) {
  var c = 0
  while c + 16 <= channels {
    var sum = Lanes.zero
    let center = mean.map { load($0 + c) }
    for row in 0..<rows {
      let x = load(input + row * channels + c)
      if let center {
        let difference = x - center
        sum.addProduct(difference, difference)
      } else {
        sum += x
      }
    }
    store(sum, sums + c)
    c += 16
  }
  while c < channels {
    var sum: Float = 0
    for row in 0..<rows {
      let x = input[row * channels + c]
      if let mean { sum.addProduct(x - mean[c], x - mean[c]) } else { sum += x }
    }
    sums[c] = sum
    c += 1
  }
}

/// Normalises, scales and activates the given rows: `output = act((input - mean) * (gain * inverseDeviation) + bias)`.
public func normalize(_ a: Normalization, rows: Range<Int>) {
  for row in rows {
    let input = a.input + row * a.channels
    let output = a.output + row * a.channels
    var c = 0
    while c + 16 <= a.channels {
      let scale = load(a.gain + c) * load(a.inverseDeviation + c)
      let pre = load(a.bias + c).addingProduct(load(input + c) - load(a.mean + c), scale)
      store(pre.replacing(with: a.slope * pre, where: .!(pre .> 0)), output + c)
      c += 16
    }
    while c < a.channels {
      let pre = a.bias[c].addingProduct(input[c] - a.mean[c], a.gain[c] * a.inverseDeviation[c])
      output[c] = pre > 0 ? pre : a.slope * pre
      c += 1
    }
  }
}

/// The sums that the gradient of batch normalisation needs, over the given rows in order: of the gradient before the activation
/// (`biasSums`), and of its product with the normalised input (`gainSums`).
public func normalizationSums(
  _ a: Normalization, rows: Range<Int>, gainSums: UnsafeMutablePointer<Float>, biasSums: UnsafeMutablePointer<Float>
) {
  var c = 0
  while c + 16 <= a.channels {
    let (mean, inverse) = (load(a.mean + c), load(a.inverseDeviation + c))
    let (scale, bias) = (load(a.gain + c) * inverse, load(a.bias + c))
    var (gainSum, biasSum) = (Lanes.zero, Lanes.zero)
    for row in rows {
      let centered = load(a.input + row * a.channels + c) - mean
      let pre = bias.addingProduct(centered, scale)
      var gradient = load(UnsafePointer(a.output) + row * a.channels + c)
      gradient.replace(with: a.slope * gradient, where: .!(pre .> 0))
      biasSum += gradient
      gainSum.addProduct(gradient, centered * inverse)
    }
    store(gainSum, gainSums + c)
    store(biasSum, biasSums + c)
    c += 16
  }
  while c < a.channels {
    var (gainSum, biasSum): (Float, Float) = (0, 0)
    for row in rows {
      let centered = a.input[row * a.channels + c] - a.mean[c]
      let pre = a.bias[c].addingProduct(centered, a.gain[c] * a.inverseDeviation[c])
      var gradient = a.output[row * a.channels + c]
      if !(pre > 0) { gradient *= a.slope }
      biasSum += gradient
      gainSum.addProduct(gradient, centered * a.inverseDeviation[c])
    }
    gainSums[c] = gainSum
    biasSums[c] = biasSum
    c += 1
  }
}

/// Turns the gradient after the activation into the gradient before batch normalisation, in place:
/// `gain * inverseDeviation * (g - biasGradient / rows - normalised * gainGradient / rows)`.
public func normalizationGradient(_ a: Normalization, rows: Range<Int>) {
  let count = Float(a.rows)
  for row in rows {
    let input = a.input + row * a.channels
    let output = a.output + row * a.channels
    var c = 0
    while c + 16 <= a.channels {
      let inverse = load(a.inverseDeviation + c)
      let scale = load(a.gain + c) * inverse
      let centered = load(input + c) - load(a.mean + c)
      let pre = load(a.bias + c).addingProduct(centered, scale)
      var gradient = load(UnsafePointer(output) + c)
      gradient.replace(with: a.slope * gradient, where: .!(pre .> 0))
      gradient -= load(a.biasGradient + c) / count
      gradient.addProduct(-(centered * inverse), load(a.gainGradient + c) / count)
      store(scale * gradient, output + c)
      c += 16
    }
    while c < a.channels {
      let inverse = a.inverseDeviation[c]
      let scale = a.gain[c] * inverse
      let centered = input[c] - a.mean[c]
      let pre = a.bias[c].addingProduct(centered, scale)
      var gradient = output[c]
      if !(pre > 0) { gradient *= a.slope }
      gradient -= a.biasGradient[c] / count
      gradient.addProduct(-(centered * inverse), a.gainGradient[c] / count)
      output[c] = scale * gradient
      c += 1
    }
  }
}

/// LeakyReLU in place, on groups of 16 numbers.
public func leakyRectify(_ values: UnsafeMutablePointer<Float>, slope: Float, groups: Range<Int>) {
  for g in groups {
    let x = load(UnsafePointer(values) + 16 * g)
    store(x.replacing(with: slope * x, where: .!(x .> 0)), values + 16 * g)
  }
}

/// The gradient before LeakyReLU, in place, given the values after it (whose sign is that of the values before).
public func leakyRectifyGradient(
  _ gradient: UnsafeMutablePointer<Float>, after values: UnsafePointer<Float>, slope: Float, groups: Range<Int>
) {
  for g in groups {
    let x = load(UnsafePointer(gradient) + 16 * g)
    store(x.replacing(with: slope * x, where: .!(load(values + 16 * g) .> 0)), gradient + 16 * g)
  }
}

/// The gradient before tanh, in place, given the values after it: `g * (1 - y^2)`.
public func hyperbolicTangentGradient(
  _ gradient: UnsafeMutablePointer<Float>, after values: UnsafePointer<Float>, groups: Range<Int>
) {
  for g in groups {
    let y = load(values + 16 * g)
    store(load(UnsafePointer(gradient) + 16 * g) * Lanes(repeating: 1).addingProduct(-y, y), gradient + 16 * g)
  }
}

/// Moves running averages towards `values` by a share of the difference: `a + weight * (v - a)`, fused.
public func moveAverages(
  _ averages: UnsafeMutablePointer<Float>, towards values: UnsafePointer<Float>, weight: Float, groups: Range<Int>
) {
  for g in groups {
    let a = load(UnsafePointer(averages) + 16 * g)
    store(a.addingProduct(Lanes(repeating: weight), load(values + 16 * g) - a), averages + 16 * g)
  }
}

/// One step of Adam on groups of 16 parameters.
public func adam(
  _ step: AdamStep, parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
  firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, groups: Range<Int>
) {
  for group in groups {
    let at = 16 * group
    let p = load(UnsafePointer(parameters) + at)
    let g = load(gradients + at).addingProduct(Lanes(repeating: step.weightDecay), p)
    let m = (step.beta1 * load(UnsafePointer(firstMoments) + at)).addingProduct(Lanes(repeating: step.oneMinusBeta1), g)
    let v = (step.beta2 * load(UnsafePointer(secondMoments) + at)).addingProduct(step.oneMinusBeta2 * g, g)
    store(m, firstMoments + at)
    store(v, secondMoments + at)
    let deviation = (v / step.correction2).squareRoot() + step.epsilon
    store(p - step.learningRate * (m / step.correction1) / deviation, parameters + at)
  }
}
