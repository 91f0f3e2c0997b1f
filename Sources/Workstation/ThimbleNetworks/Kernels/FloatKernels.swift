import Thimble
import ThimbleKernelInterface
import ThimbleKernels

#if arch(x86_64)
  import ThimbleKernelsV3
  import ThimbleKernelsV4VNNI
#endif

/// The f32 kernels of one instruction set.
package typealias FloatKernels = ThimbleKernelInterface.FloatKernels

extension FloatKernels {
  /// The kernels for `instructionSet`, or those of the newest older set that has f32 kernels of its own.
  package init(_ instructionSet: InstructionSet) {
    switch instructionSet.floatModule {
    case .portable: self = ThimbleKernels.floatKernels()
    #if arch(x86_64)
      case .v3: self = ThimbleKernelsV3.floatKernels()
      case .v4vnni: self = ThimbleKernelsV4VNNI.floatKernels()
    #else
      case .v3, .v4vnni: fatalError("no set of this architecture")
    #endif
    }
  }

  // Copies only: the same for all sets.

  func packColumns(
    _ map: UnsafePointer<Float>, stride: Int, channels: Int, width: Int, rows: Range<Int>, columnStride: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    unsafe ThimbleKernels.packColumns(
      map, stride: stride, channels: channels, width: width, rows: rows, columnStride: columnStride, to: target)
  }

  func packPatches(
    _ map: UnsafePointer<Float>, imageStride: Int, channels: Int, offsets: UnsafePointer<Int32>, taps: Int,
    tapsInRow: Int, positions: Int, images: Range<Int>, width: Int, zeros: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>
  ) {
    unsafe ThimbleKernels.packPatches(
      map, imageStride: imageStride, channels: channels, offsets: offsets, taps: taps, tapsInRow: tapsInRow,
      positions: positions, images: images, width: width, zeros: zeros, to: target)
  }

  /// 1 / (1 + exp(-x)) as (tanh(x / 2) + 1) / 2.
  func sigmoids(_ values: UnsafeMutablePointer<Float>, groups: Range<Int>) {
    let numbers = (groups.lowerBound * 16)..<(groups.upperBound * 16)
    for i in numbers { unsafe values[i] *= 0.5 }
    unsafe hyperbolicTangents(values, groups)
    for i in numbers { unsafe values[i] = unsafe values[i] * 0.5 + 0.5 }
  }
}
