import Thimble
import ThimbleFreestanding
import SamplerSupport

/// The stack of the program is not larger than this, as a test has it.
private let largestStack = 1 << 15

/// Tells the memory that a command has taken, in bytes.
func tellMemory(_ sampler: Sampler, _ pictures: Pictures, threads: Int) throws(Refusal) {
  let peak = try peakResidentByteCount()
  try say("model          \(sampler.generator.pointee.model.bytes.count)  the file, mapped")
  try say("arena          \(sampler.arenaByteCount)")
  try say("images         \(sampler.roomByteCount + pictures.roomByteCount)  latent and pixels")
  try say("stack          \(largestStack)  at most")
  try say("threads        \((threads - 1) * thimble_thread_stack_byte_count)  stacks of \(threads - 1)")
  if let peak { try say("peak resident  \(peak)  from the kernel, with the program's own pages") }
}

/// The peak of this process's memory so far (VmHWM); nil where the kernel does not tell.
private func peakResidentByteCount() throws(Refusal) -> UInt64? {
  let path: StaticString = "/proc/self/status"
  let start = UnsafeRawPointer(path.utf8Start).assumingMemoryBound(to: CChar.self)
  var status = thimble_file()
  if thimble_look(start, &status) < 0 { return nil }
  var file = try InputFile(start, buffer: try room(InputFile.bufferByteCount))
  let field = Text("VmHWM:")
  var (matched, kilobytes) = (0, UInt64(0))
  while let byte = try file.next() {
    if matched < field.count {
      matched = byte == field[matched] ? matched + 1 : 0
    } else if byte >= 48 && byte <= 57 {
      kilobytes = kilobytes * 10 + UInt64(byte - 48)
    } else if byte == 10 {
      return kilobytes * 1024
    }
  }
  return nil
}
