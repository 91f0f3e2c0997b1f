import ThimbleKernelInterface
import ThimbleThreads

/// Batch normalisation (Ioffe and Szegedy 2015) and the activation after it, of one layer.
///
/// Sums over the minibatch are made image by image, images added in order within a shard, shards in order.
package final class BatchNormalization {
  /// Length of the statistics, and rows of that length an image.
  let channels: Int
  let rowsPerImage: Int
  let slope: Float
  let epsilon: Float
  private let context: ComputeContext
  private let mean: Slot
  private let variance: Slot
  private let inverseDeviation: Slot
  private let gainGradient: Slot
  private let biasGradient: Slot
  private let imageSums: Slot
  private let otherImageSums: Slot

  package init(channels: Int, rowsPerImage: Int, slope: Float, epsilon: Float, images: Int, _ context: ComputeContext) {
    self.channels = channels
    self.rowsPerImage = rowsPerImage
    self.slope = slope
    self.epsilon = epsilon
    self.context = context
    let workspace = context.workspace
    mean = workspace.reserve(channels)
    variance = workspace.reserve(channels)
    inverseDeviation = workspace.reserve(channels)
    gainGradient = workspace.reserve(channels)
    biasGradient = workspace.reserve(channels)
    imageSums = workspace.reserve(images * channels)
    otherImageSums = workspace.reserve(images * channels)
  }

  /// The current statistics: of the last minibatch, or frozen ones. `deviation` follows from `variance`.
  package var statistics: (mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>) {
    unsafe (context.workspace[mean], context.workspace[variance])
  }

  /// Takes mean and biased variance of the minibatch, in two passes.
  package func takeStatistics(of input: UnsafePointer<Float>, images: Int) {
    let (means, variances) = unsafe statistics
    let count = Float(images * rowsPerImage)
    unsafe sums(input, images: images, mean: nil, into: means)
    for c in 0..<channels { unsafe means[c] /= count }
    unsafe sums(input, images: images, mean: means, into: variances)
    for c in 0..<channels { unsafe variances[c] /= count }
  }

  private func sums(
    _ input: UnsafePointer<Float>, images: Int, mean: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>
  ) {
    let partial = unsafe context.workspace[imageSums]
    let stride = rowsPerImage * channels
    context.workers.share(images) { [self] range in
      for image in range {
        unsafe context.kernels.channelSums(
          input + image * stride, rowsPerImage, channels, mean, partial + image * channels)
      }
    }
    unsafe addInOrder(partial, images: images, into: result)
  }

  /// Adds the images' sums: within a shard, then shard after shard.
  private func addInOrder(_ partial: UnsafeMutablePointer<Float>, images: Int, into result: UnsafeMutablePointer<Float>)
  {
    context.workers.share(channels, multiple: 16) { [channels] range in
      for c in range { unsafe result[c] = 0 }
      for shard in stride(from: 0, to: images, by: Arithmetic.shardImages) {
        let first = unsafe partial + shard * channels
        for image in 1..<max(1, min(Arithmetic.shardImages, images - shard)) {
          let next = unsafe first + image * channels
          for c in range { unsafe first[c] += next[c] }
        }
        for c in range { unsafe result[c] += first[c] }
      }
    }
  }

  /// Normalises with the current statistics: pre-activation rows to activated rows.
  package func forward(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, gain: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, images: Int
  ) {
    let (_, variances) = unsafe statistics
    let inverse = unsafe context.workspace[inverseDeviation]
    for c in 0..<channels { unsafe inverse[c] = unsafe 1 / (variances[c] + epsilon).squareRoot() }
    let task = unsafe normalization(input, output, gain, bias, images)
    context.workers.share(images * rowsPerImage) { context.kernels.normalize(task, $0) }
  }

  /// Turns the gradient after the activation into the one before normalisation, in place, and adds those of gain and bias.
  package func backward(
    _ input: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, gain: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, images: Int, gainInto: UnsafeMutablePointer<Float>?,
    biasInto: UnsafeMutablePointer<Float>?
  ) {
    let task = unsafe normalization(input, gradient, gain, bias, images)
    let (gains, biases) = unsafe (context.workspace[imageSums], context.workspace[otherImageSums])
    context.workers.share(images) { [self] range in
      for image in range {
        unsafe context.kernels.normalizationSums(
          task, (image * rowsPerImage)..<((image + 1) * rowsPerImage), gains + image * channels,
          biases + image * channels)
      }
    }
    let (gainTotal, biasTotal) = unsafe (context.workspace[gainGradient], context.workspace[biasGradient])
    unsafe addInOrder(gains, images: images, into: gainTotal)
    unsafe addInOrder(biases, images: images, into: biasTotal)
    context.workers.share(images * rowsPerImage) { context.kernels.normalizationGradient(task, $0) }
    if let gainInto = unsafe gainInto, let biasInto = unsafe biasInto {
      for c in 0..<channels {
        unsafe gainInto[c] += gainTotal[c]
        unsafe biasInto[c] += biasTotal[c]
      }
    }
  }

  private func normalization(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ gain: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>, _ images: Int
  ) -> Normalization {
    let workspace = context.workspace
    return unsafe Normalization(
      input: input, output: output, mean: workspace[mean], inverseDeviation: workspace[inverseDeviation], gain: gain,
      bias: bias, gainGradient: workspace[gainGradient], biasGradient: workspace[biasGradient], channels: channels,
      rows: images * rowsPerImage, slope: slope)
  }
}
