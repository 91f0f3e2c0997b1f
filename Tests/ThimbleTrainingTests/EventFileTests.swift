import TrainingTestSupport
import Foundation
import Testing
import ThimbleTraining

/// TensorBoard's files, taken apart by another reading of their format: records with checksums bit by bit, protobuf by its wire
/// types.
@Suite struct EventFileTests {
  private enum Field { case number(UInt64), bytes([UInt8]) }

  /// CRC-32C by its polynomial, masked.
  private func masked(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let carry = (crc ^ UInt32(byte >> UInt8(bit))) & 1
        crc = crc >> 1 ^ (carry == 1 ? 0x82F6_3B78 : 0)
      }
    }
    crc = ~crc
    return UInt32(truncatingIfNeeded: (UInt64(crc >> 15 | crc << 17) + 0xA282_EAD8))
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  private func records(_ file: [UInt8]) throws -> [[UInt8]] {
    var (records, at): ([[UInt8]], Int) = ([], 0)
    while at < file.count {
      let length = Int(number(file[at..<(at + 8)]))
      let data = Array(file[(at + 12)..<(at + 12 + length)])
      #expect(number(file[(at + 8)..<(at + 12)]) == UInt64(masked(Array(file[at..<(at + 8)]))))
      #expect(number(file[(at + 12 + length)..<(at + 16 + length)]) == UInt64(masked(data)))
      records.append(data)
      at += 16 + length
    }
    return records
  }

  /// The fields of a message in their order.
  private func fields(_ bytes: [UInt8]) throws -> [(Int, Field)] {
    var (fields, at): ([(Int, Field)], Int) = ([], 0)
    func varint() -> UInt64 {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      repeat {
        value |= UInt64(bytes[at] & 127) << shift
        shift += 7
        at += 1
      } while bytes[at - 1] & 128 != 0
      return value
    }
    while at < bytes.count {
      let key = varint()
      switch key & 7 {
      case 0: fields.append((Int(key >> 3), .number(varint())))
      case 1, 5:
        let size = key & 7 == 1 ? 8 : 4
        fields.append((Int(key >> 3), .number(number(bytes[at..<(at + size)]))))
        at += size
      default:
        #expect(key & 7 == 2)
        let size = Int(varint())
        fields.append((Int(key >> 3), .bytes(Array(bytes[at..<(at + size)]))))
        at += size
      }
    }
    return fields
  }

  private func bytes(_ fields: [(Int, Field)], _ wanted: Int) -> [[UInt8]] {
    fields.compactMap { if $0.0 == wanted, case .bytes(let bytes) = $0.1 { bytes } else { nil } }
  }

  private func numbers(_ fields: [(Int, Field)], _ wanted: Int) -> [UInt64] {
    fields.compactMap { if $0.0 == wanted, case .number(let number) = $0.1 { number } else { nil } }
  }

  private struct Event {
    var step: Int
    var scalars: [String: Float] = [:]
    var image: (tag: String, fields: [UInt64], png: [UInt8])?
    var version: String?
    var isStart = false
  }

  private func event(_ record: [UInt8]) throws -> Event {
    let all = try fields(record)
    let time = Double(bitPattern: try #require(numbers(all, 1).first))
    #expect(abs(time - Date().timeIntervalSince1970) < 3600)
    var event = Event(step: Int(numbers(all, 2).first ?? 0))
    event.version = bytes(all, 3).first.map { String(decoding: $0, as: UTF8.self) }
    for session in bytes(all, 7) { event.isStart = numbers(try fields(session), 1) == [1] }
    for summary in bytes(all, 5) {
      for value in bytes(try fields(summary), 1) {
        let parts = try fields(value)
        let tag = String(decoding: try #require(bytes(parts, 1).first), as: UTF8.self)
        if let scalar = numbers(parts, 2).first {
          #expect(event.scalars.updateValue(Float(bitPattern: UInt32(scalar)), forKey: tag) == nil)
        }
        if let image = try bytes(parts, 4).first.map({ try fields($0) }) {
          event.image = (
            tag, [1, 2, 3].compactMap { numbers(image, $0).first }, try #require(bytes(image, 4).first)
          )
        }
      }
    }
    return event
  }

  /// Catches: wrong framing, checksums, fields or numbers; steps that a resumed run tells twice without a word.
  @Test func againstMetrics() throws {
    let tiny = try TinyRun()
    try tiny.train("begun", tiny.recipe(), steps: 20, watch: tiny.everything)
    try tiny.copy("begun", to: "run")
    try tiny.train("run", tiny.recipe(), steps: 40, resume: true, watch: tiny.everything)
    let files = tiny.names("run/tensorboard")
    #expect(files.count == 2 && files.allSatisfy { $0.hasPrefix("events.out.tfevents.") })
    let metrics = tiny.text("run/metrics.jsonl").split(separator: "\n").compactMap { StepMetrics(line: $0) }
    for (file, (first, last)) in zip(files, [(1, 20), (21, 40)]) {
      let events = try records(tiny.bytes("run/tensorboard/" + file)).map(event)
      #expect(events[0].version == "brain.Event:2")
      #expect(events[1].isStart && events[1].step == first)
      #expect(events.dropFirst(2).allSatisfy { !$0.isStart && $0.version == nil })
      let told = events.filter { !$0.scalars.isEmpty }
      #expect(told.map(\.step) == Array(first...last))
      for event in told {
        let line = metrics[event.step - 1]
        var wanted: [String: Float] = [:]
        wanted["loss/discriminator"] = line.report.discriminatorLoss
        wanted["loss/generator"] = line.report.generatorLoss
        wanted["score/real"] = line.report.scoreOfReal
        wanted["score/generated"] = line.report.scoreOfGenerated
        wanted["speed/images_per_second"] = line.imagesPerSecond.map { Float($0) }
        wanted["gradient/discriminator"] = line.discriminatorGradient.map { Float($0) }
        wanted["gradient/generator"] = line.generatorGradient.map { Float($0) }
        wanted["samples/diversity"] = line.diversity.map { Float($0.spread) }
        wanted["samples/nearest"] = line.diversity.map { Float($0.nearest) }
        #expect(event.scalars == wanted, "step \(event.step)")
      }
      let images = events.compactMap { event in event.image.map { (event.step, $0) } }
      #expect(images.map(\.0) == Array(stride(from: first == 1 ? 0 : 25, through: last, by: 5)))
      for (step, image) in images {
        #expect(image.tag == "samples/grid")
        // 16 samples of 16x16 at twice their size with 2 pixels between them: 8 in a row.
        #expect(image.fields == [70, 274, 1])
        #expect(image.png == tiny.bytes("run/grids/step-" + String("000000\(step)".suffix(7)) + ".png"))
      }
    }
  }
}
