import ThimbleKernelInterface
import ThimbleKernels

#if arch(x86_64)
  import ThimbleKernelsV3
  import ThimbleKernelsV4VNNI
#endif

/// The f32 kernels of one instruction set. Which one it is does not show in the results.
package struct FloatKernels: Sendable {
  /// The modules there are: AVX-512 needs no dot products here, but the two come together.
  enum Module: Sendable {
    case portable
    #if arch(x86_64)
      case v3, v4vnni
    #endif
  }

  let module: Module

  /// The kernels for `instructionSet`, or those of the newest older set that has f32 kernels of its own.
  package init(_ instructionSet: InstructionSet) {
    #if arch(x86_64)
      switch instructionSet {
      case .v4vnni: module = .v4vnni
      case .v3, .v3vnni: module = .v3
      default: module = .portable
      }
    #else
      module = .portable
    #endif
  }

  /// Tiles of a gathered product.
  package func gatheredTileCount(_ a: GatheredProduct) -> Int {
    switch module {
    case .portable: ThimbleKernels.gatheredTileCount(a)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.gatheredTileCount(a)
      case .v4vnni: ThimbleKernelsV4VNNI.gatheredTileCount(a)
    #endif
    }
  }

  package func gatheredProduct(_ a: GatheredProduct, tiles: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.gatheredProduct(a, tiles: tiles)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.gatheredProduct(a, tiles: tiles)
      case .v4vnni: ThimbleKernelsV4VNNI.gatheredProduct(a, tiles: tiles)
    #endif
    }
  }

  package func narrowProduct(_ a: GatheredProduct, positions: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.narrowProduct(a, positions: positions)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.narrowProduct(a, positions: positions)
      case .v4vnni: ThimbleKernelsV4VNNI.narrowProduct(a, positions: positions)
    #endif
    }
  }

  package func weightGradient(_ a: WeightGradient, parts: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.weightGradient(a, parts: parts)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.weightGradient(a, parts: parts)
      case .v4vnni: ThimbleKernelsV4VNNI.weightGradient(a, parts: parts)
    #endif
    }
  }

  func packColumns(
    _ map: UnsafePointer<Float>, stride: Int, channels: Int, width: Int, rows: Range<Int>, columnStride: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    // Copies only: the same for all sets.
    ThimbleKernels.packColumns(
      map, stride: stride, channels: channels, width: width, rows: rows, columnStride: columnStride, to: target)
  }

  func packPatches(
    _ map: UnsafePointer<Float>, imageStride: Int, channels: Int, offsets: UnsafePointer<Int32>, taps: Int,
    tapsInRow: Int, positions: Int, images: Range<Int>, width: Int, zeros: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>
  ) {
    ThimbleKernels.packPatches(
      map, imageStride: imageStride, channels: channels, offsets: offsets, taps: taps, tapsInRow: tapsInRow,
      positions: positions, images: images, width: width, zeros: zeros, to: target)
  }

  func channelSums(
    _ input: UnsafePointer<Float>, rows: Int, channels: Int, mean: UnsafePointer<Float>?,
    sums: UnsafeMutablePointer<Float>
  ) {
    switch module {
    case .portable: ThimbleKernels.channelSums(input, rows: rows, channels: channels, mean: mean, sums: sums)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.channelSums(input, rows: rows, channels: channels, mean: mean, sums: sums)
      case .v4vnni: ThimbleKernelsV4VNNI.channelSums(input, rows: rows, channels: channels, mean: mean, sums: sums)
    #endif
    }
  }

  func normalize(_ a: Normalization, rows: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.normalize(a, rows: rows)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.normalize(a, rows: rows)
      case .v4vnni: ThimbleKernelsV4VNNI.normalize(a, rows: rows)
    #endif
    }
  }

  func normalizationSums(
    _ a: Normalization, rows: Range<Int>, gainSums: UnsafeMutablePointer<Float>, biasSums: UnsafeMutablePointer<Float>
  ) {
    switch module {
    case .portable: ThimbleKernels.normalizationSums(a, rows: rows, gainSums: gainSums, biasSums: biasSums)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.normalizationSums(a, rows: rows, gainSums: gainSums, biasSums: biasSums)
      case .v4vnni: ThimbleKernelsV4VNNI.normalizationSums(a, rows: rows, gainSums: gainSums, biasSums: biasSums)
    #endif
    }
  }

  func normalizationGradient(_ a: Normalization, rows: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.normalizationGradient(a, rows: rows)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.normalizationGradient(a, rows: rows)
      case .v4vnni: ThimbleKernelsV4VNNI.normalizationGradient(a, rows: rows)
    #endif
    }
  }

  func leakyRectify(_ values: UnsafeMutablePointer<Float>, slope: Float, groups: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.leakyRectify(values, slope: slope, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.leakyRectify(values, slope: slope, groups: groups)
      case .v4vnni: ThimbleKernelsV4VNNI.leakyRectify(values, slope: slope, groups: groups)
    #endif
    }
  }

  func leakyRectifyGradient(
    _ gradient: UnsafeMutablePointer<Float>, after values: UnsafePointer<Float>, slope: Float, groups: Range<Int>
  ) {
    switch module {
    case .portable: ThimbleKernels.leakyRectifyGradient(gradient, after: values, slope: slope, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.leakyRectifyGradient(gradient, after: values, slope: slope, groups: groups)
      case .v4vnni: ThimbleKernelsV4VNNI.leakyRectifyGradient(gradient, after: values, slope: slope, groups: groups)
    #endif
    }
  }

  package func hyperbolicTangents(_ values: UnsafeMutablePointer<Float>, groups: Range<Int>) {
    switch module {
    case .portable: ThimbleKernels.hyperbolicTangents(values, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.hyperbolicTangents(values, groups: groups)
      case .v4vnni: ThimbleKernelsV4VNNI.hyperbolicTangents(values, groups: groups)
    #endif
    }
  }

  /// 1 / (1 + exp(-x)) as (tanh(x / 2) + 1) / 2.
  func sigmoids(_ values: UnsafeMutablePointer<Float>, groups: Range<Int>) {
    let numbers = (groups.lowerBound * 16)..<(groups.upperBound * 16)
    for i in numbers { values[i] *= 0.5 }
    hyperbolicTangents(values, groups: groups)
    for i in numbers { values[i] = values[i] * 0.5 + 0.5 }
  }

  func hyperbolicTangentGradient(
    _ gradient: UnsafeMutablePointer<Float>, after values: UnsafePointer<Float>, groups: Range<Int>
  ) {
    switch module {
    case .portable: ThimbleKernels.hyperbolicTangentGradient(gradient, after: values, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.hyperbolicTangentGradient(gradient, after: values, groups: groups)
      case .v4vnni: ThimbleKernelsV4VNNI.hyperbolicTangentGradient(gradient, after: values, groups: groups)
    #endif
    }
  }

  func adam(
    _ step: AdamStep, parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, groups: Range<Int>
  ) {
    switch module {
    case .portable:
      ThimbleKernels.adam(
        step, parameters: parameters, gradients: gradients, firstMoments: firstMoments, secondMoments: secondMoments,
        groups: groups)
    #if arch(x86_64)
      case .v3:
        ThimbleKernelsV3.adam(
          step, parameters: parameters, gradients: gradients, firstMoments: firstMoments, secondMoments: secondMoments,
          groups: groups)
      case .v4vnni:
        ThimbleKernelsV4VNNI.adam(
          step, parameters: parameters, gradients: gradients, firstMoments: firstMoments, secondMoments: secondMoments,
          groups: groups)
    #endif
    }
  }

  func moveAverages(
    _ averages: UnsafeMutablePointer<Float>, towards values: UnsafePointer<Float>, weight: Float, groups: Range<Int>
  ) {
    switch module {
    case .portable: ThimbleKernels.moveAverages(averages, towards: values, weight: weight, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.moveAverages(averages, towards: values, weight: weight, groups: groups)
      case .v4vnni: ThimbleKernelsV4VNNI.moveAverages(averages, towards: values, weight: weight, groups: groups)
    #endif
    }
  }

  /// softplus and sigmoid of `groups` groups of 16 numbers.
  package func softplusAndSigmoids(
    _ values: UnsafePointer<Float>, softplus: UnsafeMutablePointer<Float>, sigmoid: UnsafeMutablePointer<Float>,
    groups: Int
  ) {
    switch module {
    case .portable:
      ThimbleKernels.softplusAndSigmoids(values, softplus: softplus, sigmoid: sigmoid, groups: groups)
    #if arch(x86_64)
      case .v3: ThimbleKernelsV3.softplusAndSigmoids(values, softplus: softplus, sigmoid: sigmoid, groups: groups)
      case .v4vnni:
        ThimbleKernelsV4VNNI.softplusAndSigmoids(values, softplus: softplus, sigmoid: sigmoid, groups: groups)
    #endif
    }
  }

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
