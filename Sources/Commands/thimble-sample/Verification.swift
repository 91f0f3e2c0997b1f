import Thimble
import ThimbleKernelInterface
import SamplerSupport

/// Makes the images of a golden file's seeds, compares their digests, and prints how many are equal.
func verify(_ path: Path, _ goldenPath: Path, threads: Int) throws(Refusal) {
  let sampler = try Sampler(path)
  var golden = try GoldenFile(goldenPath)
  let found = try room(64).bindMemory(to: UInt8.self)
  _ = startThreads(threads)
  var (count, equal) = (0, 0)
  var difference: Refusal?
  while let line = try golden.next() {
    GoldenLine.write(sha256(try sampler.make(seed: line.seed)), to: found)
    count += 1
    if Text(found).hasPrefix(line.digits) {
      equal += 1
    } else if difference == nil {
      difference = refusal(
        .badData, "\(path: path): pixels of seed \(line.seed): found \(Text(found)), wanted \(line.digits)",
        advice: "The golden file was made from another generator, or this build computes wrong results.")
    }
  }
  let line: Line = "\(path: path): \(equal)"
  if equal < count {
    line.appendLiteral(" of ")
    line.appendInterpolation(count)
  }
  line.appendLiteral(" images as in ")
  line.appendInterpolation(path: goldenPath)
  line.appendLiteral(" (")
  line.appendInterpolation(sampler.generator.pointee.model.instructionSet.name)
  line.appendLiteral(")")
  try say(line)
  if let difference { throw difference }
}

@inline(never)
private func sha256(_ bytes: UnsafeRawBufferPointer) -> InlineArray<32, UInt8> {
  var digest = SHA256()
  digest.update(bytes.bytes)
  return digest.finalize()
}
