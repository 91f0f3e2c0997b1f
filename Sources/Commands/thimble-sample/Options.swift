import ThimbleFreestanding
import SamplerSupport

/// What pictures are written as.
enum Format { case ppm, raw, y4m }

/// The words of the command line, parsed and checked as far as possible without the model.
struct Options {
  var generator: Path?
  /// Lists of seeds without an option.
  var lists = UnsafeBufferPointer<Path>(start: nil, count: 0)
  var seeds: Path?
  var latents: Path?
  var walk: Path?
  /// Of all seeds.
  var chosenClass: Int?
  var frames: Int?
  var grid: (columns: Int, rows: Int)?
  var output: Path?
  var outdir: Path?
  var format: Format?
  var golden: Path?
  var threads = 1
  var memory = false
  var help = false
  var version = false

  /// Whether images go to standard output.
  var isPiped: Bool { outdir == nil && (output.map { Text($0).equals("-") } ?? !memory) }
  /// Whether images are only made, to see what memory that takes.
  var isDry: Bool { outdir == nil && output == nil && memory }

  /// Refuses what does not go together.
  func check() throws(Refusal) {
    if generator == nil { throw usage("generator: found none, wanted a .thimble file before the seeds") }
    if golden != nil { return try checkAlone() }
    let named = lists.count > 0 || seeds != nil
    if (named ? 1 : 0) + (latents == nil ? 0 : 1) + (walk == nil ? 0 : 1) > 1 {
      throw usage("images: found several of seeds, --latents and --walk, wanted one of them")
    }
    if chosenClass != nil && latents != nil {
      throw usage("--class: found --latents, wanted seeds or --walk: latents in a file have their class")
    }
    if frames != nil && walk == nil { throw usage("--frames: found no --walk, wanted --walk and --frames") }
    if output != nil && outdir != nil { throw usage("-o: found --outdir too, wanted one of them") }
    if outdir != nil && grid != nil { throw usage("--grid: found --outdir, wanted -o, since a grid is one file") }
    if memory && output.map({ Text($0).equals("-") }) ?? false {
      throw usage("--memory: found -o -, wanted a file, since its lines go to standard output")
    }
    if output == nil && isPiped && thimble_is_terminal(1) != 0 {
      throw usage("-o: found only a terminal, wanted -o FILE, --outdir DIR, or a pipe")
    }
    _ = try resolvedFormat()
  }

  /// Refuses all options for writing images.
  private func checkAlone() throws(Refusal) {
    if lists.count > 0 || seeds != nil || latents != nil || walk != nil || grid != nil || output != nil || outdir != nil
      || format != nil || memory || chosenClass != nil
    {
      throw usage("--verify: found options that make images, wanted only --threads")
    }
  }

  /// What was asked for, or what the output's name ends in, or else ppm. The two must not contradict each other.
  func resolvedFormat() throws(Refusal) -> Format {
    guard let output else { return format ?? .ppm }
    let ending = Text(output).ending
    let named: Format? =
      if ending.count == 0 || ending.equalsIgnoringCase("ppm") || ending.equalsIgnoringCase("pgm") {
        .ppm
      } else if ending.equalsIgnoringCase("raw") {
        .raw
      } else if ending.equalsIgnoringCase("y4m") {
        .y4m
      } else {
        nil
      }
    if let format {
      if named == format || ending.count == 0 || named == nil && !isOtherFormat(ending) { return format }
      throw usage("-o: found the ending .\(ending), wanted one that agrees with --format")
    }
    if let named { return named }
    throw usage("-o: found the ending .\(ending), wanted ppm, pgm, raw, y4m or --format")
  }

  /// Whether a name would promise what this program does not write.
  private func isOtherFormat(_ ending: Text) -> Bool {
    ending.equalsIgnoringCase("png") || ending.equalsIgnoringCase("jpg") || ending.equalsIgnoringCase("thimble")
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether it is this word in lower or upper case.
  fileprivate func equalsIgnoringCase(_ word: StaticString) -> Bool {
    if count != word.utf8CodeUnitCount { return false }
    for i in 0..<count where self[i] | (self[i] >= 65 && self[i] <= 90 ? 32 : 0) != word.utf8Start[i] { return false }
    return true
  }
}
