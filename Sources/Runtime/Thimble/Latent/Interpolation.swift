extension Q3x12 {
  /// The steps that lie between two latents at most.
  public static let mostSteps = 32_768

  /// The number on the straight line from `start` to `end`, after `step` of `steps` equal steps: the nearest one to
  /// (start * (steps - step) + end * step) / steps, the greater one of two that are equally near. The way back has the same
  /// numbers.
  ///
  /// `steps` is 1 to 32,768, `step` 0 to `steps`.
  public static func between(_ start: Int16, _ end: Int16, step: Int, of steps: Int) -> Int16 {
    precondition(steps >= 1 && steps <= mostSteps && step >= 0 && step <= steps)
    let (step, steps) = (UInt32(step), UInt32(steps))
    // Counted from -32,768: below 2^16 each, so that twice the sum stays below 2^32.
    let sum = UInt32(Int32(start) + 32_768) * (steps - step) + UInt32(Int32(end) + 32_768) * step
    return Int16(Int32((2 * sum + steps) / (2 * steps)) - 32_768)
  }
}
