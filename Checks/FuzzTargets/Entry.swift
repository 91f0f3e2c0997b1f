import Glibc

/// One kind of input, and what reads it. Whatever the bytes are, a target returns: a refusal is an answer like any other. A trap, a
/// forbidden access or a hang is a fault.
typealias FuzzTarget = @Sendable (UnsafeRawBufferPointer) -> Void

/// The targets by name; `tools/fuzz` reads the names from these lines.
let fuzzTargets: [String: FuzzTarget] = [
  "model": fuzzModel,
  "library": fuzzLibrary,
  "safetensors": fuzzSafetensors,
  "checkpoint": fuzzCheckpoint,
  "generator": fuzzGenerator,
  "json": fuzzJSON,
  "recipe": fuzzRecipe,
  "tar": fuzzTar,
  "idx": fuzzIDX,
  "table": fuzzTable,
  "png": fuzzPicture,
  "jpeg": fuzzPicture,
  "gif": fuzzPicture,
  "webp": fuzzPicture,
  "golden": fuzzGolden,
  "seeds": fuzzSeeds,
  "latents": fuzzLatents,
]

private let chosen: FuzzTarget = {
  let name = getenv("THIMBLE_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = fuzzTargets[name] else {
    let names = fuzzTargets.keys.sorted().joined(separator: " ")
    let text = "THIMBLE_FUZZ_TARGET is \"\(name)\", wanted one of: \(names)\n"
    write(STDERR_FILENO, text, text.utf8.count)
    exit(64)
  }
  return target
}()

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}

/// A file in memory that holds the present input, for readers that take a path.
enum InputFile {
  private static let descriptor: CInt = {
    var template = Array("/dev/shm/thimble-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    unlink(template)
    return descriptor
  }()
  private static let path = "/proc/self/fd/\(descriptor)"

  /// The path of a file with these bytes; until the next call.
  static func holding(_ bytes: UnsafeRawBufferPointer) -> String {
    precondition(descriptor >= 0)
    ftruncate(descriptor, off_t(bytes.count))
    precondition(pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count)
    return path
  }
}

/// Keeps the results of readers from being optimised away.
@inline(never) func use<Value: ~Copyable>(_: borrowing Value) {}
