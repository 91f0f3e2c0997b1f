/// The fields of TensorBoard's Event messages that are needed here, in the encoding of Protocol Buffers: of its four wire types
/// three, of its features none but numbered fields (protobuf.dev/programming-guides/encoding; event.proto and summary.proto of
/// TensorFlow).
struct EventMessage {
  private(set) var bytes: [UInt8] = []

  /// What a field's value is written as.
  private enum WireType: UInt64 { case varint = 0, fixed64 = 1, lengthDelimited = 2, fixed32 = 5 }

  private mutating func key(_ field: UInt64, _ type: WireType) { varint(field << 3 | type.rawValue) }

  /// Seven bits a byte, the lowest first; the high bit says that more follow.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 128 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func integer(_ field: UInt64, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: UInt64, _ value: Double) {
    key(field, .fixed64)
    unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes += $0 }
  }

  mutating func float(_ field: UInt64, _ value: Float) {
    key(field, .fixed32)
    unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes += $0 }
  }

  mutating func data(_ field: UInt64, _ value: [UInt8]) {
    key(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

  mutating func message(_ field: UInt64, _ fill: (inout EventMessage) -> Void) {
    var message = EventMessage()
    fill(&message)
    data(field, message.bytes)
  }
}

extension EventMessage {
  /// An Event: wall_time = 1, step = 2.
  private init(time: Double, step: Int) {
    double(1, time)
    integer(2, step)
  }

  /// What a file begins with: file_version = 3.
  static func version(time: Double) -> EventMessage {
    var event = EventMessage()
    event.double(1, time)
    event.text(3, "brain.Event:2")
    return event
  }

  /// session_log = 7 with status = 1, START = 1: earlier events of this step and later ones no longer count.
  static func start(time: Double, step: Int) -> EventMessage {
    var event = EventMessage(time: time, step: step)
    event.message(7) { $0.integer(1, 1) }
    return event
  }

  /// summary = 5, each value = 1 with tag = 1 and simple_value = 2.
  static func scalars(_ values: [(tag: String, value: Float)], time: Double, step: Int) -> EventMessage {
    var event = EventMessage(time: time, step: step)
    event.message(5) { summary in
      for (tag, value) in values {
        summary.message(1) {
          $0.text(1, tag)
          $0.float(2, value)
        }
      }
    }
    return event
  }

  /// summary = 5, value = 1 with tag = 1 and image = 4: height = 1, width = 2, colorspace = 3 (1 grey, 3 colour),
  /// encoded_image_string = 4.
  static func image(
    _ tag: String, png: [UInt8], height: Int, width: Int, channels: Int, time: Double, step: Int
  ) -> EventMessage {
    var event = EventMessage(time: time, step: step)
    event.message(5) { summary in
      summary.message(1) { value in
        value.text(1, tag)
        value.message(4) {
          $0.integer(1, height)
          $0.integer(2, width)
          $0.integer(3, channels)
          $0.data(4, png)
        }
      }
    }
    return event
  }
}
