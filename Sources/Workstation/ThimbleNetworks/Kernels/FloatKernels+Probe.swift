import ThimbleKernels

#if arch(x86_64)
  import ThimbleKernelsV3
  import ThimbleKernelsV4VNNI
#endif

extension FloatKernels {
  /// Multiply-accumulates of `steps` rounds on registers. `result` holds three numbers to compute with.
  package func fusedProductProbe(_ steps: Int, result: UnsafeMutablePointer<Float>) -> Int {
    switch module {
    case .portable: ThimbleKernels.fusedProductProbe(steps, result: result)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.fusedProductProbe(steps, result: result)
      case .v4vnni: ThimbleKernelsV4VNNI.fusedProductProbe(steps, result: result)
    #endif
    }
  }
}
