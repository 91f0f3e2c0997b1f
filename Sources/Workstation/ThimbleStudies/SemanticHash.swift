import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads

/// Short hashes that images alike share (paper, section 4.1): a denoising autoencoder 3072-128-3072 is trained on the set's own
/// images at 32x32, its ReLU code is thresholded to 128 bits.
package struct SemanticHash: Sendable {
  package static let bits = 128
  private static let batchSize = 128
  /// Share of an image's numbers that are hidden from the autoencoder while it is trained.
  private static let hidden = 0.5

  /// One an image.
  package let hashes: [SIMD2<UInt64>]
  /// Mean squared error of the last minibatch, hidden numbers and all: what the training came to.
  package let lastLoss: Double

  /// Trains on rows in [-1, 1], [count][length], and hashes them.
  package init(
    _ rows: [Float], length: Int, steps: Int, workers: Workers, kernels: FloatKernels,
    progress: (Int) -> Void = { _ in }
  ) {
    let count = rows.count / length
    precondition(count >= 2 && steps >= 1)
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(
      LayerSpecification.autoencoder(inputs: length, code: Self.bits), capacity: Self.batchSize, batchNormEpsilon: 1e-5,
      trained: true, context)
    context.workspace.allocate()
    network.initialize(seed: 0, deviation: 0.02, network: 3)
    let mean = Self.mean(rows, length)
    let random = Philox(seed: 0)
    let images = min(Self.batchSize, count)
    var (clean, noisy) = ([Float](repeating: 0, count: images * length), [Float](repeating: 0, count: images * length))
    var (loss, beta1, beta2) = (0.0, 1.0, 1.0)
    for step in 0..<steps {
      for n in 0..<images {
        let draw = random.block(UInt32(n), stream: UInt64(step), domain: .shuffling)[0]
        let image = Int((UInt64(draw) * UInt64(count)) >> 32)
        for i in 0..<length { clean[n * length + i] = rows[image * length + i] - mean[i] }
      }
      Self.hide(clean, &noisy, random, step)
      unsafe network.forward(noisy, images: images)
      let share = 2 / Float(images * length)
      loss = 0
      for i in clean.indices {
        let difference = unsafe network.output[i] - clean[i]
        loss += Double(difference * difference) / Double(clean.count)
        unsafe network.outputGradient[i] = share * difference
      }
      network.clearGradients()
      unsafe network.backward(input: noisy, images: images, parameterGradients: true, inputGradient: false)
      (beta1, beta2) = (beta1 * 0.9, beta2 * 0.999)
      network.update(
        AdamStep(
          learningRate: 1e-3, beta1: 0.9, beta2: 0.999, oneMinusBeta1: 0.1, oneMinusBeta2: 0.001,
          correction1: Float(1 - beta1), correction2: Float(1 - beta2), epsilon: 1e-8, weightDecay: 0))
      progress(step + 1)
    }
    lastLoss = loss
    hashes = Self.hashes(rows, mean, length, network)
  }

  private static func mean(_ rows: [Float], _ length: Int) -> [Float] {
    var sums = [Double](repeating: 0, count: length)
    for first in stride(from: 0, to: rows.count, by: length) {
      for i in 0..<length { sums[i] += Double(rows[first + i]) }
    }
    return sums.map { Float($0 / Double(rows.count / length)) }
  }

  /// A number stays, at twice its size, where its random bit is 1.
  private static func hide(_ clean: [Float], _ noisy: inout [Float], _ random: Philox, _ step: Int) {
    for block in 0..<((clean.count + 127) / 128) {
      let words = random.block(UInt32(block), stream: UInt64(step), domain: .mirroring)
      for i in (128 * block)..<min(128 * block + 128, clean.count) {
        let bit = words[i % 128 / 32] >> UInt32(i % 32) & 1
        noisy[i] = bit == 1 ? clean[i] / Float(1 - hidden) : 0
      }
    }
  }

  private static func hashes(
    _ rows: [Float], _ mean: [Float], _ length: Int, _ network: Network
  ) -> [SIMD2<UInt64>] {
    let count = rows.count / length
    var hashes: [SIMD2<UInt64>] = []
    var input = [Float](repeating: 0, count: batchSize * length)
    for first in stride(from: 0, to: count, by: batchSize) {
      let images = min(batchSize, count - first)
      for n in 0..<images {
        for i in 0..<length { input[n * length + i] = rows[(first + n) * length + i] - mean[i] }
      }
      unsafe network.forward(input, images: images)
      let code = unsafe network.output(ofLayer: 0)
      for n in 0..<images {
        var hash = SIMD2<UInt64>.zero
        for bit in 0..<bits where unsafe code[n * bits + bit] > 0 { hash[bit / 64] |= 1 << UInt64(bit % 64) }
        hashes.append(hash)
      }
    }
    return hashes
  }

  /// Pairs (first, later): each image whose hash differs from that of an earlier one, which stays, in at most `radius` bits.
  package func duplicates(radius: Int) -> [(first: Int, later: Int)] {
    var pairs: [(first: Int, later: Int)] = []
    if radius == 0 {
      var seen: [SIMD2<UInt64>: Int] = [:]
      for (index, hash) in hashes.enumerated() {
        if let first = seen[hash] { pairs.append((first, index)) } else { seen[hash] = index }
      }
      return pairs
    }
    var kept: [(index: Int, hash: SIMD2<UInt64>)] = []
    for (index, hash) in hashes.enumerated() {
      let near = kept.first { other in
        let bits = other.hash ^ hash
        return bits[0].nonzeroBitCount + bits[1].nonzeroBitCount <= radius
      }
      if let near { pairs.append((near.index, index)) } else { kept.append((index, hash)) }
    }
    return pairs
  }
}
