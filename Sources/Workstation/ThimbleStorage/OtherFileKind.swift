/// What is named in a safetensors file's place, told by its first bytes, and what to do about it.
struct OtherFileKind {
  let found: String
  let advice: String

  private static let checkpoint = "Name a checkpoint or a packed set."

  /// Starts of files of other kinds.
  private static let starts: [([UInt8], OtherFileKind)] = [
    (Array("THIMBLE\u{1A}".utf8), OtherFileKind(found: "a .thimble file, already exported", advice: checkpoint)),
    ([0x89, 0x50, 0x4E, 0x47], OtherFileKind(found: "a PNG picture", advice: checkpoint)),
    ([0xFF, 0xD8, 0xFF], OtherFileKind(found: "a JPEG picture", advice: checkpoint)),
    ([0x1F, 0x8B], OtherFileKind(found: "a gzip file", advice: checkpoint)),
    (
      [0x89, 0x48, 0x44, 0x46],
      python(
        "an HDF5 file, as Keras writes (.h5)",
        "import sys, h5py, safetensors.numpy as s; d = {}; h5py.File(sys.argv[1]).visititems(lambda n, o: "
          + "d.update({n: o[()]}) if hasattr(o, 'dtype') else None); s.save_file(d, sys.argv[2])",
        "Keras orders weights and pads maps in its own way: docs/reference/import.md says what has to be turned round then."
      )
    ),
    (
      Array("version https://git-lfs".utf8),
      OtherFileKind(
        found: "a pointer of Git LFS, not the file itself",
        advice: "Fetch the file with `git lfs pull`, or download it.")
    ),
    (
      Array("<".utf8),
      OtherFileKind(
        found: "a page of HTML or XML",
        advice: "A download page was saved in the file's place: download the file itself.")
    ),
    (Array("GGUF".utf8), OtherFileKind(found: "a GGUF file", advice: "Language models are no generators of images.")),
    (
      [0x93] + Array("NUMPY".utf8),
      OtherFileKind(
        found: "a NumPy array (.npy)", advice: "Write all arrays of the generator with safetensors.numpy.save_file.")
    ),
  ]

  /// Where the file's own path goes in a line of Python.
  private static let placeholder = "IN"

  /// The advice for the file at `path`, which a shell takes as one word.
  func advice(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "./_-".utf8.contains(byte)
    }
    let word = isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
    return advice.replacing(" \(Self.placeholder) OUT", with: " \(word) OUT")
  }

  /// One line that converts a file, and what else there is to know.
  private static func python(_ found: String, _ line: String, _ rest: String) -> OtherFileKind {
    OtherFileKind(found: found, advice: "Convert it: python3 -c \"\(line)\" \(placeholder) OUT.safetensors  # \(rest)")
  }

  private static let pyTorch = python(
    "a PyTorch file (pickle: .pt, .pth, .ckpt)",
    "import sys, torch, safetensors.torch as s; d = torch.load(sys.argv[1], map_location='cpu'); "
      + "d = d.get('state_dict', d); s.save_file({k: v.clone().contiguous() for k, v in d.items()}, sys.argv[2])",
    "Where the file keeps its weights under another key, name that instead of state_dict.")

  private static let onnx = python(
    "an ONNX file",
    "import sys, onnx, safetensors.numpy as s; s.save_file({t.name: onnx.numpy_helper.to_array(t).copy() "
      + "for t in onnx.load(sys.argv[1]).graph.initializer}, sys.argv[2])",
    "Names that ONNX has changed are told by `--map old=new`.")

  private static let tensorFlow = python(
    "the index of a TensorFlow checkpoint",
    "import sys, tensorflow as tf, safetensors.numpy as s; r = tf.train.load_checkpoint(sys.argv[1][:-6]); "
      + "s.save_file({k: r.get_tensor(k) for k in r.get_variable_to_shape_map()}, sys.argv[2])",
    "TensorFlow orders weights and pads maps in its own way: docs/reference/import.md says what has to be turned round then."
  )

  /// The kind of a file that is no safetensors file for certain; nil for all others.
  static func of(_ bytes: UnsafeRawBufferPointer) -> OtherFileKind? {
    // A safetensors file begins with a length below 2^32, and then a brace: its first bytes may look like anything.
    if unsafe bytes.count > 8 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy({ $0 == 0 }) { return nil }
    for (start, kind) in starts where unsafe bytes.starts(with: start) { return kind }
    if unsafe bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return unsafe zip(bytes) }
    // The last bytes of TensorFlow's tables.
    if unsafe bytes.suffix(8).elementsEqual([0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]) { return tensorFlow }
    guard unsafe bytes.count > 8, unsafe bytes[2..<8].contains(where: { $0 != 0 }) else { return nil }
    if unsafe bytes[0] == 0x80 && (2...5).contains(bytes[1]) { return pyTorch }
    // The version of the representation, then the producer's name, its version or the graph.
    if unsafe bytes[0] == 0x08 && bytes[1] < 32 && [0x12, 0x1A, 0x3A].contains(bytes[2]) { return onnx }
    if unsafe bytes[4..<8].elementsEqual("TFL3".utf8) {
      return OtherFileKind(
        found: "a TensorFlow Lite file", advice: "Its weights are packed: take the model that it was made from.")
    }
    return nil
  }

  /// An archive, by the name of its first member, which begins at byte 30.
  private static func zip(_ bytes: UnsafeRawBufferPointer) -> OtherFileKind {
    guard unsafe bytes.count > 30 else { return OtherFileKind(found: "a zip archive", advice: checkpoint) }
    let length = unsafe Int(bytes[26]) | Int(bytes[27]) << 8
    let name = unsafe String(decoding: bytes[30..<min(bytes.count, 30 + length)], as: UTF8.self)
    if name.hasSuffix("data.pkl") { return pyTorch }
    if name.hasSuffix(".npy") {
      return python(
        "NumPy arrays (.npz)",
        "import sys, numpy, safetensors.numpy as s; s.save_file(dict(numpy.load(sys.argv[1])), sys.argv[2])",
        "Arrays must have PyTorch's order.")
    }
    if name.hasSuffix("metadata.json") || name.hasSuffix("config.json") {
      return OtherFileKind(
        found: "a Keras model (.keras)",
        advice:
          "Save its weights as .h5 and see docs/reference/import.md: Keras orders weights and pads maps in its own way."
      )
    }
    return OtherFileKind(found: "a zip archive", advice: "Unpack it, and name the safetensors file in it.")
  }
}
