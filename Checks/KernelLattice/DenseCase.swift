import Thimble
import ThimbleKernelInterface
import ThimbleKernels

/// One dense layer of random or extreme numbers, in buffers with guards.
struct DenseCase {
  private let layer: IntegerDense
  private let latents: GuardedBytes, output: GuardedBytes, weights: GuardedBytes
  private let biases: GuardedBytes, multipliers: GuardedBytes
  let name: String

  init(length: Int, positions: Int, channels: Int, images: Int, extreme: Bool, int4: Bool, random: inout TestRandom) {
    name =
      "dense \(length) -> \(positions) x \(channels), images \(images)\(extreme ? ", extreme" : "")\(int4 ? ", int4" : "")"
    let plane = (length + 63) / 64 * 64
    let channelCount = positions * ((channels + 15) / 16 * 16)
    latents = GuardedBytes(images * (2 * plane + channelCount))
    output = GuardedBytes(images * (2 * plane + channelCount))
    let steps = (length + 3) / 4
    let int4Row = steps * 32 + (steps + 1) / 2 * 8
    weights = GuardedBytes(int4 ? channelCount / 16 * int4Row : channelCount * steps * 4, guardByte: 0x7F)
    (biases, multipliers) = (GuardedBytes(4 * channelCount), GuardedBytes(4 * channelCount))
    // Shifts of 32 and more are requantised by the register, smaller ones one by one.
    let shift: UInt32 = images % 2 == 0 ? 44 : 24
    for i in 0..<latents.bytes.count / 2 {
      latents.pointer(Int16.self)[i] = extreme ? -32768 : Int16.random(in: -32768...32767, using: &random)
    }
    for i in 0..<weights.bytes.count {
      let any = UInt8.random(in: 1...15, using: &random) | UInt8.random(in: 1...15, using: &random) << 4
      let byte = UInt8(bitPattern: extreme ? 127 : Int8.random(in: -127...127, using: &random))
      weights.bytes[i] = int4 ? (extreme ? 0xFF : any) : byte
    }
    for i in 0..<channelCount {
      biases.pointer(Int32.self)[i] = Int32.random(in: -9999...9999, using: &random)
      multipliers.pointer(UInt32.self)[i] = UInt32.random(in: 0..<(1 << 31), using: &random) >> (44 - shift)
      // Weights of numbers that the latent does not have: zeros, as in every valid file.
      for k in length..<steps * 4 {
        if int4 {
          let half = 2 * (i / 16) * int4Row + k / 8 * 144 + 16 + k / 4 % 2 * 64 + i % 16 * 4 + k % 4
          weights.bytes.setNibble(half, from: 0, 8)
        } else {
          weights.bytes[(i / 16 * steps + k / 4) * 64 + i % 16 * 4 + k % 4] = 0
        }
      }
    }
    var layer = IntegerDense(
      latentLength: length, positions: positions, outputChannels: channels, shift: UInt64(shift),
      placeholder: weights.bytes.baseAddress!)
    layer.weights = UnsafePointer(weights.pointer(Int8.self))
    layer.hasInt4Weights = int4
    layer.biases = UnsafePointer(biases.pointer(Int32.self))
    layer.multipliers = UnsafePointer(multipliers.pointer(UInt32.self))
    layer.images = images
    layer.latents = UnsafePointer(latents.pointer(Int16.self))
    layer.output = output.pointer(UInt8.self)
    layer.imageStride = 2 * plane + channelCount
    self.layer = layer
  }

  var isIntact: Bool { [latents, output, weights, biases, multipliers].allSatisfy { $0.isIntact } }

  func referenceOutput() -> [UInt8] {
    cleared()
    denseReference(layer)
    return output.contents
  }

  func output(_ set: KernelSet) -> [UInt8] {
    cleared()
    for unit in 0..<layer.unitCount { set.kernels.dense(layer, unit) }
    return output.contents
  }

  private func cleared() { output.bytes.initializeMemory(as: UInt8.self, repeating: 0) }

  /// Calls `body` for latents that do and do not fill groups of 4, channels that do and do not fill blocks of 16, and so many
  /// images that each tile has some.
  static func forAll(lengths: [Int], _ body: (DenseCase) -> Void) -> Int {
    var random = TestRandom(5)
    var cases = 0
    for length in lengths {
      for (positions, channels) in [(1, 1), (1, 16), (3, 17), (16, 40), (4, 64)] {
        for images in [1, 2, 8, 9, 17] {
          for (extreme, int4) in [(false, false), (true, false), (false, true), (true, true)] {
            body(
              DenseCase(
                length: length, positions: positions, channels: channels, images: images, extreme: extreme, int4: int4,
                random: &random))
            cases += 1
          }
        }
      }
    }
    return cases
  }
}
