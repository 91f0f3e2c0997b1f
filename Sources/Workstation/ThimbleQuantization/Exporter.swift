import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// What an export found out, a row a layer and the whole.
package struct ExportReport: Sendable {
  package struct Layer: Sendable {
    package var name: String
    package var shape: String
    /// Signal-to-noise ratio of the layer's integer output against the frozen f32 network's, dB; nil for the last layer,
    /// whose output is the image.
    package var signalToNoise: Double?
    /// The range of the activations, and the largest one seen in calibration.
    package var range: Double?
    package var largest: Double?
    package var weightByteCount: Int
  }

  package var layers: [Layer]
  package var quality: ImageQuality
  /// PSNR in dB between frozen and batch statistics, f32, the same latents in minibatches of 128: what freezing costs.
  /// nil for a generator that came without batch normalisation.
  package var frozenAgainstBatch: Double?
  package var floatByteCount: Int
  package var fileByteCount: Int
  package var memory: PlannedMemory
  package var imageCount: Int
}

/// How weights are stored in a file.
package enum WeightEncoding: String, Sendable, CaseIterable { case int8, int4 }

/// From a stored generator to a .thimble file: freeze, expand, fold, round, choose ranges, pack, plan, write.
package struct Exporter {
  package var workers: Workers
  /// The set that the integers are tried with; the pixels are the same with each.
  package var instructionSet: InstructionSet
  /// Latents over which ranges are chosen.
  package var calibrationCount = 8192
  /// How the weights of all layers but the last are stored; the last one's are int8.
  package var weights = WeightEncoding.int8
  /// Bytes of arena that must do for one image: the fastest plan that fits is taken. Without, layers overlap where that saves
  /// memory, and no layer is streamed.
  package var largestArena: Int?
  /// Seeds 0 ..< this are compared in the report.
  package var reportCount = 1024

  package init(workers: Workers, instructionSet: InstructionSet) {
    self.workers = workers
    self.instructionSet = instructionSet
  }

  /// Exports `stored` to `path`.
  /// - Parameters:
  ///   - metadata: strings to travel in the file.
  ///   - progress: called with a phase, what is done of it, and of how much.
  package func export(
    _ stored: StoredGenerator, metadata: [String: String], to path: String,
    progress: (String, Int, Int) -> Void = { _, _, _ in }
  ) throws(FileError) -> ExportReport {
    let generator = PlainGenerator(
      stored, workers: workers, kernels: kernels, progress: { progress("freezing", $0, FrozenStatistics.batches) })
    let reference = FloatReference(generator, workers: workers, kernels: kernels)
    let folded = FoldedGenerator(generator)
    let calibration = LatentRows.streams(calibrationCount, generator.latents, .calibration)
    progress("surveying activations", 0, calibrationCount)
    let survey = ActivationSurvey(reference, calibration, folded.layers, workers: workers)
    let rounding = LayerRounding(folded, survey, workers: workers)
    // Rounding looks at all pairs of inputs and of outputs: fewer latents must do.
    let some = calibration.prefix(2048 * generator.latentLength)
    let int4 =
      weights == .int4 ? int4Weights(reference, folded, Array(some), rounding.smallestInputScales, progress) : []
    let layers = folded.layers.indices.map { index in
      index < int4.count
        ? QuantizedLayer(folded.layers[index], int4: int4[index]) : rounding.layer(index, inputFactors: nil)
    }
    let file = try ModelFileBytes(
      layers, generator.latents, metadata: Self.json(metadata), largestArena: largestArena)
    let search = RangeSearch(
      file: file, rounding: rounding, survey: survey, runner: runner,
      pool: CalibrationPool(latents: calibration, images: survey.images, count: calibrationCount))
    let scales = try search.scales { progress("choosing ranges", $0, $1) }
    try file.write(activationScales: scales)
    let report = try report(generator, reference, file, scales, survey.largest)
    try unsafe AtomicFile.write(UnsafeRawBufferPointer(file.bytes), to: path)
    return report
  }

  var kernels: FloatKernels { FloatKernels(instructionSet) }

  private var runner: IntegerRunner { IntegerRunner(workers: workers, instructionSet: instructionSet) }

  private static func json(_ metadata: [String: String]) -> Data {
    Data(JSON.object(metadata.mapValues(JSON.text)).serialized.utf8)
  }

  private func report(
    _ generator: PlainGenerator, _ reference: FloatReference, _ file: ModelFileBytes, _ scales: [Double],
    _ largest: [Double]
  ) throws(FileError) -> ExportReport {
    let latents = LatentRows.seeds(reportCount, generator.latents)
    let wanted = reference.images(latents)
    let found = try unsafe runner.run(UnsafeRawBufferPointer(file.bytes), latents: latents)
    let batch = reference.images(latents, frozen: false)
    let ratios = try LayerRatios(generator, reference, file, scales, runner)
    let gap = zip(wanted, batch).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / Double(wanted.count)
    return ExportReport(
      layers: generator.layers.enumerated().map { index, layer in
        let hidden = index < scales.count
        return ExportReport.Layer(
          name: layer.name, shape: layer.kind.shapeText, signalToNoise: hidden ? ratios.decibels[index] : nil,
          range: hidden ? scales[index] * 255 : nil, largest: hidden ? largest[index] : nil,
          weightByteCount: file.layers[index].storedByteCount)
      },
      quality: ImageQuality(
        pixels: found, reference: wanted, count: reportCount, side: generator.imageSide,
        channels: generator.imageChannels),
      frozenAgainstBatch: generator.statistics.layers.isEmpty ? nil : ImageQuality.psnr(gap),
      floatByteCount: generator.layers.parameterCount * 4,
      fileByteCount: unsafe file.bytes.count, memory: file.memory, imageCount: reportCount)
  }
}
