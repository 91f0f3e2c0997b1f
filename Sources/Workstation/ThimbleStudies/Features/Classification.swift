import Thimble
import ThimbleData
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// A linear classifier on features, with C chosen on images held out of the training set (paper, sections 5.1 and 5.2).
package struct Classification {
  package let train: FeatureFile
  package let test: FeatureFile
  /// Tried in this order; of equal ones the first is taken.
  package let penalties: [Double]
  /// Whether features are brought to mean 0 and deviation 1 first.
  package let isScaled: Bool
  private let trainLabels: [Int32]
  private let testLabels: [Int32]
  private let draws: LabelledDraws
  private let workers: Workers
  private let scratch: String

  /// The paper's for SVHN, as its code has them.
  package static let paperPenalties = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01]
  /// Images that C is chosen on, at most.
  private static let heldOut = 10_000
  /// Each has weights of its own, for every feature.
  private static let mostClasses = Recipe.mostClasses

  /// Refuses files without labels, of different extractors, or with classes that the training set lacks.
  /// - Parameter scratch: a folder for examples that do not fit in memory.
  package init(
    train: FeatureFile, test: FeatureFile, penalties: [Double], isScaled: Bool, workers: Workers, scratch: String
  ) throws(FileError) {
    trainLabels = try ClassNames.required(train.labels, in: train.path)
    testLabels = try ClassNames.required(test.labels, in: test.path)
    guard train.extractor == test.extractor, train.length == test.length else {
      throw FileError(
        .badData, file: test.path, field: "extractor",
        found: "\(test.length) features from other networks or statistics",
        wanted: "the \(train.length) features of \(train.path)",
        advice: "Make both with the same checkpoint and --statistics TRAINING-SET.")
    }
    let known = Set(trainLabels)
    guard (2...Self.mostClasses).contains(known.count) else {
      throw FileError(
        .badData, file: train.path, field: "labels", found: "\(known.count) class\(known.count == 1 ? "" : "es")",
        wanted: "from 2 to \(Self.mostClasses)",
        advice: "Make features of a set with several images in each class.")
    }
    if let label = testLabels.first(where: { !known.contains($0) }) {
      throw FileError(
        .badData, file: test.path, field: "labels", found: "class \(label)",
        wanted: "one of the \(known.count) classes of \(train.path)", advice: "Name two sets with the same classes.")
    }
    try ClassNames.check(test.labelNames, in: test.path, as: train.labelNames, of: train.path)
    try train.checkFinite()
    try test.checkFinite()
    self.train = train
    self.test = test
    self.penalties = penalties
    self.isScaled = isScaled
    self.workers = workers
    self.scratch = scratch
    draws = LabelledDraws(trainLabels, file: train.path)
  }

  package var classCount: Int { draws.classCount }

  /// What a classifier trained on the whole set comes to.
  package struct Whole: Sendable {
    package var penalty: Double
    /// Of the test images.
    package var accuracy: Share
    /// A label each.
    package var predictions: [Int32]
    /// Whether LIBLINEAR came to its tolerance within its limit of rounds.
    package var isConverged: Bool
  }

  /// Chooses C on a fifth of the training images, at most 10,000, trains on all of them with it and tests.
  /// - Parameter progress: takes each C with its share right, and whether the solver converged.
  package func whole(progress: (Double, Double, Bool) -> Void = { _, _, _ in }) throws(FileError) -> Whole {
    let order = draws.all()
    let held = min(Self.heldOut, max(1, order.count / 5))
    var penalty = penalties[0]
    if penalties.count > 1 {
      let rest = Array(order[held...])
      let right = try shares(trainedOn: rest, penalties, of: train, trainLabels, Array(order[..<held]), progress)
      penalty = penalties[Self.best(right)]
    }
    var (predictions, isConverged): ([Int32], Bool) = ([], true)
    try predict(trainedOn: order.sorted(), [penalty], of: test, Array(0..<test.count)) {
      (predictions, isConverged) = ($1, $2)
    }
    let right = zip(predictions, testLabels).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    return Whole(
      penalty: penalty, accuracy: Share(right, of: test.count), predictions: predictions, isConverged: isConverged)
  }

  /// What classifiers of few labels come to.
  package struct Few: Sendable {
    package var penalty: Double
    /// Shares of the test images that were classified right, one a draw.
    package var accuracies: [Double]
    /// Whether LIBLINEAR came to its tolerance in each draw that was tested.
    package var isConverged: Bool
    package var mean: Double { accuracies.reduce(0, +) / Double(accuracies.count) }
    /// Of the draws, with one degree of freedom taken.
    package var deviation: Double {
      let squares = accuracies.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
      return accuracies.count < 2 ? 0 : (squares / Double(accuracies.count - 1)).squareRoot()
    }
  }

  /// Chooses C by the mean over `choosing` draws of that many labels per class, measured on images that were not drawn, at most 10,000;
  /// then tests `count` other draws.
  package func few(
    perClass: Int, choosing: Int, count: Int, progress: (Int) -> Void = { _ in }
  ) throws(FileError) -> Few {
    var sums = [Double](repeating: 0, count: penalties.count)
    if penalties.count > 1 {
      for number in 0..<choosing {
        let drawn = try draws.draw(number, perClass: perClass)
        let taken = Set(drawn)
        let held = Array(draws.all().lazy.filter { !taken.contains($0) }.prefix(Self.heldOut))
        guard !held.isEmpty else {
          throw FileError(
            .badData, file: train.path, field: "labels", found: "\(train.count) images, and each draw uses all of them",
            wanted: "some images left over to choose C",
            advice: "Use fewer labels, or give a single C with --penalties.")
        }
        let right = try shares(trainedOn: drawn, penalties, of: train, trainLabels, held)
        for i in sums.indices { sums[i] += right[i] }
        progress(number + 1)
      }
    }
    let penalty = penalties[Self.best(sums)]
    var (accuracies, isConverged): ([Double], Bool) = ([], true)
    for number in 0..<count {
      let drawn = try draws.draw(choosing + number, perClass: perClass)
      accuracies += try shares(trainedOn: drawn, [penalty], of: test, testLabels, Array(0..<test.count)) {
        isConverged = isConverged && $2
      }
      progress(choosing + number + 1)
    }
    return Few(penalty: penalty, accuracies: accuracies, isConverged: isConverged)
  }

  /// Writes both sets as text for LIBLINEAR's own programs, scaled where this classification scales.
  package func export(train trainPath: String, test testPath: String) throws(FileError) {
    let scale = isScaled ? FeatureScale(Array(0..<train.count), of: train) : nil
    try LinearText.write(train, trainLabels, scale, to: trainPath)
    try LinearText.write(test, testLabels, scale, to: testPath)
  }

  private static func best(_ values: [Double]) -> Int {
    values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
  }

  /// The share of some images of a file that machines trained on these training images get right, one for each C.
  private func shares(
    trainedOn indices: [Int], _ penalties: [Double], of file: FeatureFile, _ labels: [Int32], _ tested: [Int],
    _ progress: (Double, Double, Bool) -> Void = { _, _, _ in }
  ) throws(FileError) -> [Double] {
    var shares: [Double] = []
    try predict(trainedOn: indices, penalties, of: file, tested) { penalty, found, isConverged in
      let right = zip(tested, found).reduce(0) { $0 + (labels[$1.0] == $1.1 ? 1 : 0) }
      shares.append(Double(right) / Double(max(1, tested.count)))
      progress(penalty, shares.last!, isConverged)
    }
    return shares
  }

  /// The classes that machines trained on these training images give some images of a file; `take` has them for each C.
  private func predict(
    trainedOn indices: [Int], _ penalties: [Double], of file: FeatureFile, _ tested: [Int],
    take: (Double, [Int32], Bool) -> Void
  ) throws(FileError) {
    let scale = isScaled ? FeatureScale(indices, of: train) : nil
    let examples = try LinearExamples(indices, of: train, scale: scale, scratch: scratch)
    for penalty in penalties {
      let machine = LinearMachine(examples, labels: indices.map { trainLabels[$0] }, penalty: penalty)
      var found = [Int32](repeating: 0, count: tested.count)
      unsafe found.withUnsafeMutableBufferPointer { found in
        let classes = found.baseAddress!
        workers.share(tested.count, multiple: 16) { range in
          for n in range {
            let row = unsafe file.row(tested[n])
            unsafe classes[n] =
              scale.map { unsafe $0.apply(row).withUnsafeBufferPointer(machine.predict) } ?? machine.predict(row)
          }
        }
      }
      take(penalty, found, machine.isConverged)
    }
  }
}
