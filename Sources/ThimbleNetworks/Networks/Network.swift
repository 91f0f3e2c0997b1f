import ThimbleKernelTypes
import ThimbleThreads

/// A chain of layers with its parameters: a generator or a discriminator.
package final class Network {
  package let layers: [LayerSpecification]
  package let parameters: [Parameter]
  /// Floats of all parameters, with what rounds each up to 16.
  package let parameterCount: Int
  /// Images that fit one run.
  package let capacity: Int
  let batchNormEpsilon: Float
  let context: ComputeContext
  let running: [Layer]
  private let values: Slot
  /// Gradients and moments of a network in training.
  private let training: (gradients: Slot, firstMoments: Slot, secondMoments: Slot)?
  private var backwardBuffers: [Slot] = []

  /// Reserves all that the network needs in the context's workspace. `trained`: it can be run backwards and updated.
  package init(
    _ layers: [LayerSpecification], capacity: Int, batchNormEpsilon: Float, trained: Bool, _ context: ComputeContext
  ) {
    self.layers = layers
    self.capacity = capacity
    self.batchNormEpsilon = batchNormEpsilon
    self.context = context
    let (parameters, count) = Parameter.layout(layers)
    self.parameters = parameters
    parameterCount = count
    let workspace = context.workspace
    values = workspace.reserve(count)
    training = trained ? (workspace.reserve(count), workspace.reserve(count), workspace.reserve(count)) : nil
    running = layers.map {
      Layer($0, parameters, images: capacity, epsilon: batchNormEpsilon, trained: trained, context)
    }
    if trained {
      let largest = layers.map { max($0.inputCount, $0.outputCount) }.max()!
      backwardBuffers = [workspace.reserve(capacity * largest), workspace.reserve(capacity * largest)]
    }
  }

  /// All parameters; call `parametersChanged()` after writing to them.
  package var parameterValues: UnsafeMutablePointer<Float> { context.workspace[values] }
  package var gradients: UnsafeMutablePointer<Float> { context.workspace[training!.gradients] }
  package var firstMoments: UnsafeMutablePointer<Float> { context.workspace[training!.firstMoments] }
  package var secondMoments: UnsafeMutablePointer<Float> { context.workspace[training!.secondMoments] }

  /// [images][outputCount of the last layer] of the last run.
  package var output: UnsafeMutablePointer<Float> { running.last!.output }
  /// [images][outputCount] of one layer in the last run.
  package func output(ofLayer index: Int) -> UnsafePointer<Float> { UnsafePointer(running[index].output) }
  package var outputCount: Int { layers.last!.outputCount }

  /// The name of a parameter that holds a number which is not finite, in itself or in its moments; nil if all are finite.
  package var divergedParameter: String? {
    parameters.first { parameter in
      [parameterValues, firstMoments, secondMoments].contains { numbers in
        (parameter.offset..<(parameter.offset + parameter.count)).contains { !numbers[$0].isFinite }
      }
    }?.name
  }

  /// Renews what is derived from the parameters.
  package func parametersChanged() {
    for layer in running { layer.pack(parameterValues) }
  }

  /// Runs forward over `images` rows of `input`.
  /// - Parameter frozen: use the statistics in force (set by `setStatistics`) instead of the minibatch's own.
  package func forward(_ input: UnsafePointer<Float>, images: Int, frozen: Bool = false) {
    precondition(images <= capacity)
    var input = input
    for layer in running {
      layer.forward(input, parameterValues, images: images, frozen: frozen)
      input = UnsafePointer(layer.output)
    }
  }

  /// Sets all gradients to 0.
  package func clearGradients() { gradients.update(repeating: 0, count: parameterCount) }

  /// The place for the gradient at the output, to be written before `backward`.
  package var outputGradient: UnsafeMutablePointer<Float> { context.workspace[backwardBuffers[0]] }

  /// Runs backward from `outputGradient` after a forward run with the same `input`.
  /// - Parameter inspect: called with each layer, from the last on, and the gradient of its input where that is computed.
  /// - Returns: the input's gradient, if asked for; valid until the next run.
  @discardableResult
  package func backward(
    input: UnsafePointer<Float>, images: Int, parameterGradients: Bool, inputGradient: Bool,
    inspect: ((Int, UnsafePointer<Float>) -> Void)? = nil
  ) -> UnsafeMutablePointer<Float>? {
    var (gradient, other) = (context.workspace[backwardBuffers[0]], context.workspace[backwardBuffers[1]])
    for index in running.indices.reversed() {
      let wanted = index > 0 || inputGradient
      running[index].backward(
        gradient, input: index > 0 ? UnsafePointer(running[index - 1].output) : input, parameterValues, images: images,
        gradients: parameterGradients ? gradients : nil, inputGradient: wanted ? other : nil)
      if wanted { inspect?(index, UnsafePointer(other)) }
      (gradient, other) = (other, gradient)
    }
    return inputGradient ? gradient : nil
  }

  /// Updates all parameters from their gradients.
  package func update(_ step: AdamStep) {
    let (p, g, m, v) = (parameterValues, gradients, firstMoments, secondMoments)
    context.workers.share(parameterCount / 16) { groups in
      context.kernels.adam(step, parameters: p, gradients: g, firstMoments: m, secondMoments: v, groups: groups)
    }
    parametersChanged()
  }
}
