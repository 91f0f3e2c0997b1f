import ThimbleThreadIntrinsics

/// How a thread computes with floating-point numbers: rounding, and whether small numbers are taken for zero. A program inherits it
/// from the libraries that are loaded into it, and a thread from the one that starts it; training and export need the standard one.
package enum FloatMode {
  /// From now on this thread computes in the standard mode: to the nearest number, halves to even, small numbers kept.
  package static func useStandard() { _ = thimble_use_standard_float_mode() }

  /// Runs `body` in the standard mode, and gives the thread its own back.
  package static func standard(_ body: () -> Void) {
    let former = thimble_use_standard_float_mode()
    body()
    thimble_restore_float_mode(former)
  }
}
