import Foundation
import Testing
import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Single layers, forward and all gradients, against PyTorch in f64 (`Oracle/fixtures/make_training_fixtures.py`).
@Suite struct LayerTests {
  private let file: SafetensorsFile

  init() throws { file = try SafetensorsFile(path: Support.fixtures + "/training/layers.safetensors") }

  /// `kernel=5 stride=2 ...` of a case.
  private func settings(_ name: String) -> [String: String] {
    let words = (file.metadata[name] ?? "").split(separator: " ").map { $0.split(separator: "=") }
    return Dictionary(uniqueKeysWithValues: words.map { (String($0[0]), String($0[1])) })
  }

  private func floats(_ name: String) throws -> [Float] { try file.tensor(name, .f32).floats() }

  /// Greatest difference, relative to the greatest wanted value.
  private func difference(_ found: [Float], _ name: String) throws -> Float {
    let wanted = try floats(name)
    #expect(found.count == wanted.count, "\(name)")
    return zip(found, wanted).map { abs($0 - $1) }.max()! / wanted.map(abs).max()!
  }

  private static let contexts: [(InstructionSet, Int)] = [(.portable, 1), (.v3, 1), (.v4vnni, 1), (.v4vnni, 3)]

  private func context(_ set: InstructionSet, _ threads: Int) -> ComputeContext {
    ComputeContext(workspace: Workspace(), workers: Workers(count: threads), kernels: FloatKernels(set))
  }

  @Test(arguments: (0..<6).flatMap { ["conv\($0)", "deconv\($0)"] })
  func convolution(name: String) throws {
    let set = settings(name)
    let down = name.hasPrefix("conv")
    let (input, output) = (try file.tensor("\(name).input", .f32), try file.tensor("\(name).output", .f32))
    let (big, small) = down ? (input, output) : (output, input)
    let geometry = ConvolutionGeometry(
      bigSide: big.shape[2], bigChannels: big.shape[1], smallSide: small.shape[2], smallChannels: small.shape[1],
      kernel: Int(set["kernel"]!)!, stride: Int(set["stride"]!)!, padding: Int(set["padding"]!)!)
    let images = input.shape[0]
    let gradient = try channelsLast("\(name).output_gradient")
    let rows = try channelsLast("\(name).input")
    for (isa, threads) in Self.contexts where isa.isOfferedHere {
      let context = context(isa, threads)
      let layer = Convolution(
        geometry, context, strided: true, fractionallyStrided: true, gradientImages: images)
      let places = [input.elementCount, output.elementCount, output.elementCount, input.elementCount, geometry.weights]
        .map { context.workspace.reserve($0) }
      context.workspace.allocate()
      let at = places.map { context.workspace[$0] }
      at[0].update(from: rows, count: rows.count)
      at[2].update(from: gradient, count: gradient.count)
      layer.pack(try memoryWeights("\(name).weight", geometry))
      if down {
        layer.strided(at[0], at[1], images: images)
        layer.fractionallyStrided(at[2], at[3], images: images)
        layer.weightGradient(big: at[0], small: at[2], images: images, into: at[4])
      } else {
        layer.fractionallyStrided(at[0], at[1], images: images)
        layer.strided(at[2], at[3], images: images)
        layer.weightGradient(big: at[2], small: at[0], images: images, into: at[4])
      }
      #expect(try difference(channelsFirst(at[1], output.shape), "\(name).output") < 2e-6, "\(isa.name)")
      #expect(try difference(channelsFirst(at[3], input.shape), "\(name).input_gradient") < 2e-6, "\(isa.name)")
      #expect(try difference(fileWeights(at[4], geometry), "\(name).weight_gradient") < 2e-6, "\(isa.name)")
    }
  }

  @Test(arguments: 0..<7)
  func batchNormalization(number: Int) throws {
    let name = "bn\(number)"
    let set = settings(name)
    let shape = try file.tensor("\(name).input", .f32).shape
    let slope: Float = ["relu": 0, "leaky_relu": 0.2, "none": 1][set["activation"]!]!
    let perOutput = set["statistics"] == "output"
    let rows = try perOutput ? floats("\(name).input") : channelsLast("\(name).input")
    let gradient = try perOutput ? floats("\(name).output_gradient") : channelsLast("\(name).output_gradient")
    let context = context(.portable, 2)
    let layer = BatchNormalization(
      channels: shape[1], rowsPerImage: perOutput ? 1 : shape[2] * shape[3], slope: slope, epsilon: Float(set["eps"]!)!,
      images: shape[0], context)
    let places = [rows.count, rows.count, rows.count, shape[1], shape[1]].map { context.workspace.reserve($0) }
    context.workspace.allocate()
    let at = places.map { context.workspace[$0] }
    at[0].update(from: rows, count: rows.count)
    at[2].update(from: gradient, count: rows.count)
    let (gain, bias) = (try floats("\(name).weight"), try floats("\(name).bias"))
    layer.takeStatistics(of: at[0], images: shape[0])
    layer.forward(at[0], at[1], gain: gain, bias: bias, images: shape[0])
    layer.backward(at[0], at[2], gain: gain, bias: bias, images: shape[0], gainInto: at[3], biasInto: at[4])
    let full = perOutput ? shape + [1, 1] : shape
    #expect(try difference(channelsFirst(at[1], full), "\(name).output") < 5e-6)
    #expect(try difference(channelsFirst(at[2], full), "\(name).input_gradient") < 5e-6)
    #expect(try difference(Array(UnsafeBufferPointer(start: at[3], count: shape[1])), "\(name).weight_gradient") < 5e-6)
    #expect(try difference(Array(UnsafeBufferPointer(start: at[4], count: shape[1])), "\(name).bias_gradient") < 5e-6)
  }

  /// exp, log and tanh are the project's own: within their stated errors, and the same bits on every set.
  @Test func transcendental() throws {
    let input = try floats("tanh0.input")
    let padded = input + [Float](repeating: 0, count: 144 - input.count)
    var bits: [[UInt32]] = []
    for set in [InstructionSet.portable, .v3, .v4vnni] where set.isOfferedHere {
      let kernels = FloatKernels(set)
      var (tangents, softplus, sigmoid) = (padded, padded, padded)
      kernels.hyperbolicTangents(&tangents, 0..<9)
      kernels.softplusAndSigmoids(padded, &softplus, &sigmoid, 9)
      for (index, x) in input.enumerated() {
        let exact = Double(x)
        #expect(abs(Double(tangents[index]) - tanh(exact)) < 0x1p-22, "tanh \(x)")
        let wanted = max(exact, 0) + log1p(exp(-abs(exact)))
        #expect(abs(Double(softplus[index]) - wanted) <= max(wanted * 0x1p-21, 1e-37), "softplus \(x)")
        #expect(abs(Double(sigmoid[index]) - 1 / (1 + exp(-exact))) < 0x1p-22, "sigmoid \(x)")
      }
      bits.append((tangents + softplus + sigmoid).map(\.bitPattern))
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  // Orders: files are NCHW and [small][big][ky][kx]; the networks are NHWC and [tap][big][small].

  private func channelsLast(_ name: String) throws -> [Float] {
    let tensor = try file.tensor(name, .f32)
    let (values, c, area) = (tensor.floats(), tensor.shape[1], tensor.shape[2] * tensor.shape[3])
    return values.indices.map { values[($0 / (area * c) * c + $0 % c) * area + $0 / c % area] }
  }

  private func channelsFirst(_ values: UnsafeMutablePointer<Float>, _ shape: [Int]) -> [Float] {
    let (c, area) = (shape[1], shape[2] * shape[3])
    return (0..<shape.reduce(1, *)).map { values[($0 / (area * c) * area + $0 % area) * c + $0 / area % c] }
  }

  private func memoryWeights(_ name: String, _ g: ConvolutionGeometry) throws -> [Float] {
    let values = try floats(name)
    let (b, s) = (g.bigChannels, g.smallChannels)
    return values.indices.map { values[($0 % s * b + $0 / s % b) * g.taps + $0 / (s * b)] }
  }

  private func fileWeights(_ values: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry) -> [Float] {
    let (b, s) = (g.bigChannels, g.smallChannels)
    return (0..<g.weights).map { values[($0 % g.taps * b + $0 / g.taps % b) * s + $0 / (g.taps * b)] }
  }
}

extension ConvolutionGeometry {
  var weights: Int { taps * bigChannels * smallChannels }
}

extension InstructionSet {
  /// Whether this machine can run the set's f32 kernels.
  var isOfferedHere: Bool { isBuiltIn && isOffered }
}
