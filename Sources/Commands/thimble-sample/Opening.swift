import Thimble
import ThimbleFreestanding
import ThimbleIntrinsics
import SamplerSupport

/// Maps and checks the model of a path, or the one inside the program, with the instruction set in use.
@inline(never)
func openModel(_ path: Path) throws(Refusal) -> Model {
  let set = try instructionSetInForce()
  thimble_guard_model(path)
  var byteCount = 0
  if let bytes = thimble_bundled_model(&byteCount) {
    do {
      return try Model(UnsafeRawBufferPointer(start: bytes, count: byteCount), instructionSet: set)
    } catch { throw refusal(error, path) }
  }
  var status = thimble_file()
  let looked = thimble_look(path, &status)
  if looked < 0 {
    throw systemRefusal(InputFile.code(-looked), path, call: "open", wanted: "a .thimble file", -looked)
  }
  try InputFile.requirePlain(status, path)
  if status.byte_count == 0 {
    throw refusal(
      .badData, "\(path: path): size: found 0 bytes, wanted a .thimble file", advice: "Fetch or export the model again."
    )
  }
  do {
    return try Model(path: path, instructionSet: set)
  } catch {
    if error.code == .file {
      let number = Int(truncatingIfNeeded: error.found)
      throw systemRefusal(InputFile.code(number), path, call: "open", wanted: "a .thimble file", number)
    }
    throw refusal(error, path)
  }
}

/// The set that THIMBLE_ISA names, or else the best one.
@inline(never)
func instructionSetInForce() throws(Refusal) -> InstructionSet {
  do {
    return try InstructionSet.inForce()
  } catch {
    let name = thimble_requested_instruction_set().map { Text($0) } ?? Text("nothing")
    throw refusal(
      .usage, "THIMBLE_ISA: \(error.field): found \(name), wanted one of \(instructionSets: ", ", offeredOnly: true)",
      advice: "Unset THIMBLE_ISA, or name one of these sets.")
  }
}

/// Fresh memory, zeros, aligned to 64. Taken before the first image, and never given back.
@inline(never)
func room(_ byteCount: Int) throws(Refusal) -> UnsafeMutableRawBufferPointer {
  if byteCount == 0 { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
  guard let start = thimble_fresh_memory(byteCount) else {
    throw refusal(
      .fault, "memory: fresh bytes: found none, wanted \(byteCount)",
      advice: "Free some memory, or export the model again with a smaller --arena.")
  }
  return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
}
