import Thimble
import SamplerSupport

/// The latents of all images that were asked for, one after the other.
struct ImageLatents {
  private enum Kind { case seeds, walk, file }
  private let kind: Kind
  private let source: ClassedSource
  /// How many images there are.
  let count: UInt64
  /// How many of them have been made.
  private(set) var made: UInt64 = 0
  private var seeds: SeedSequence
  private var walk: Walk?
  private var file: LatentFile?
  /// What names the last image, if seeds do.
  private var seed: UInt64 = 0

  /// Without seeds, latents or a walk: the first seeds that fill the grid, or seed 0. All of a file of latents is checked here.
  init(_ options: Options, _ sampler: Sampler) throws(Refusal) {
    source = try ClassedSource(sampler.latents, options.chosenClass, sampler.path)
    let length = sampler.latents.count
    let fallback = options.grid.map { $0.columns * $0.rows } ?? 1
    seeds = SeedSequence(options.lists, options.walk ?? options.seeds, fallback: fallback)
    walk = nil
    file = nil
    if let path = options.latents {
      kind = .file
      let latents = try LatentFile(path, length: length)
      count = latents.count
      file = latents
    } else if options.walk != nil {
      kind = .walk
      let frames = options.frames ?? SeedRanges.walkFrames
      count = (seeds.count - 1) * UInt64(frames) + 1
      walk = Walk(frames: frames, try room(4 * length), &seeds, source)
    } else {
      kind = .seeds
      count = seeds.count
    }
  }

  /// Writes the next latent, int16 in Q3.12. Not to be asked for more than `count`.
  @inline(never)
  mutating func next(_ latent: UnsafeMutableBufferPointer<Int16>) throws(Refusal) {
    switch kind {
    case .seeds:
      seed = seeds.next()
      fill(latent, source, seed: seed)
    case .walk: walk!.next(latent, &seeds, source)
    case .file: try file!.next(latent)
    }
    made += 1
  }

  /// Begins again.
  @inline(never)
  mutating func rewind() throws(Refusal) {
    made = 0
    seeds.rewind()
    if kind == .walk { walk!.begin(&seeds, source) }
    if kind == .file { try file!.rewind() }
  }

  /// The name of the last image's file, without an ending: `seed0085`, `latent0000`, `frame0000`.
  var name: ShortText {
    var text = ShortText()
    switch kind {
    case .seeds: text.append("seed")
    case .walk: text.append("frame")
    case .file: text.append("latent")
    }
    text.append(ShortText(kind == .seeds ? seed : made - 1, digits: 4))
    return text
  }
}

/// What latents of seeds are, and the one class of all of them, if there is one.
struct ClassedSource {
  let latents: LatentSource
  let chosenClass: Int?

  init(_ latents: LatentSource) { (self.latents, chosenClass) = (latents, nil) }

  /// Refuses a class that the model does not know.
  init(_ latents: LatentSource, _ chosenClass: Int?, _ path: Path) throws(Refusal) {
    (self.latents, self.chosenClass) = (latents, chosenClass)
    guard let chosenClass, chosenClass >= latents.classes else { return }
    if latents.classes == 0 {
      throw refusal(
        .usage, "\(path: path): --class: found \(UInt64(chosenClass)), wanted no class: the model has none",
        advice: "Leave out --class, or take a generator that was trained on classes.")
    }
    throw refusal(
      .usage,
      "\(path: path): --class: found \(UInt64(chosenClass)), wanted a class from 0 to \(UInt64(latents.classes - 1))",
      advice: "Leave out --class to use the seed modulo the number of classes.")
  }
}

/// The latent of a seed.
@inline(never)
func fill(_ latent: UnsafeMutableBufferPointer<Int16>, _ source: ClassedSource, seed: UInt64) {
  var span = MutableSpan(_unsafeElements: latent)
  source.latents.fill(&span, seed: seed, class: source.chosenClass)
}

/// The seeds of some lists, one after the other.
struct SeedSequence {
  private let lists: UnsafeBufferPointer<Path>
  private let last: Path?
  private let fallback: Int
  let count: UInt64
  private var nextList = 0
  private var ranges = SeedRanges(Text(start: nil, count: 0))
  private var range: (next: UInt64, last: UInt64)?

  /// The lists are whole: `Arguments` has seen to that.
  init(_ lists: UnsafeBufferPointer<Path>, _ last: Path?, fallback: Int) {
    (self.lists, self.last, self.fallback) = (lists, last, fallback)
    var sum: UInt64 = 0
    for list in lists { sum += SeedRanges.count(Text(list)) ?? 0 }
    if let last { sum += SeedRanges.count(Text(last)) ?? 0 }
    count = sum == 0 ? UInt64(fallback) : sum
    rewind()
  }

  mutating func rewind() {
    nextList = 0
    range = nil
    if lists.count == 0 && last == nil { range = (0, UInt64(fallback - 1)) }
  }

  /// The next seed. Call it at most `count` times.
  @inline(never)
  mutating func next() -> UInt64 {
    while true {
      if let some = range {
        range = some.next == some.last ? nil : (some.next + 1, some.last)
        return some.next
      }
      if let some = ranges.next() {
        range = (some.lowerBound, some.upperBound)
      } else if nextList < lists.count {
        ranges = SeedRanges(Text(lists[nextList]))
        nextList += 1
      } else if nextList == lists.count, let last {
        ranges = SeedRanges(Text(last))
        nextList += 1
      } else {
        return 0
      }
    }
  }
}
