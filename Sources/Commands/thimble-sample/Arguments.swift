import Thimble
import ThimbleFreestanding
import SamplerSupport

/// Parses the words of a command line: options such as `--seeds 1-3`, `--seeds=1-3`, `-o FILE`. After `--` there are no options.
struct Arguments {
  private let words: UnsafeMutablePointer<Path>
  private let count: Int
  private var at = 1
  private var options = Options()
  /// Words that are no options are moved to the front: their places have been read already.
  private var listCount = 0

  /// - Parameter words: as the kernel hands them over, the program's name first; their order is changed.
  static func parse(_ words: UnsafeMutablePointer<Path>, count: Int) throws(Refusal) -> Options {
    var arguments = Arguments(words: words, count: count)
    // A program with its generator inside is its own generator.
    var byteCount = 0
    if thimble_bundled_model(&byteCount) != nil { arguments.options.generator = words[0] }
    try arguments.parse()
    var options = arguments.options
    options.lists = UnsafeBufferPointer(start: words, count: arguments.listCount)
    return options
  }

  private init(words: UnsafeMutablePointer<Path>, count: Int) { (self.words, self.count) = (words, count) }

  private mutating func parse() throws(Refusal) {
    var areOptions = true
    while at < count {
      let word = words[at]
      at += 1
      let text = Text(word)
      if areOptions && text.equals("--") {
        areOptions = false
      } else if areOptions && text.count > 1 && text[0] == UInt8(ascii: "-") {
        try option(word)
      } else if options.generator == nil {
        options.generator = word
      } else {
        if SeedRanges.count(text) == nil { throw usage("seeds: found \(text), wanted \(Self.list)") }
        words[listCount] = word
        listCount += 1
      }
    }
  }

  private static let list: StaticString = "a list such as 85,265,600-605, of at most 1048576 seeds"

  private mutating func option(_ word: Path) throws(Refusal) {
    let text = Text(word)
    var end = 0
    while end < text.count && text[end] != UInt8(ascii: "=") { end += 1 }
    let name = Text(rebasing: text[..<end])
    if end == text.count {
      if name.equals("--raw") { return options.format = .raw }
      if name.equals("--memory") { return options.memory = true }
      if name.equals("--version") { return options.version = true }
      if name.equals("--help") || name.equals("-h") { return options.help = true }
    }
    if try file(name, word, end) { return }
    if try number(name, word, end) { return }
    throw usage("option: found \(text), wanted a known one")
  }

  /// Options whose value is a file, a folder or a list.
  private mutating func file(_ name: Text, _ word: Path, _ end: Int) throws(Refusal) -> Bool {
    if name.equals("-o") || name.equals("--output") {
      options.output = try value(word, end)
    } else if name.equals("--outdir") {
      options.outdir = try value(word, end)
    } else if name.equals("--latents") {
      options.latents = try value(word, end)
    } else if name.equals("--verify") {
      options.golden = try value(word, end)
    } else if name.equals("--seeds") {
      let value = try value(word, end)
      if SeedRanges.count(Text(value)) == nil {
        throw usage("--seeds: found \(Text(value)), wanted \(Self.list)")
      }
      options.seeds = value
    } else if name.equals("--walk") {
      let value = try value(word, end)
      let seeds = SeedRanges.count(Text(value))
      if seeds == nil { throw usage("--walk: found \(Text(value)), wanted \(Self.list)") }
      if seeds == 1 { throw usage("--walk: found one seed, wanted at least two") }
      options.walk = value
    } else {
      return false
    }
    return true
  }

  /// Options whose value is a number, a size or a word.
  private mutating func number(_ name: Text, _ word: Path, _ end: Int) throws(Refusal) -> Bool {
    if name.equals("--threads") {
      options.threads = try number(word, end, most: 64, "--threads")
    } else if name.equals("--class") {
      let text = Text(try value(word, end))
      guard let number = Decimal.number(text), number < 1024 else {
        throw usage("--class: found \(text), wanted a number from 0 to 1023")
      }
      options.chosenClass = Int(number)
    } else if name.equals("--frames") {
      options.frames = try number(word, end, most: UInt64(Q3x12.mostSteps), "--frames")
    } else if name.equals("--grid") {
      let text = Text(try value(word, end))
      guard let grid = SheetShape.grid(text) else {
        throw usage("--grid: found \(text), wanted columns x rows, 1x1 to 256x256")
      }
      options.grid = grid
    } else if name.equals("--format") {
      options.format = try format(Text(try value(word, end)))
    } else {
      return false
    }
    return true
  }

  private mutating func number(_ word: Path, _ end: Int, most: UInt64, _ name: StaticString) throws(Refusal) -> Int {
    let text = Text(try value(word, end))
    guard let number = Decimal.number(text), number >= 1, number <= most else {
      throw usage("\(name): found \(text), wanted a number from 1 to \(most)")
    }
    return Int(number)
  }

  private func format(_ text: Text) throws(Refusal) -> Format {
    if text.equals("ppm") { return .ppm }
    if text.equals("raw") { return .raw }
    if text.equals("y4m") { return .y4m }
    throw usage("--format: found \(text), wanted ppm, raw or y4m")
  }

  /// The text after the name's end, or else the next word, unless that is an option.
  private mutating func value(_ word: Path, _ end: Int) throws(Refusal) -> Path {
    if word[end] != 0 { return word + end + 1 }
    if at < count {
      let next = Text(words[at])
      if next.count <= 1 || next[0] != UInt8(ascii: "-") {
        at += 1
        return words[at - 1]
      }
    }
    throw usage("\(Text(word)): found nothing after it, wanted a value")
  }
}
