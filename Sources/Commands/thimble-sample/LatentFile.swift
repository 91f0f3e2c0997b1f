import Thimble
import SamplerSupport

/// Latents from outside, in f32: a safetensors file with one tensor `latents` [N, length], or rows without any header where
/// the name ends in .f32.
struct LatentFile {
  private static let most = UInt64(1) << 20

  private var file: InputFile
  private let length: Int
  /// How many latents there are.
  let count: UInt64
  /// Where the first one begins.
  private let offset: UInt64
  private var row: UInt64 = 0

  /// Opens a file and checks all of it.
  init(_ path: Path, length: Int) throws(Refusal) {
    file = try InputFile(path, buffer: try room(InputFile.bufferByteCount))
    self.length = length
    let text = Text(path)
    if text.count >= 4 && text.behind(text.count - 4).equals(".f32") {
      (offset, count) = (0, try Self.rows(file.path, file.byteCount, length))
    } else {
      (offset, count) = try Safetensors.latents(&file, length: length)
    }
    if count > Self.most {
      throw refusal(
        .badData, "\(path: path): latents: found \(count) rows, wanted at most \(Self.most)",
        advice: "Split the file.")
    }
    if count == 0 {
      throw refusal(
        .badData, "\(path: path): latents: found none, wanted at least one row", advice: "Name a file with latents.")
    }
    // Before the first image: nothing is written if a later one cannot be made.
    try rewind()
    for _ in 0..<count {
      for i in 0..<length { _ = try element(i) }
      row += 1
    }
    try rewind()
  }

  private static func rows(_ path: Path, _ byteCount: UInt64, _ length: Int) throws(Refusal) -> UInt64 {
    let (rows, rest) = byteCount.quotientAndRemainder(dividingBy: UInt64(4 * length))
    if rest == 0 { return rows }
    throw refusal(
      .badData,
      "\(path: path): size: found \(byteCount) bytes, wanted a multiple of \(4 * length): rows of \(length) f32 numbers",
      advice: "Make latents of this length for this generator.")
  }

  mutating func rewind() throws(Refusal) {
    row = 0
    try file.seek(offset)
  }

  /// The next latent, rounded to Q3.12.
  mutating func next(_ latent: UnsafeMutableBufferPointer<Int16>) throws(Refusal) {
    for i in 0..<length { latent[i] = try element(i) }
    row += 1
  }

  @inline(never)
  private mutating func element(_ i: Int) throws(Refusal) -> Int16 {
    var bits: UInt32 = 0
    for byte in 0..<4 { bits |= UInt32(try file.byte()) << UInt32(8 * byte) }
    if let element = Q3x12.nearest(Float(bitPattern: bits)) { return element }
    throw refusal(
      .badData, "\(path: file.path): latent \(row), element \(i): found NaN, wanted a number",
      advice: "Replace the NaN with a number.")
  }
}
