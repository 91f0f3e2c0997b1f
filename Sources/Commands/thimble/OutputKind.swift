import Foundation
import ThimbleStorage

/// What a command writes, with the endings that such a file may have. Other commands' and other programs' endings are refused: a
/// file with a wrong ending is believed to be what it says.
struct OutputKind {
  /// In the words of a refusal.
  let words: String
  /// Without the dot; the first one is advised.
  let endings: [String]

  static let generator = OutputKind(words: "a .thimble file", endings: ["thimble"])
  static let checkpoint = OutputKind(words: "a checkpoint (.safetensors)", endings: ["safetensors"])
  static let set = OutputKind(words: "a data set (.safetensors)", endings: ["safetensors"])
  static let features = OutputKind(words: "a feature file (.safetensors)", endings: ["safetensors"])
  static let latents = OutputKind(words: "latents (.safetensors)", endings: ["safetensors"])
  static let png = OutputKind(words: "a PNG picture", endings: ["png"])
  static let text = OutputKind(words: "a text", endings: ["txt", "csv", "tsv", "md"])
  static let pixels = OutputKind(words: "plain bytes of pixels", endings: ["raw", "u8", "bin", "rgb", "data"])
  static let source = OutputKind(words: "C source", endings: ["c", "h", "inc", "cpp", "cc", "cxx", "hpp"])
  static let program = OutputKind(words: "a program for Linux", endings: ["elf", "bin", "out"])

  /// Endings of well-known formats, for each the words for it.
  private static let known: [String: String] = {
    let groups = [
      "a Thimble generator": "thimble", "safetensors": "safetensors", "an ONNX model": "onnx ort",
      "PyTorch": "pt pth ckpt torch", "Keras or TensorFlow": "h5 hdf5 keras pb tflite", "NumPy": "npy npz",
      "a pickle": "pkl pickle", "another program's model": "gguf ggml mlmodel mlpackage caffemodel engine",
      "a picture": "png jpg jpeg gif webp bmp tif tiff ppm pgm pnm svg ico heic avif",
      "a film": "y4m mp4 avi mov mkv webm",
      "a sound": "wav mp3 flac", "data": "json jsonl yaml yml toml xml", "a text": "txt csv tsv md html htm log",
      "a document": "pdf doc docx xls xlsx ppt pptx", "an archive": "zip tar gz tgz bz2 xz zst 7z rar",
      "source text": "c h inc cpp cc cxx hpp py swift rs js ts sh",
      "a program or library": "o so a exe dll dylib wasm elf",
      "plain bytes": "raw u8 f32",
    ]
    return groups.reduce(into: [:]) { known, group in
      for ending in group.value.split(separator: " ") { known[String(ending)] = group.key }
    }
  }()

  /// The ending of a path, in lower case; empty where there is none.
  static func ending(_ path: String) -> String { (path as NSString).pathExtension.lowercased() }

  /// Refuses the ending of another format; none, and unknown ones, are taken. Throws `usage`.
  func check(_ path: String?) throws(FileError) {
    guard let path else { return }
    let ending = Self.ending(path)
    guard !endings.contains(ending), let meaning = Self.known[ending] else { return }
    let stem = (path as NSString).deletingPathExtension
    throw FileError(
      .usage, file: path, field: "ending", found: ".\(ending), which means \(meaning)",
      wanted: "the name of \(words)",
      advice: "This writes \(words) and no other format: name it \(stem).\(endings[0]).")
  }

  /// Refuses a new folder with the name of a file. Throws `usage`.
  static func refuseFile(asFolder path: String) throws(FileError) {
    let ending = ending(path)
    guard let meaning = known[ending], !FileManager.default.fileExists(atPath: path) else { return }
    let stem = (path as NSString).deletingPathExtension
    throw FileError(
      .usage, file: path, field: "ending", found: ".\(ending), which means \(meaning)", wanted: "the name of a folder",
      advice: "This command writes a folder with several files: name it \(stem).")
  }
}
