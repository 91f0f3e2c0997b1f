import Foundation
import SamplerSupport
import ThimbleNetworks
import ThimbleSampling
import ThimbleStorage

/// A safetensors file and its seal.
let fuzzSafetensors: FuzzTarget = { bytes in
  guard let file = try? SafetensorsFile(path: InputFile.holding(bytes)) else { return }
  try? file.verifySeal(required: false)
  for tensor in file.tensors.values { use(tensor.bytes.reduce(0, ^)) }
}

/// A checkpoint of a training, without a look at its seal: all that is behind it.
let fuzzCheckpoint: FuzzTarget = { bytes in
  let path = InputFile.holding(bytes)
  guard let file = try? SafetensorsFile(path: path) else { return }
  if let stored = try? StoredTraining(whole: file) { use(stored.state.step) }
  if let stored = try? StoredDiscriminator(path: path) { use(stored) }
}

/// A generator, ours or another program's.
let fuzzGenerator: FuzzTarget = { bytes in
  if let stored = try? StoredGenerator(path: InputFile.holding(bytes)) { use(stored) }
}

let fuzzJSON: FuzzTarget = { bytes in
  guard let value = try? JSON(bytes) else { return }
  // What was read is written in a form that reads as the same.
  let text = Array(value.serialized.utf8)
  precondition(text.withUnsafeBytes { try? JSON($0) } == value || "\(value)".contains("other"))
}

let fuzzRecipe: FuzzTarget = { bytes in
  if let recipe = try? Recipe(json: Data(bytes), file: "recipe") { use(recipe) }
}

/// A golden file: by the workstation's reader, and line by line as the board sampler reads it.
let fuzzGolden: FuzzTarget = { bytes in
  if let lines = try? GoldenFile.read(InputFile.holding(bytes)) { use(lines) }
  bytes.withMemoryRebound(to: UInt8.self) { text in
    for line in text.split(separator: 10) {
      if let golden = GoldenLine(UnsafeBufferPointer(rebasing: line)) { use(golden.seed) }
    }
  }
}

/// The words of both samplers: seeds, their number, a grid.
let fuzzSeeds: FuzzTarget = { bytes in
  bytes.withMemoryRebound(to: UInt8.self) { text in
    use(SeedRanges.count(text))
    use(SheetShape.grid(text))
    use(Decimal.number(text))
  }
}

/// Latents from a safetensors file; the first byte is the length of one.
let fuzzLatents: FuzzTarget = { bytes in
  guard let length = bytes.first else { return }
  let path = InputFile.holding(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
  if let latents = try? LatentFile.read(path, length: Int(length) + 1) { use(latents.count) }
}
