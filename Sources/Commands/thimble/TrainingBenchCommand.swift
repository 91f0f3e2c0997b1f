import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

struct TrainingBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Measure training: whole steps, each layer's passes, and the share of the processor's peak.",
    usage: "thimble bench train <recipe> [<options>]",
    discussion: """
      Trains on noise. Multiply-accumulates (MAC) are counted as kernel x kernel / stride^2 taps per position of the \
      larger map, and only where their result is used: an image costs 3 x G + 8 x D, since gradients of pictures and \
      latents are not needed. The peak is the speed of the instruction set's fused multiply-adds on registers, \
      measured in the same process. Run it on an idle machine.
      """)

  @Argument(help: "A recipe, a JSON file.") var recipe: String
  @Option(help: "Images per minibatch, instead of the recipe's.") var batch: Int?
  @Option(help: "Seconds to measure whole steps; their parts take as long again.") var seconds = 10.0
  @Option(help: "Steps before the timed ones.") var warmup = 2
  @Flag(help: "Print one line of JSON instead of a table.") var json = false
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (0.0...86_400).contains(seconds) else { throw ValidationError("--seconds takes a number from 0 to 86400") }
    guard (0...1_000_000).contains(warmup) else { throw ValidationError("--warmup takes a number from 0 to 1000000") }
  }

  func run() throws {
    var recipe = try Recipe(path: self.recipe)
    recipe.batchSize = batch ?? recipe.batchSize
    try recipe.validate(.usage, file: "options", advice: "Correct the option, or leave it out.")
    let stopwatch = Stopwatch()
    let networks = AdversarialNetworks(
      recipe, workers: compute.workers, kernels: try compute.kernels(), allocate: false, stopwatch: stopwatch)
    try TrainingRun.checkMemory(networks, recipe)
    networks.workspace.allocate()
    networks.initialize()
    let real = (0..<(recipe.batchSize * recipe.size * recipe.size * recipe.channels)).map {
      Pixel.value(Float(($0 &* 2_654_435_761) >> 16 & 255))
    }
    let latents = (0..<(recipe.batchSize * recipe.latentLength)).map {
      Float(($0 &* 2_654_435_761) >> 16 & 255) / 64 - 2
    }
    var step = 0
    func advance() {
      _ = unsafe networks.apply(step: step, real: real, latents: latents)
      step += 1
    }
    stopwatch.isRunning = false
    // Both kinds of step of the alternating schedule count as one.
    let stepsAtOnce = recipe.schedule == .both ? 1 : 2
    let whole = try Timing.of(seconds: seconds, warmup: warmup) { () throws(FileError) in
      for _ in 0..<stepsAtOnce { advance() }
    }
    stopwatch.isRunning = true
    let parts = try Timing.of(seconds: seconds, warmup: 0) { () throws(FileError) in
      for _ in 0..<stepsAtOnce { advance() }
    }
    let peak = PeakProbe.multiplyAccumulatesPerSecond(try compute.kernels(), compute.workers)
    let view = TrainingBenchView(
      recipe: recipe, networks: networks, threads: compute.workers.count, stepsAtOnce: stepsAtOnce, whole: whole,
      costs: stopwatch.costs, timedSteps: parts.times.count, peak: peak)
    if json { print(view.json) } else { view.show() }
  }
}
