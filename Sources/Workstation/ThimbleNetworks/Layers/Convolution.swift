import ThimbleKernelInterface
import ThimbleThreads

/// The three products of a convolution: strided from the big map to the small one, fractionally strided back, and the gradient of the weights.
/// Weights are [taps][bigChannels][smallChannels]; both directions run from packed copies that `pack` renews.
package final class Convolution {
  package let geometry: ConvolutionGeometry
  private let context: ComputeContext
  private let stridedTable: GatherTable
  private let fractionalTables: [GatherTable]
  private let stridedWeights: Slot?
  private let fractionalWeights: [Slot]
  private let zeros: Slot
  private let gradientPass: WeightGradientPass
  private let gradientScratch: Slot?
  /// With at most 4 channels in the big map, lanes run along the small one's.
  private let narrow: Bool

  /// `strided` and `fractionallyStrided` say which products are needed; `gradientImages`, for minibatches of how many images the
  /// gradient of the weights is, if any.
  package init(
    _ geometry: ConvolutionGeometry, _ context: ComputeContext, strided: Bool, fractionallyStrided: Bool,
    gradientImages: Int?
  ) {
    self.geometry = geometry
    self.context = context
    narrow = geometry.bigChannels <= 4
    stridedTable = .strided(geometry)
    fractionalTables = fractionallyStrided ? GatherTable.fractionallyStrided(geometry) : []
    let workspace = context.workspace
    stridedWeights =
      strided ? workspace.reserve(roundUp16(geometry.smallChannels) * geometry.taps * geometry.bigChannels) : nil
    let (big, small, isNarrow) = (geometry.bigChannels, geometry.smallChannels, narrow)
    fractionalWeights = fractionalTables.map { table in
      workspace.reserve(table.taps.count * (isNarrow ? big * roundUp16(small) : roundUp16(big) * small))
    }
    zeros = workspace.reserve(max(big, small) + 16)
    let pass = WeightGradientPass(
      bigPositions: geometry.bigSide * geometry.bigSide, bigChannels: big,
      smallPositions: geometry.smallSide * geometry.smallSide, smallChannels: small, offsets: stridedTable.inputOffsets,
      tapsInRow: stridedTable.tapsInRow, shardImages: Arithmetic.shardImages)
    gradientPass = pass
    gradientScratch = gradientImages.map { workspace.reserveShared(pass.scratchCount(images: $0)) }
  }

  /// Renews the packed copies from the weights. Call after each change of them.
  package func pack(_ weights: UnsafePointer<Float>) {
    if let stridedWeights { unsafe packStrided(weights, context.workspace[stridedWeights]) }
    for (table, slot) in zip(fractionalTables, fractionalWeights) {
      let packed = unsafe context.workspace[slot]
      if narrow { unsafe packNarrow(weights, packed, table) } else { unsafe packFractional(weights, packed, table) }
    }
  }

  /// [blocks of 16 small channels][taps][bigChannels][16].
  private func packStrided(_ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>) {
    let (rows, small) = (geometry.taps * geometry.bigChannels, geometry.smallChannels)
    context.workers.share(roundUp16(small) / 16) { blocks in
      for block in blocks {
        let lanes = min(16, small - 16 * block)
        for row in 0..<rows {
          let target = unsafe packed + (block * rows + row) * 16
          unsafe target.update(from: weights + row * small + 16 * block, count: lanes)
        }
      }
    }
  }

  /// [blocks of 16 big channels][taps of the phase][smallChannels][16].
  private func packFractional(
    _ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>, _ table: GatherTable
  ) {
    let (big, small) = (geometry.bigChannels, geometry.smallChannels)
    context.workers.share(roundUp16(big) / 16) { blocks in
      for block in blocks {
        for (index, tap) in table.taps.enumerated() {
          let target = unsafe packed + (block * table.taps.count + index) * small * 16
          for lane in 0..<min(16, big - 16 * block) {
            let source = unsafe weights + (tap * big + 16 * block + lane) * small
            for s in 0..<small { unsafe target[s * 16 + lane] = unsafe source[s] }
          }
        }
      }
    }
  }

  /// [taps of the phase][bigChannels][groups of 16 small channels].
  private func packNarrow(_ weights: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>, _ table: GatherTable)
  {
    let (big, small) = (geometry.bigChannels, geometry.smallChannels)
    for (index, tap) in table.taps.enumerated() {
      for b in 0..<big {
        unsafe (packed + (index * big + b) * roundUp16(small)).update(
          from: weights + (tap * big + b) * small, count: small)
      }
    }
  }

  /// Strided convolution: [images][big] to [images][small].
  package func strided(_ big: UnsafePointer<Float>, _ small: UnsafeMutablePointer<Float>, images: Int) {
    unsafe run(
      stridedTable, stridedWeights!, big, geometry.bigCount, small, geometry.smallCount, depth: geometry.bigChannels,
      outputs: geometry.smallChannels, images: images, narrow: false)
  }

  /// Fractionally-strided convolution: [images][small] to [images][big].
  package func fractionallyStrided(_ small: UnsafePointer<Float>, _ big: UnsafeMutablePointer<Float>, images: Int) {
    for (table, slot) in zip(fractionalTables, fractionalWeights) {
      unsafe run(
        table, slot, small, geometry.smallCount, big, geometry.bigCount, depth: geometry.smallChannels,
        outputs: geometry.bigChannels, images: images, narrow: narrow)
    }
  }

  private func run(
    _ table: GatherTable, _ weights: Slot, _ input: UnsafePointer<Float>, _ inputStride: Int,
    _ output: UnsafeMutablePointer<Float>, _ outputStride: Int, depth: Int, outputs: Int, images: Int, narrow: Bool
  ) {
    let workspace = context.workspace
    unsafe table.inputOffsets.withUnsafeBufferPointer { inputs in
      unsafe table.outputOffsets.withUnsafeBufferPointer { places in
        let product = unsafe GatheredProduct(
          input: input, inputImageStride: inputStride, output: output, outputImageStride: outputStride,
          zeros: workspace[zeros], inputOffsets: inputs.baseAddress ?? noOffsets, outputOffsets: places.baseAddress!,
          weights: UnsafeRawPointer(workspace[weights]).assumingMemoryBound(to: Lanes.self), images: images,
          positions: table.positions, taps: table.taps.count, tapsInRow: table.tapsInRow, depth: depth,
          outputs: outputs)
        if narrow {
          context.workers.share(images * table.positions, multiple: 8) {
            context.kernels.narrowProduct(product, $0)
          }
        } else {
          context.workers.share(context.kernels.gatheredTileCount(product)) {
            context.kernels.gatheredProduct(product, $0)
          }
        }
      }
    }
  }

  /// Adds the gradient of the weights, given both maps (one of them a gradient).
  package func weightGradient(
    big: UnsafePointer<Float>, small: UnsafePointer<Float>, images: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe gradientPass.run(
      big: big, small: small, images: images, into: gradient, scratch: context.workspace[gradientScratch!],
      zeros: context.workspace[zeros], context.workers, context.kernels)
  }
}

/// A phase without taps has no offsets; nothing is read through this.
private nonisolated(unsafe) let noOffsets: UnsafePointer<Int32> = unsafe UnsafePointer(
  UnsafeMutablePointer<Int32>.allocate(capacity: 1))

func roundUp16(_ n: Int) -> Int { roundUp(n, 16) }
