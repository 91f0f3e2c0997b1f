import ThimbleNetworks

extension Network {
  /// The L2 norm of the gradients of the last update. Sixteen lanes in a fixed order, in f64: a function of the gradients alone.
  var gradientNorm: Double {
    let lanes = 8
    var (low, high) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    let gradients = unsafe UnsafeRawPointer(self.gradients)
    // The count is a multiple of 16; what rounds it up is 0.
    for group in 0..<(parameterCount / (2 * lanes)) {
      let at = unsafe gradients + group * 2 * lanes * MemoryLayout<Float>.stride
      let first = unsafe SIMD8<Double>(at.load(as: SIMD8<Float>.self))
      let second = unsafe SIMD8<Double>((at + lanes * MemoryLayout<Float>.stride).load(as: SIMD8<Float>.self))
      low += first * first
      high += second * second
    }
    return (low + high).sum().squareRoot()
  }
}
