import Thimble
import ThimbleStorage
import ThimbleThreads

/// A generator's layers with their numbers, as they were read or as a transform made them.
package protocol GeneratorNumbers: Sendable {
  var layers: [LayerSpecification] { get }
  var latents: LatentSource { get }
  var batchNormEpsilon: Double { get }
  /// All parameters in a network's order.
  var parameters: [Float] { get }
}

extension GeneratorNumbers {
  /// Numbers of a latent, the classes' included.
  package var latentLength: Int { latents.count }
  package var imageSide: Int { layers.last!.kind.outputSide }
  package var imageChannels: Int { layers.last!.outputChannels }

  /// The numbers of one layer in a network's order; nil if it has none of this role.
  package func values(_ layer: LayerSpecification, _ role: Parameter.Role) -> [Float]? {
    Parameter.layout(layers).parameters.first { $0.layer.name == layer.name && $0.role == role }.map {
      Array(parameters[$0.offset..<($0.offset + $0.count)])
    }
  }

  /// Refuses, as a `fault`, numbers whose network does not fit in memory: few weights can ask for large maps.
  /// - Parameters:
  ///   - capacity: images a run.
  ///   - more: bytes that are taken beside it.
  package func checkMemory(
    capacity: Int, more: Int = 0, file: String, workers: Workers, kernels: FloatKernels, limit: MemoryLimit? = nil
  ) throws(FileError) {
    let workspace = Workspace()
    _ = Network(
      layers, capacity: capacity, batchNormEpsilon: Float(batchNormEpsilon), trained: false,
      ComputeContext(workspace: workspace, workers: workers, kernels: kernels))
    try Room.check(
      workspace.byteCount + more, for: "\(capacity) images at once", file: file,
      advice: "Free some memory, or use a generator with smaller widths.", limit: limit)
  }

  /// A network with these numbers, for up to `capacity` images a run. Allocates its workspace.
  package func network(capacity: Int, workers: Workers, kernels: FloatKernels) -> Network {
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(
      layers, capacity: capacity, batchNormEpsilon: Float(batchNormEpsilon), trained: false, context)
    context.workspace.allocate()
    unsafe parameters.withUnsafeBufferPointer {
      unsafe network.parameterValues.update(from: $0.baseAddress!, count: $0.count)
    }
    network.parametersChanged()
    return network
  }
}

extension [LayerSpecification] {
  /// Numbers learnt, batch normalisation included.
  package var parameterCount: Int { Parameter.layout(self).parameters.reduce(0) { $0 + $1.count } }
  /// Multiply-accumulates an image.
  package var multiplyAccumulates: Int { reduce(0) { $0 + $1.kind.multiplyAccumulates } }
}
