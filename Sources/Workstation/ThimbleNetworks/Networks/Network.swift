import ThimbleKernelInterface
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
  private let stages: [[InputStage]]
  private let values: Slot
  /// Gradients and moments of a network in training.
  private let training: (gradients: Slot, firstMoments: Slot, secondMoments: Slot)?
  /// Running averages of the parameters.
  private let averages: Slot?
  /// [images][inputCount of the first layer], of a network in training.
  private var inputGradient: Slot?

  /// Reserves all that the network needs in the context's workspace. `trained`: it can be run backwards and updated; `averaged`: it
  /// keeps running averages of its parameters as well.
  package init(
    _ layers: [LayerSpecification], capacity: Int, batchNormEpsilon: Float, trained: Bool, averaged: Bool = false,
    _ context: ComputeContext
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
    averages = averaged ? workspace.reserve(count) : nil
    running = layers.map {
      Layer($0, parameters, images: capacity, epsilon: batchNormEpsilon, trained: trained, context)
    }
    stages = layers.map { InputStage.all($0, images: capacity, context) }
    if trained { inputGradient = workspace.reserve(capacity * inputCount) }
  }

  /// All parameters; call `parametersChanged()` after writing to them.
  package var parameterValues: UnsafeMutablePointer<Float> { unsafe context.workspace[values] }
  package var gradients: UnsafeMutablePointer<Float> { unsafe context.workspace[training!.gradients] }
  package var firstMoments: UnsafeMutablePointer<Float> { unsafe context.workspace[training!.firstMoments] }
  package var secondMoments: UnsafeMutablePointer<Float> { unsafe context.workspace[training!.secondMoments] }

  /// nil for a network without averages.
  package var averageValues: UnsafeMutablePointer<Float>? { unsafe averages.map { unsafe context.workspace[$0] } }

  /// [images][outputCount of the last layer] of the last run.
  package var output: UnsafeMutablePointer<Float> { unsafe running.last!.output }
  /// [images][outputCount] of one layer in the last run; not after `backward`.
  package func output(ofLayer index: Int) -> UnsafePointer<Float> { unsafe UnsafePointer(running[index].output) }
  package var outputCount: Int { layers.last!.outputCount }
  /// Numbers of an image before the first layer.
  package var inputCount: Int { layers.first!.inputCount }

  /// Renews what is derived from the parameters.
  package func parametersChanged() {
    for layer in running { unsafe layer.pack(parameterValues) }
  }

  /// Runs forward over `images` rows of `input`.
  /// - Parameters:
  ///   - frozen: use the current statistics (set by `setStatistics`) instead of the minibatch's own.
  ///   - labels: the classes, if layers take them (default: the last numbers of each row of `input`).
  package func forward(
    _ input: UnsafePointer<Float>, images: Int, frozen: Bool = false, labels: LabelRows? = nil
  ) {
    precondition(images <= capacity)
    let labels = unsafe labels ?? LabelRows(input + (inputCount - layers.last!.labels), stride: inputCount)
    var input = unsafe input
    for (layer, stages) in zip(running, stages) {
      for stage in stages {
        unsafe stage.forward(input, labels, images: images)
        unsafe input = UnsafePointer(stage.output)
      }
      unsafe layer.forward(input, parameterValues, images: images, frozen: frozen)
      unsafe input = UnsafePointer(layer.output)
    }
  }

  /// Sets all gradients to 0.
  package func clearGradients() { unsafe gradients.update(repeating: 0, count: parameterCount) }

  /// The place for the gradient at the output, to be written before `backward`.
  package var outputGradient: UnsafeMutablePointer<Float> { unsafe running.last!.outputGradient }

  /// Runs backward from `outputGradient` after a forward run with the same `input`. The outputs of inner layers are overwritten.
  /// - Parameter inspect: called with each layer, from the last on, and the gradient of its input where that is computed.
  /// - Returns: the input's gradient, if asked for; valid until the next run.
  @discardableResult
  package func backward(
    input: UnsafePointer<Float>, images: Int, parameterGradients: Bool, inputGradient: Bool,
    inspect: ((Int, UnsafePointer<Float>) -> Void)? = nil
  ) -> UnsafeMutablePointer<Float>? {
    let first = unsafe context.workspace[self.inputGradient!]
    for index in running.indices.reversed() {
      let target = unsafe index > 0 ? running[index - 1].outputGradient : inputGradient ? first : nil
      let inputs = unsafe [index > 0 ? running[index - 1].output : nil] + stages[index].map { unsafe $0.output }
      func before(_ stage: Int) -> UnsafePointer<Float> {
        unsafe inputs[stage].map { unsafe UnsafePointer($0) } ?? input
      }
      unsafe running[index].backward(
        input: before(stages[index].count), parameterValues, images: images,
        gradients: parameterGradients ? gradients : nil,
        inputGradient: target.map { unsafe stages[index].last?.output ?? $0 })
      if let target = unsafe target {
        for (place, stage) in stages[index].enumerated().reversed() {
          unsafe stage.backward(before(place), into: place > 0 ? inputs[place]! : target, images: images)
        }
        unsafe inspect?(index, UnsafePointer(target))
      }
    }
    return unsafe inputGradient ? first : nil
  }

  /// Moves the averages, where there are any, towards the parameters by a share of their difference.
  package func moveAverages(weight: Float) {
    guard let averageValues = unsafe averageValues else { return }
    let values = unsafe UnsafePointer(parameterValues)
    context.workers.share(parameterCount / 16) { groups in
      unsafe context.kernels.moveAverages(averageValues, values, weight, groups)
    }
  }

  /// Runs `body` with the averages in the parameters' place, where there are any.
  package func withAverages<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard unsafe averageValues != nil else { return try body() }
    exchangeAverages()
    defer { exchangeAverages() }
    return try body()
  }

  private func exchangeAverages() {
    for i in 0..<parameterCount { unsafe swap(&parameterValues[i], &averageValues![i]) }
    parametersChanged()
  }

  /// Updates all parameters from their gradients, but gains and biases that are not learnt.
  package func update(_ step: AdamStep) {
    context.timed("", .update, images: 0) {
      if parameters.allSatisfy({ $0.isLearnt }) { return update(step, from: 0, groups: parameterCount / 16) }
      for parameter in parameters where parameter.isLearnt {
        update(step, from: parameter.offset, groups: (parameter.count + 15) / 16)
      }
    }
    parametersChanged()
  }

  private func update(_ step: AdamStep, from first: Int, groups: Int) {
    let (p, g, m, v) = unsafe (
      parameterValues + first, gradients + first, firstMoments + first, secondMoments + first
    )
    context.workers.share(groups) { groups in
      unsafe context.kernels.adam(step, p, g, m, v, groups)
    }
  }
}
