// Prints what loading a model and making one image adds to the memory of a process that does nothing else:
//
//   MemoryProbe MODEL    ->    model bytes, arena bytes, bytes that the process grew by
import Glibc
import Thimble

/// Bytes of this process in memory, counted page by page by the kernel. Looking allocates nothing.
func residentByteCount() -> Int {
  let file = open("/proc/self/smaps_rollup", O_RDONLY)
  guard file >= 0 else { return 0 }
  defer { close(file) }
  var room = InlineArray<2048, UInt8>(repeating: 0)
  var text = room.mutableSpan
  let count = text.withUnsafeMutableBufferPointer { read(file, $0.baseAddress, $0.count) }
  // The first line is about the addresses; the second is "Rss:   1234 kB".
  var (line, kilobytes) = (0, 0)
  for i in 0..<max(0, count) {
    if text[i] == UInt8(ascii: "\n") { line += 1 }
    if line == 1 && (48...57).contains(text[i]) { kilobytes = kilobytes * 10 + Int(text[i] - 48) }
  }
  return kilobytes * 1024
}

func measure(_ path: String) throws(ThimbleError) -> (model: Int, arena: Int, growth: Int) {
  let before = residentByteCount()
  let model = try Model(path: path)
  let (modelBytes, arenaBytes) = (model.bytes.count, model.arenaByteCount()!)
  let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: arenaBytes, alignment: 64)
  let pixels = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: model.imageByteCount)
  var generator = try Generator(model, arena: arena)
  var span = MutableSpan(_unsafeElements: pixels)
  try generator.generate(seed: 1, into: &span)
  return (modelBytes, arenaBytes, residentByteCount() - before)
}

// Once for the code of this file.
_ = residentByteCount()
let (model, arena, growth) = try measure(CommandLine.arguments[1])
print(model, arena, growth)
