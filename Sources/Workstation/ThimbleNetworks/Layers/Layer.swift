import ThimbleKernelInterface
import ThimbleThreads

/// One layer at work: products with weights, batch normalisation or a bias, an activation.
final class Layer {
  let specification: LayerSpecification
  let normalization: BatchNormalization?
  private let passes: LayerPasses
  private let context: ComputeContext
  /// Before batch normalisation, kept for the way back.
  private let before: Slot?
  /// [images][outputCount], after the activation.
  private let after: Slot
  /// [images][outputCount] of a layer in training: the gradient of `after`. With batch normalisation it takes the place of `after`,
  /// which is not needed any more when the gradient is computed.
  private let gradient: Slot?
  /// Where its parameters begin; the bias is the normalisation's or the layer's own.
  private let weight: Int
  private let gain: Int?
  private let bias: Int?

  /// `trained`: the layer will also be run backwards.
  init(
    _ specification: LayerSpecification, _ parameters: [Parameter], images: Int, epsilon: Float, trained: Bool,
    _ context: ComputeContext
  ) {
    self.specification = specification
    self.context = context
    passes = LayerPasses(specification.kind, trained: trained, images: images, context)
    let outputs = specification.outputCount
    after = context.workspace.reserve(images * outputs)
    if specification.statistics != nil {
      var slope: Float = 1
      if case .rectifier(let below) = specification.activation { slope = below }
      before = context.workspace.reserve(images * outputs)
      normalization = BatchNormalization(
        channels: specification.statisticsCount, rowsPerImage: outputs / specification.statisticsCount, slope: slope,
        epsilon: epsilon, images: images, context)
    } else {
      before = nil
      normalization = nil
    }
    var isRectifier = false
    if case .rectifier = specification.activation { isRectifier = true }
    let takesPlace = normalization != nil && isRectifier
    gradient = !trained ? nil : takesPlace ? after : context.workspace.reserve(images * outputs)
    let own = parameters.filter { $0.layer.name == specification.name }
    weight = own.first { $0.role == .weight }!.offset
    gain = own.first { $0.role == .gain }?.offset
    bias = own.first { $0.role == .bias }?.offset
  }

  /// [images][outputCount] of the last forward run.
  var output: UnsafeMutablePointer<Float> { unsafe context.workspace[after] }

  /// [images][outputCount]: where the gradient of the output is put before `backward`. With batch normalisation, the output's own
  /// place.
  var outputGradient: UnsafeMutablePointer<Float> { unsafe context.workspace[gradient!] }

  /// Renews what is derived from the weights.
  func pack(_ parameters: UnsafePointer<Float>) {
    timed(.pack, images: 0) { unsafe passes.pack(parameters + weight) }
  }

  private func timed(_ pass: Pass, images: Int, _ body: () -> Void) {
    context.timed(specification.name, pass, images: images, body)
  }

  /// Runs forward. `frozen`: with the current statistics instead of the minibatch's own.
  func forward(_ input: UnsafePointer<Float>, _ parameters: UnsafePointer<Float>, images: Int, frozen: Bool) {
    let target = unsafe context.workspace[before ?? after]
    timed(.forward, images: images) { unsafe passes.forward(input, target, images: images) }
    timed(.normalization, images: images) {
      if let normalization, let gain, let bias {
        if !frozen { unsafe normalization.takeStatistics(of: target, images: images) }
        unsafe normalization.forward(target, output, gain: parameters + gain, bias: parameters + bias, images: images)
        if case .rectifier = specification.activation { return }
        return activate(images: images)
      }
      if let bias { unsafe add(parameters + bias, to: target, images: images) }
      activate(images: images)
    }
  }

  private func add(_ bias: UnsafePointer<Float>, to values: UnsafeMutablePointer<Float>, images: Int) {
    let channels = specification.kind.outputs
    for row in 0..<(images * specification.outputCount / channels) {
      for c in 0..<channels { unsafe values[row * channels + c] += bias[c] }
    }
  }

  /// Rows are added in their order, each channel by one thread.
  private func addBiasGradient(
    _ gradient: UnsafePointer<Float>, images: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    let channels = specification.kind.outputs
    let rows = images * specification.outputCount / channels
    context.workers.share(channels, multiple: 16) { channelRange in
      for row in 0..<rows {
        for c in channelRange { unsafe sums[c] += gradient[row * channels + c] }
      }
    }
  }

  private func activate(images: Int) {
    let values = unsafe output
    context.workers.share(groups(images)) { [self] groups in
      switch specification.activation {
      case .none: break
      case .hyperbolicTangent: unsafe context.kernels.hyperbolicTangents(values, groups)
      case .sigmoid: unsafe context.kernels.sigmoids(values, groups: groups)
      case .rectifier(let slope): unsafe context.kernels.leakyRectify(values, slope, groups)
      }
    }
  }

  private func groups(_ images: Int) -> Int { (images * specification.outputCount + 15) / 16 }

  /// Runs backward from `outputGradient`, which is overwritten; adds to `gradients` of the parameters where they are given, and
  /// at last writes the input's gradient where a place for it is given: the input's own will do.
  func backward(
    input: UnsafePointer<Float>, _ parameters: UnsafePointer<Float>, images: Int,
    gradients: UnsafeMutablePointer<Float>?, inputGradient: UnsafeMutablePointer<Float>?
  ) {
    let gradient = unsafe outputGradient
    timed(.normalizationGradient, images: images) {
      if let normalization, let gain, let bias {
        if case .rectifier = specification.activation {} else { unsafe deactivate(gradient, images: images) }
        unsafe normalization.backward(
          context.workspace[before!], gradient, gain: parameters + gain, bias: parameters + bias, images: images,
          gainInto: gradients.map { unsafe $0 + gain }, biasInto: gradients.map { unsafe $0 + bias })
      } else {
        unsafe deactivate(gradient, images: images)
        if let bias, let gradients = unsafe gradients {
          unsafe addBiasGradient(gradient, images: images, into: gradients + bias)
        }
      }
    }
    if let gradients = unsafe gradients {
      timed(.weightGradient, images: images) {
        unsafe passes.weightGradient(input, gradient, images: images, into: gradients + weight)
      }
    }
    if let inputGradient = unsafe inputGradient {
      timed(.inputGradient, images: images) {
        unsafe passes.inputGradient(gradient, into: inputGradient, images: images)
      }
    }
  }

  /// The input's gradient from that of the products, before normalisation and activation. The layer must be one in training.
  func productInputGradient(
    _ gradient: UnsafePointer<Float>, into inputGradient: UnsafeMutablePointer<Float>, images: Int
  ) {
    unsafe passes.inputGradient(gradient, into: inputGradient, images: images)
  }

  private func deactivate(_ gradient: UnsafeMutablePointer<Float>, images: Int) {
    let values = unsafe UnsafePointer(output)
    context.workers.share(groups(images)) { [self] groups in
      switch specification.activation {
      case .none: break
      case .hyperbolicTangent: unsafe context.kernels.hyperbolicTangentGradient(gradient, values, groups)
      case .sigmoid:
        for i in (groups.lowerBound * 16)..<(groups.upperBound * 16) {
          unsafe gradient[i] *= values[i] * (1 - values[i])
        }
      case .rectifier(let slope):
        unsafe context.kernels.leakyRectifyGradient(gradient, values, slope, groups)
      }
    }
  }
}
