import ThimbleStatistics
import ArgumentParser
import Foundation
import ThimbleData
import ThimbleStudies
import ThimbleStorage
import ThimbleTraining

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Train a linear classifier (L2-SVM) on features and test it.",
    usage: "thimble classify <train> <test> [<options>]",
    discussion: """
      Uses LIBLINEAR's solver 1, one class against the rest. C is chosen on held-out training images; then the \
      classifier is trained on all of them and tested (paper, sections 5.1 and 5.2).

        thimble classify train-features.safetensors test-features.safetensors
        thimble classify ... --labels 1000       1,000 labels, equally many per class
        thimble classify ... --per-class 400     400 labels per class

      With few labels, the result is the mean of 100 random draws; C is chosen on 10 others. --export writes both \
      files in the format of LIBLINEAR's own programs.
      """)

  @Argument(help: "Features of the training set, with labels.") var train: String
  @Argument(help: "Features of the test set, by the same networks.") var test: String
  @Option(help: "Total number of labels to use.") var labels: Int?
  @Option(help: "Number of labels per class to use.") var perClass: Int?
  @Option(help: "Random draws of labels to test (default: 100).") var draws: Int?
  @Option(help: "Random draws to choose C on (default: 10).") var choosingDraws: Int?
  @Option(help: "Values of C to try, separated by commas (default: the paper's).") var penalties: String?
  @Flag(help: "Scale each feature to mean 0 and standard deviation 1.") var standardise = false
  @Option(help: "A text file to write the predicted labels to, one per line. Only with all labels.")
  var predictions: String?
  @Option(help: "A folder to write train.txt and test.txt to, in LIBLINEAR's format. Nothing is trained.") var export:
    String?
  @OptionGroup var compute: ComputeOptions

  private func penaltyList() throws -> [Double] {
    guard let penalties else { return Classification.paperPenalties }
    let list = penalties.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
    guard (1...100).contains(list.count), list.allSatisfy({ $0 > 0 && $0 <= 1e9 }) else {
      throw ValidationError("--penalties takes numbers above 0, separated by commas, such as 0.001,0.01")
    }
    return list
  }

  func validate() throws {
    guard labels == nil || perClass == nil else { throw ValidationError("give --labels or --per-class, not both") }
    guard (labels ?? 1) >= 1, (perClass ?? 1) >= 1 else {
      throw ValidationError("--labels and --per-class must be 1 or more")
    }
    guard (1...10_000).contains(draws ?? 1), (1...1000).contains(choosingDraws ?? 1) else {
      throw ValidationError("--draws takes a number from 1 to 10000, --choosing-draws a number from 1 to 1000")
    }
    guard (draws == nil && choosingDraws == nil) || labels != nil || perClass != nil else {
      throw ValidationError("--draws and --choosing-draws need --labels or --per-class")
    }
    guard predictions == nil || (labels == nil && perClass == nil) else {
      throw ValidationError("--predictions needs all labels: leave out --labels and --per-class")
    }
    guard export == nil || (labels == nil && perClass == nil && predictions == nil && penalties == nil) else {
      throw ValidationError(
        "--export writes all images and trains nothing: leave out --labels, --per-class, --predictions and --penalties")
    }
    _ = try penaltyList()
  }

  func run() throws {
    for input in [train, test] {
      for output in [predictions] + (export.map { ["\($0)/train.txt", "\($0)/test.txt"] } ?? []) {
        try refuseSameFile(input, output)
      }
    }
    try OutputKind.text.check(predictions)
    if let predictions { try AtomicFile.checkFolder(of: predictions) }
    let (training, tested) = (try FeatureFile(path: train), try FeatureFile(path: test))
    // Where there was room for the features; the system's folder for temporary files may be memory.
    let scratch = URL(fileURLWithPath: train).deletingLastPathComponent().path
    let classification = try Classification(
      train: training, test: tested, penalties: try penaltyList(), isScaled: standardise, workers: compute.workers,
      scratch: scratch)
    if let export {
      try Folder.create(export)
      try classification.export(train: "\(export)/train.txt", test: "\(export)/test.txt")
      print("\(export): train.txt, test.txt for liblinear-train -s 1 -B 1")
      return
    }
    print(
      "\(FileError.printable(training.dataName)): \(training.count) images, \(classification.classCount) classes, \(training.length) features"
    )
    print(FileError.printable(training.summary))
    if let digest = training.dataDigest, digest == tested.dataDigest {
      tell("\(train) and \(test) hold the same images: the result measures memorisation, not generalisation")
    }
    if let perClass = try labelsPerClass(classification) {
      try few(classification, perClass)
    } else {
      try whole(classification)
    }
  }

  private func labelsPerClass(_ classification: Classification) throws(FileError) -> Int? {
    guard let labels else { return perClass }
    guard labels % classification.classCount == 0 else {
      throw FileError(
        .usage, file: train, field: "--labels", found: "\(labels)",
        wanted: "a multiple of the \(classification.classCount) classes",
        advice: "Choose a multiple of the number of classes, or use --per-class.")
    }
    return labels / classification.classCount
  }

  private func whole(_ classification: Classification) throws(FileError) {
    let whole = try classification.whole { penalty, right, isConverged in
      print(
        String(format: "C %-8g %6.2f %% right of those held out", penalty, 100 * right)
          + (isConverged ? "" : ", the solver did not converge"))
      fflush(nil)
    }
    tellOfDoubts(whole.penalty, whole.isConverged, classification)
    print(
      String(
        format: "C %g, all labels: %.2f %% right (%.2f to %.2f), error %.2f %%", whole.penalty,
        100 * whole.accuracy.value, 100 * whole.accuracy.low, 100 * whole.accuracy.high,
        100 * (1 - whole.accuracy.value)))
    if let predictions {
      try ImageFile.write(Array(whole.predictions.map { "\($0)\n" }.joined().utf8), to: predictions)
    }
  }

  private func tellOfDoubts(_ penalty: Double, _ isConverged: Bool, _ classification: Classification) {
    if !isConverged {
      tell("LIBLINEAR did not converge in 1,000 rounds: use a smaller C (--penalties), or --standardise")
    }
    let tried = classification.penalties
    guard tried.count > 1, penalty == tried.min() || penalty == tried.max() else { return }
    tell(
      String(
        format:
          "C %g is the smallest or largest value tried; a better one may lie beyond it: try more with --penalties",
        penalty))
  }

  private func few(_ classification: Classification, _ perClass: Int) throws(FileError) {
    var bar = ProgressLine()
    let draws = draws ?? 100
    let few = try classification.few(perClass: perClass, choosing: choosingDraws ?? 10, count: draws) { done in
      bar.show("draws", done, of: (choosingDraws ?? 10) + draws)
    }
    bar.finish()
    tellOfDoubts(few.penalty, few.isConverged, classification)
    print(
      String(
        format: "C %g, %d labels a class, %d draws: %.2f %% right, deviation %.2f; error %.2f %%", few.penalty,
        perClass,
        draws, 100 * few.mean, 100 * few.deviation, 100 * (1 - few.mean)))
  }
}
