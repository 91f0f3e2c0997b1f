import Testing
import Thimble
import ThimbleKernelTypes
import ThimbleKernels

@Suite struct KernelTests {
  /// Would catch a wrong tap, phase, packing, tail, clamp or write outside in any kernel of any instruction set.
  @Test func tilesGiveTheBytesOfThePlainReference() {
    let cases = ConvolutionCase.forLattice(shapesEach: 24) { one, name in compareWithReference(one, name) }
    print("convolutions: \(cases) cases on \(testedSets.count) instruction sets")
    #expect(cases >= 2000)
  }

  /// Kernels whose last layer does not fit into the room for rearranged weights, maps of several units, all channels.
  @Test func largeLayersGiveTheBytesOfThePlainReference() throws {
    var random = TestRandom(23)
    for (kernel, stride, input, images) in [(16, 1, (4, 3, 64), 1), (9, 2, (5, 5, 120), 3), (4, 2, (40, 40, 16), 1)] {
      for channels in [1, 2, 3, 4, 50] {
        let one = try #require(
          ConvolutionCase(
            kernel: kernel, stride: stride, padding: 1, outputPadding: 0, input: input, channels: channels,
            images: images,
            extreme: false, table: channels <= 4, random: &random))
        compareWithReference(one, "k\(kernel) s\(stride) channels \(channels)")
      }
    }
  }

  private func compareWithReference(_ one: ConvolutionCase, _ name: String) {
    let wanted = one.output { fractionallyStridedConvolutionReference(one.layer) }
    for set in testedSets {
      let found = one.output {
        for unit in 0..<one.layer.unitCount {
          if one.layer.table == nil {
            set.fractionallyStridedConvolution(one.layer, unit: unit)
          } else {
            set.outputConvolution(one.layer, unit: unit)
          }
        }
      }
      #expect(found == wanted, "\(set.name) \(name)")
      #expect(one.isIntact, "\(set.name) \(name)")
    }
  }

  /// The definition of FORMAT.md: input position i and tap k meet at i * stride - padding + k. Scattered, in 64 bits.
  @Test func theReferenceAgreesWithAScatter() {
    let cases = ConvolutionCase.forLattice(shapesEach: 3) { one, name in
      let found = one.output { fractionallyStridedConvolutionReference(one.layer) }
      #expect(found == scattered(one), "\(name)")
    }
    #expect(cases >= 250)
  }

  private func scattered(_ one: ConvolutionCase) -> [UInt8] {
    let layer = one.layer
    let (height, width, channels) = (layer.outputHeight, layer.outputWidth, layer.outputChannels)
    let inputStride = Int(one.record.input.positionStride)
    var result = one.output {}
    for image in 0..<layer.images {
      var sums = [Int64](repeating: 0, count: height * width * channels)
      for i in 0..<layer.inputHeight * layer.inputWidth {
        for tap in 0..<layer.kernel * layer.kernel {
          let y = i / layer.inputWidth * layer.stride - layer.padding + tap / layer.kernel
          let x = i % layer.inputWidth * layer.stride - layer.padding + tap % layer.kernel
          guard y >= 0, y < height, x >= 0, x < width else { continue }
          for c in 0..<channels {
            for n in 0..<layer.inputChannels {
              let weight = one.weight((tap / layer.kernel, tap % layer.kernel), c, n)
              let value = layer.input[image * layer.inputImageStride + i * inputStride + n]
              sums[(y * width + x) * channels + c] += Int64(value) * weight
            }
          }
        }
      }
      for position in 0..<height * width {
        for c in 0..<layer.outputPositionStride {
          let at = image * layer.outputImageStride + position * layer.outputPositionStride + c
          result[at] = c < channels ? pixel(layer, c, sums[position * channels + c]) : 0
        }
      }
    }
    return result
  }

  /// The epilogue in 128 bits.
  private func pixel(_ layer: IntegerConvolution, _ channel: Int, _ sum: Int64) -> UInt8 {
    let accumulator = max(0, Int128(Int32(truncatingIfNeeded: sum + Int64(layer.biases[channel]))))
    let value =
      (accumulator * Int128(layer.multipliers[channel]) + 1 << (Int128(layer.shift) - 1)) >> Int128(layer.shift)
    guard let table = layer.table else { return UInt8(min(255, value)) }
    return table[Int(min(4095, value))]
  }

  @Test func denseLayersGiveTheBytesOfThePlainReference() {
    var random = TestRandom(5)
    var cases = 0
    for length in [1, 3, 4, 5, 64, 65, 100, 1024] {
      for (positions, channels) in [(1, 1), (1, 16), (3, 17), (16, 40), (4, 64)] {
        for images in [1, 2, 8, 9, 17] {
          for (extreme, int4) in [(false, false), (true, false), (false, true), (true, true)] {
            check(length, positions, channels, images, extreme, int4, &random)
            cases += 1
          }
        }
      }
    }
    print("dense layers: \(cases) cases on \(testedSets.count) instruction sets")
  }

  private func check(
    _ length: Int, _ positions: Int, _ channels: Int, _ images: Int, _ extreme: Bool, _ int4: Bool,
    _ random: inout TestRandom
  ) {
    let plane = (length + 63) / 64 * 64
    let channelCount = positions * ((channels + 15) / 16 * 16)
    let (latents, output) = (
      GuardedBytes(images * (2 * plane + channelCount)), GuardedBytes(images * (2 * plane + channelCount))
    )
    let steps = (length + 3) / 4
    let weights = GuardedBytes(
      int4 ? channelCount / 16 * (steps * 32 + (steps + 1) / 2 * 8) : channelCount * steps * 4, guardByte: 0x7F)
    let (biases, multipliers) = (GuardedBytes(4 * channelCount), GuardedBytes(4 * channelCount))
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
      multipliers.pointer(UInt32.self)[i] = UInt32.random(in: 0..<(1 << 31), using: &random)
      // Weights of numbers that the latent does not have: zeros, as in every valid file.
      for k in length..<(length + 3) / 4 * 4 {
        if int4 {
          let row = 2 * (i / 16) * (steps * 32 + (steps + 1) / 2 * 8)
          weights.bytes.setNibble(row + k / 8 * 144 + 16 + k / 4 % 2 * 64 + i % 16 * 4 + k % 4, from: 0, 8)
          continue
        }
        weights.bytes[(i / 16 * ((length + 3) / 4) + k / 4) * 64 + i % 16 * 4 + k % 4] = 0
      }
    }
    var layer = IntegerDense(
      latentLength: length, positions: positions, outputChannels: channels, shift: 44,
      nothing: weights.bytes.baseAddress!)
    layer.weights = UnsafePointer(weights.pointer(Int8.self))
    layer.hasInt4Weights = int4
    layer.biases = UnsafePointer(biases.pointer(Int32.self))
    layer.multipliers = UnsafePointer(multipliers.pointer(UInt32.self))
    layer.images = images
    layer.latents = UnsafePointer(latents.pointer(Int16.self))
    layer.output = output.pointer(UInt8.self)
    layer.imageStride = 2 * plane + channelCount
    denseReference(layer)
    let wanted = output.contents
    for set in testedSets {
      output.bytes.initializeMemory(as: UInt8.self, repeating: 0)
      for unit in 0..<layer.unitCount { set.dense(layer, unit: unit) }
      #expect(output.contents == wanted, "\(set.name) \(length) \(positions) \(channels) \(images) \(int4)")
      #expect(output.isIntact)
    }
  }
}
