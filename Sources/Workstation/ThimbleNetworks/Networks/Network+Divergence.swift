import Synchronization
import ThimbleThreads

extension Network {
  /// The first layer whose numbers in the last forward run are not all finite: its output, or what it was normalised by (a
  /// rectifier may hide what came out of that). nil if all are finite.
  package func divergedLayer(images: Int) -> String? {
    running.first { layer in
      var stretches = unsafe [(UnsafePointer(layer.output), images * layer.specification.outputCount)]
      if let normalization = layer.normalization {
        let (mean, variance) = unsafe normalization.statistics
        unsafe stretches += [
          (UnsafePointer(mean), normalization.channels), (UnsafePointer(variance), normalization.channels),
        ]
      }
      return unsafe stretches.contains { numbers, count in (0..<count).contains { unsafe !numbers[$0].isFinite } }
    }?.specification.name
  }

  /// What the last update made infinite or no number: the gradient of a parameter, the last first as the way back takes them;
  /// where all gradients are finite, the parameter or a moment. nil if parameters and moments are finite, all of them.
  ///
  /// Reads them once, which the update itself did as well: little beside a step's products.
  package var divergedUpdate: (what: String, parameter: String)? {
    let own = unsafe [(parameterValues, "value"), (firstMoments, "first moment"), (secondMoments, "second moment")]
    guard unsafe own.contains(where: { unsafe !isFinite(UnsafePointer($0.0)) }) else { return nil }
    func holds(_ numbers: UnsafeMutablePointer<Float>, _ parameter: Parameter) -> Bool {
      (parameter.offset..<(parameter.offset + parameter.count)).contains { unsafe !numbers[$0].isFinite }
    }
    if let first = parameters.last(where: { unsafe holds(gradients, $0) }) { return ("gradient", first.name) }
    for index in unsafe own.indices {
      let (numbers, what) = unsafe own[index]
      if let first = parameters.first(where: { unsafe holds(numbers, $0) }) { return (what, first.name) }
    }
    return nil
  }

  /// Whether as many numbers as there are parameters are all finite.
  private func isFinite(_ numbers: UnsafePointer<Float>) -> Bool {
    let found = Atomic(false)
    let groups = unsafe UnsafeRawPointer(numbers).assumingMemoryBound(to: SIMD16<Float>.self)
    context.workers.share(parameterCount / 16) { range in
      // x - x is 0 for every finite x and no number for all others.
      var sum = SIMD16<Float>.zero
      for group in range { unsafe sum += groups[group] - groups[group] }
      if sum != .zero { found.store(true, ordering: .relaxed) }
    }
    return !found.load(ordering: .relaxed)
  }
}
