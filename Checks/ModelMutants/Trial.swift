import Thimble

/// What became of a mutant.
enum Verdict {
  case refused(ThimbleError)
  /// Accepted, and everything that should be the same is.
  case accepted
  /// Accepted, and not run: it would take more than `Run.mostArenaBytes` or `Run.mostWork`.
  case skipped
  /// Something is wrong with the library.
  case wrong(String)
}

/// What a mutant is put to.
struct Trial {
  /// The instruction sets of this machine, the best one last.
  let sets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }

  /// Reads the mutant of a number, and runs it if it is accepted.
  func verdict(_ mutant: Mutant, _ number: Int) -> Verdict {
    let file = mutant.block()
    // Several pictures at once go through kernels of their own where maps are small.
    let runs = [
      Run(.portable, .ofFile, fill: 0xA5), Run(sets.last!, .ofFile, fill: 0x5A),
      Run(sets[number % sets.count], .ofFile, fill: 0xFF, images: 1 + number % 10),
      Run(sets[number / 8 % sets.count], .wholeLayers, fill: 0x33),
    ]
    // Refused alike by two sets, or run by all.
    let first = outcome(runs[0], file)
    var isSkipped = first.picture == nil
    for run in runs[1..<(first.error == nil ? 4 : 2)] {
      let next = outcome(run, file)
      if first.error == nil, run.plan == .wholeLayers,
        next.error?.isAbout("arena: bytes an image, as whole layers") == true
      {
        isSkipped = true
        continue
      }
      if first.error != next.error {
        return .wrong("\(runs[0].name): \(first.text)\n  \(run.name): \(next.text)")
      }
      guard let a = first.picture, let b = next.picture else {
        isSkipped = true
        continue
      }
      if !a.hasBytes(of: b) {
        return .wrong("\(runs[0].name) and \(run.name) make different pictures, fills \(runs[0].fill) and \(run.fill)")
      }
    }
    if let error = first.error { return .refused(error) }
    if !mutant.isSealed, let wrong = damage(mutant, first.picture) { return .wrong(wrong) }
    return isSkipped ? .skipped : .accepted
  }

  /// What is wrong with a mutant that the checksum has let through: it can only be one of the originals.
  private func damage(_ mutant: Mutant, _ picture: Block?) -> String? {
    let same = mutant.bytes == mutant.other.bytes ? mutant.other : mutant.original
    if let picture, picture.hasBytes(of: same.picture) { return nil }
    return "accepted with the checksum of \(same.name), and makes another picture"
  }

  private struct Outcome {
    var picture: Block?, error: ThimbleError?
    var text: String { error.map { "\($0)" } ?? "accepted" }
  }

  private func outcome(_ run: Run, _ file: Block) -> Outcome {
    do { return Outcome(picture: try run.picture(file)) } catch { return Outcome(error: error) }
  }
}

extension Run {
  var name: String {
    "\(set.name)\(plan == .wholeLayers ? ", whole layers" : "")\(images > 1 ? ", \(images) pictures" : "")"
  }
}
