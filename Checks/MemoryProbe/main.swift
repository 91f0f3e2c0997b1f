// Prints what loading a model and making one image adds to the memory of a process that does nothing else:
//
//   MemoryProbe MODEL    ->    model bytes, arena bytes, bytes of data that the process grew by, bytes of code
//
// Code are the pages of the program and its libraries that ran for the first time: the kernel maps 64 KB around each one.
import Glibc
import Thimble

/// Bytes of this process in memory, counted page by page by the kernel. Looking allocates nothing.
func residentByteCount() -> (data: Int, code: Int) {
  let file = open("/proc/self/smaps", O_RDONLY)
  guard file >= 0 else { return (0, 0) }
  defer { close(file) }
  var room = InlineArray<4096, UInt8>(repeating: 0)
  var text = room.mutableSpan
  // Mappings begin with a line "address-address r-xp ...", followed by "Rss:  12 kB" and others.
  var line = InlineArray<64, UInt8>(repeating: 0)
  var (length, isCode, data, code) = (0, false, 0, 0)
  while true {
    let count = text.withUnsafeMutableBufferPointer { read(file, $0.baseAddress, $0.count) }
    if count <= 0 { return (data * 1024, code * 1024) }
    for i in 0..<count {
      if text[i] != UInt8(ascii: "\n") {
        if length < 64 { line[length] = text[i] }
        length += 1
        continue
      }
      if line[0] == UInt8(ascii: "R") && line[1] == UInt8(ascii: "s") {
        var kilobytes = 0
        for at in 4..<min(length, 64) where (48...57).contains(line[at]) {
          kilobytes = kilobytes * 10 + Int(line[at] - 48)
        }
        if isCode { code += kilobytes } else { data += kilobytes }
      } else if line[0] >= UInt8(ascii: "a") || line[0] <= UInt8(ascii: "9") {
        var at = 0
        while at < 60 && line[at] != UInt8(ascii: " ") { at += 1 }
        isCode = line[at + 3] == UInt8(ascii: "x")
      }
      length = 0
    }
  }
}

struct Growth {
  var model: Int, arena: Int, data: Int, code: Int
}

func growth(_ path: String) throws(ThimbleError) -> Growth {
  let before = residentByteCount()
  let model = try Model(path: path)
  let (modelBytes, arenaBytes) = (model.bytes.count, model.arenaByteCount()!)
  let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: arenaBytes, alignment: 64)
  let pixels = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: model.imageByteCount)
  var generator = try Generator(model, arena: arena)
  var span = MutableSpan(_unsafeElements: pixels)
  try generator.generate(seed: 1, into: &span)
  let after = residentByteCount()
  return Growth(model: modelBytes, arena: arenaBytes, data: after.data - before.data, code: after.code - before.code)
}

// Once for the code of this file.
_ = residentByteCount()
let result = try growth(CommandLine.arguments[1])
print(result.model, result.arena, result.data, result.code)
