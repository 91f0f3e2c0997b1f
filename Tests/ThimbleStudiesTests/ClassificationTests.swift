import ThimbleStatistics
import Testing
import ThimbleStorage
import ThimbleThreads

import ThimbleStudies

@Suite struct ClassificationTests {
  private let scratch = Scratch()

  /// Points around the corners of a triangle.
  private func points(_ count: Int, spread: Double, seed: UInt64) -> (rows: [[Float]], labels: [Int32]) {
    var numbers = Numbers(state: seed)
    let labels = (0..<count).map { Int32($0 % 3 * 10) }
    let rows = labels.map { label in
      [(0.0, 0.0), (4, 0), (0, 4)][Int(label / 10)]
    }.map { [Float($0.0 + spread * (numbers.next() - 0.5)), Float($0.1 + spread * (numbers.next() - 0.5)), 3] }
    return (rows, labels)
  }

  private func classification(
    spread: Double, penalties: [Double] = [0.01, 1], isScaled: Bool = false
  ) throws -> Classification {
    let (train, test) = (points(150, spread: spread, seed: 1), points(90, spread: spread, seed: 2))
    return try Classification(
      train: featureFile(scratch, "train", train.rows, train.labels),
      test: featureFile(scratch, "test", test.rows, test.labels), penalties: penalties, isScaled: isScaled,
      workers: Workers(count: 2), scratch: scratch.path)
  }

  /// Catches: labels of other images, a bias left out, classes by their order instead of their label, a C that was not chosen.
  @Test(arguments: [false, true]) func cornersAreTold(isScaled: Bool) throws {
    let whole = try classification(spread: 2, isScaled: isScaled).whole()
    #expect(whole.accuracy.value == 1)
    #expect(whole.isConverged)
    #expect(whole.predictions == points(90, spread: 2, seed: 2).labels)
    let few = try classification(spread: 2, penalties: [1], isScaled: isScaled).few(perClass: 5, choosing: 2, count: 6)
    #expect(few.mean == 1 && few.deviation == 0 && few.accuracies.count == 6)
  }

  /// Corners that overlap, and a C that allows no error.
  @Test func solversThatGiveUpSaySo() throws {
    let hopeless = try classification(spread: 30, penalties: [1e9])
    #expect(try !hopeless.whole().isConverged)
    #expect(try !hopeless.few(perClass: 30, choosing: 1, count: 2).isConverged)
  }

  /// The C that is chosen is that of the best share held out, and more labels tell more. Catches: the last C, or the first, taken
  /// always; draws that are all the same; a deviation that is none.
  @Test func penaltyIsChosenAndDrawsDiffer() throws {
    let noisy = try classification(spread: 9, penalties: [1e-7, 1, 1e-6])
    var tried: [Double: Double] = [:]
    let whole = try noisy.whole { penalty, right, _ in tried[penalty] = right }
    #expect(tried.count == 3 && tried[whole.penalty] == tried.values.max())
    #expect(whole.penalty == 1 && whole.accuracy.value < 1 && whole.accuracy.value > 0.4)
    let few = try noisy.few(perClass: 4, choosing: 3, count: 12)
    #expect(few.isConverged && Set(few.accuracies).count > 3 && few.deviation > 0)
    let mean = few.accuracies.reduce(0, +) / 12
    let squares = few.accuracies.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    #expect(abs(few.deviation * few.deviation - squares / 11) < 1e-12)
    #expect(try noisy.few(perClass: 4, choosing: 3, count: 12).accuracies == few.accuracies)
    #expect(whole.accuracy.value > few.mean)
    let more = try noisy.few(perClass: 20, choosing: 5, count: 1)
    #expect(more.penalty == 1, "\(more.penalty)")
  }

  /// A machine does not depend on where its examples lie.
  @Test func examplesInAFileAreTheSame() throws {
    let given = points(60, spread: 6, seed: 4)
    let file = try featureFile(scratch, "points", given.rows, given.labels)
    let indices = Array(0..<60)
    let inMemory = try LinearExamples(indices, of: file, scale: nil, scratch: scratch.path)
    let inFile = try LinearExamples(indices, of: file, scale: nil, scratch: scratch.path, memory: 0)
    let machines = (
      LinearMachine(inMemory, labels: given.labels, penalty: 1), LinearMachine(inFile, labels: given.labels, penalty: 1)
    )
    #expect(indices.allSatisfy { machines.0.predict(file.row($0)) == machines.1.predict(file.row($0)) })
    #expect(machines.0.weights == machines.1.weights && machines.0.weights.contains { $0 != 0 })
  }

  /// The only image of a class is held out: the machine knows one class. Catches: a class that is not there.
  @Test func aMachineOfOneClass() throws {
    let file = try featureFile(scratch, "alike", [[1, 2], [3, 1]], [4, 4])
    let examples = try LinearExamples([0, 1], of: file, scale: nil, scratch: scratch.path)
    let machine = LinearMachine(examples, labels: [4, 4], penalty: 1)
    let far = try featureFile(scratch, "far", [[-100, -100]], [4])
    #expect([file.row(0), file.row(1), far.row(0)].allSatisfy { machine.predict($0) == 4 })
  }

  @Test func drawsAreOfEachClassAndWithoutRepetition() throws {
    let labels = (0..<100).map { Int32($0 % 4 == 0 ? 7 : -1) }
    let draws = LabelledDraws(labels, file: "set")
    for number in 0..<20 {
      let drawn = try draws.draw(number, perClass: 25)
      #expect(Set(drawn).count == 50 && drawn.count { labels[$0] == 7 } == 25)
      #expect(try draws.draw(number, perClass: 25) == drawn)
    }
    let firsts = try Set((0..<20).map { try draws.draw($0, perClass: 3) })
    #expect(firsts.count == 20)
    #expect(draws.all().sorted() == Array(0..<100) && draws.all() != Array(0..<100))
    #expect(throws: FileError.self) { try draws.draw(0, perClass: 26) }
  }

  @Test func standardisedFeaturesHaveMeanZeroAndDeviationOne() throws {
    let rows = points(90, spread: 5, seed: 6).rows
    let file = try featureFile(scratch, "rows", rows, nil)
    let scale = FeatureScale(Array(0..<90), of: file)
    let scaled = (0..<90).map { scale.apply(file.row($0)) }
    for i in 0..<2 {
      let mean = scaled.map { $0[i] }.reduce(0, +) / 90
      let square = scaled.map { $0[i] * $0[i] }.reduce(0, +) / 90
      #expect(abs(mean) < 1e-5 && abs(square - 1) < 1e-5)
    }
    #expect(scaled.allSatisfy { $0[2] == 0 })
  }

  /// Catches: numbers that are lost beside their mean, and factors beyond f32.
  @Test func featuresThatHardlyVaryAreStandardised() throws {
    let bits = (0..<40).map { Float($0 % 2) }
    let file = try featureFile(
      scratch, "hardly", bits.map { [1e6 + $0, Float.leastNormalMagnitude / 8 * $0, 0.1, $0] }, nil)
    let scale = FeatureScale(Array(0..<40), of: file)
    for n in 0..<40 {
      let sign = 2 * bits[n] - 1
      #expect(scale.apply(file.row(n)) == [sign, 0, 0, sign])
    }
  }

  /// What does not fit together is refused, with the file that is wrong.
  @Test func refusals() throws {
    let (rows, labels) = points(30, spread: 1, seed: 1)
    let good = try featureFile(scratch, "good", rows, labels)
    func refusal(_ train: FeatureFile, _ test: FeatureFile) -> FileError? {
      do {
        _ = try Classification(
          train: train, test: test, penalties: [1], isScaled: false, workers: Workers(count: 1), scratch: scratch.path)
      } catch { return error }
      return nil
    }
    #expect(refusal(good, good) == nil)
    let unlabelled = try featureFile(scratch, "unlabelled", rows, nil)
    #expect(refusal(unlabelled, good)?.field == "labels" && refusal(good, unlabelled)?.file == scratch["unlabelled"])
    let other = try featureFile(scratch, "other", rows, labels, extractor: "another")
    #expect(refusal(good, other)?.field == "extractor")
    let longer = try featureFile(scratch, "longer", rows.map { $0 + [1] }, labels)
    #expect(refusal(good, longer)?.field == "extractor")
    let strange = try featureFile(scratch, "strange", rows, labels.map { $0 + ($0 == 20 ? 1 : 0) })
    #expect(refusal(good, strange)?.found == "class 21")
    for bad in [Float.nan, .infinity] {
      #expect(throws: FileError.self) { try featureFile(scratch, "bad", rows.dropLast() + [[0, bad, 0]], labels) }
    }
    let large = try featureFile(scratch, "large", rows.dropLast() + [[0, 3e38, 0]], labels)
    #expect(refusal(large, good)?.field == "features")
    #expect(throws: FileError.self) { try featureFile(scratch, "nobody", rows, labels, extractor: "") }
    let one = try featureFile(scratch, "one", rows, labels.map { _ in 0 })
    #expect(refusal(one, one)?.field == "labels")
    let identities = try featureFile(
      scratch, "identities", (0..<1001).map { [Float($0)] }, (0..<1001).map { Int32($0) })
    #expect(refusal(identities, identities)?.found == "1001 classes")
  }
}
