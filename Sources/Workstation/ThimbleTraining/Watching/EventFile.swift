import Foundation
import ThimbleKernels
import ThimbleStorage

/// A file of events that TensorBoard shows: `tensorboard --logdir RUN`.
///
/// A resumed run begins another file. What older ones hold of steps that are done once more, TensorBoard drops when it reads that
/// a session began at that step; it reads the files in the order of their names, and so these end with ever greater numbers.
final class EventFile {
  private let handle: FileHandle
  private let path: String

  /// Begins a file in `folder` for the steps after `step`. Throws `cannotWrite` or `inputOutput`.
  init(folder: String, step: Int) throws(FileError) {
    try Folder.create(folder)
    let prefix = "events.out.tfevents."
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let numbers = names.compactMap { $0.hasPrefix(prefix) ? Int($0.dropFirst(prefix.count).prefix(10)) : nil }
    // Seconds of today have ten digits; two sessions may begin in the same one.
    let number = max(Int(Self.now), (numbers.max() ?? 0) + 1)
    path = "\(folder)/\(prefix)\(number).thimble"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(.cannotWrite, file: path, call: "create", wanted: "a file for TensorBoard", errno: errno)
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try append(.version(time: Self.now))
    try start(after: step)
  }

  /// Seconds since 1970.
  private static var now: Double { Date().timeIntervalSince1970 }

  /// Records that the run continues after `step`; earlier records of later steps no longer count.
  func start(after step: Int) throws(FileError) { try append(.start(time: Self.now, step: step + 1)) }

  /// The tags of the numbers in `metrics.jsonl`.
  private static let tags = [
    "lossD": "loss/discriminator", "lossG": "loss/generator", "scoreReal": "score/real",
    "scoreGenerated": "score/generated", "imagesPerSecond": "speed/images_per_second",
    "gradientD": "gradient/discriminator", "gradientG": "gradient/generator", "diversity": "samples/diversity",
    "nearest": "samples/nearest", "distance": "samples/distance",
  ]

  func append(_ metrics: StepMetrics) throws(FileError) {
    let values = metrics.fields.compactMap { field in Self.tags[field.name].map { ($0, Float(field.value)) } }
    try append(.scalars(values, time: Self.now, step: metrics.step))
  }

  func append(grid png: [UInt8], height: Int, width: Int, channels: Int, step: Int) throws(FileError) {
    try append(
      .image(
        "samples/grid", png: png, height: height, width: width, channels: channels, time: Self.now, step: step))
  }

  private func append(_ event: EventMessage) throws(FileError) {
    do {
      try handle.write(contentsOf: Data(Self.record(event.bytes)))
    } catch {
      throw FileError(
        .inputOutput, file: path, field: "write", found: "\"\(error.localizedDescription)\"",
        wanted: "an event appended",
        advice: "Free some space on this disk, then continue with --resume.")
    }
  }

  /// A TFRecord: the length in 8 bytes, its checksum, the bytes, theirs; all little-endian.
  private static func record(_ bytes: [UInt8]) -> [UInt8] {
    let length = unsafe withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { unsafe Array($0) }
    return length + maskedChecksum(length) + bytes + maskedChecksum(bytes)
  }

  /// A CRC-32C, rotated and shifted, since checksums of bytes that hold their own checksums are bad ones (TensorFlow's
  /// `crc32c::Mask`).
  private static func maskedChecksum(_ bytes: [UInt8]) -> [UInt8] {
    precondition(!bytes.isEmpty)
    let checksum = unsafe bytes.withUnsafeBytes { unsafe ~crc32c(0xFFFF_FFFF, $0.baseAddress!, $0.count) }
    let masked = (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    return unsafe withUnsafeBytes(of: masked.littleEndian) { unsafe Array($0) }
  }
}
