import Foundation
import Testing
import ThimbleStorage

/// Files of other kinds, named in a safetensors file's place, and types that are not the project's.
@Suite struct OtherFileTests {
  let folder = TemporaryFolder()

  private func zip(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0] + Array(name.utf8)
      + [UInt8](repeating: 7, count: 40)
  }

  /// Catches: a file of another program that is called a broken one, or one line of Python that is missing.
  @Test func otherKinds() {
    let table: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
    let cases: [(String, [UInt8], String, String)] = [
      ("pt", zip("archive/data.pkl"), "a PyTorch file", "torch.load"),
      ("pth", zip("netG/data.pkl"), "a PyTorch file", "torch.load"),
      ("old.pth", [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9], "a PyTorch file", "torch.load"),
      ("pkl", [0x80, 4, 0x95, 9, 1, 0, 0, 0, 0, 0], "a PyTorch file", "torch.load"),
      ("h5", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0], "an HDF5 file", "h5py.File"),
      ("onnx", [8, 7, 0x12, 7] + Array("pytorch".utf8), "an ONNX file", "onnx.load"),
      (
        "index", [0, 0, 1, 2] + [UInt8](repeating: 3, count: 40) + table, "TensorFlow checkpoint",
        "tf.train.load_checkpoint"
      ),
      ("keras", zip("metadata.json"), "a Keras model", "docs/reference/import.md"),
      ("npz", zip("w.npy"), "(.npz)", "numpy.load"),
      ("zip", zip("readme.txt"), "a zip archive", "Unpack"), ("zip", [0x50, 0x4B, 3, 4], "a zip archive", ""),
      ("npy", [0x93] + Array("NUMPY".utf8) + [1, 0], "a NumPy array", "save_file"),
      ("lfs", Array("version https://git-lfs.github.com/spec/v1\noid".utf8), "Git LFS", "git lfs pull"),
      ("html", Array("<!DOCTYPE html><html>".utf8), "HTML", "download"),
      ("tflite", [28, 0, 0, 0] + Array("TFL3....".utf8), "Lite", ""),
      ("gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "a gzip file", ""),
    ]
    for (name, bytes, found, advice) in cases {
      let path = folder.write(name, bytes)
      let error = fileError { _ = try SafetensorsFile(path: path) }
      #expect(error?.kind == .badData && error?.field == "kind of file", "\(name)")
      #expect(
        error?.found.contains(found) == true && (advice.isEmpty || error?.advice.contains(advice) == true),
        "\(name): \(error?.found ?? "")"
      )
      #expect(error?.advice.contains("not a whole") == false && error?.advice.hasSuffix(".") == true, "\(name)")
    }
  }

  private func write(_ header: String, _ data: [UInt8]) -> String {
    let text = Array(header.utf8)
    return folder.write(
      "file", withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data)
  }

  /// Catches: a safetensors file whose header's length begins as another kind of file does.
  @Test(arguments: [0x3C, 0x8B1F, 0x0280])
  func lengthsThatLookLikeOtherKinds(length: Int) throws {
    let header = "{" + String(repeating: " ", count: length - 2) + "}"
    #expect(throws: Never.self) { try SafetensorsFile(path: write(header, [])) }
  }

  /// Catches: a whole file that is called broken for the sake of a type.
  @Test func allTypes() throws {
    for type in TensorType.allCases {
      let count = 8 * type.bitCount / 8
      let path = write(
        #"{"a":{"dtype":"\#(type.rawValue)","shape":[2,4],"data_offsets":[0,\#(count)]}}"#,
        [UInt8](repeating: 0, count: count))
      let file = try SafetensorsFile(path: path)
      #expect(file.tensors["a"]?.type == type && file.tensors["a"]?.bytes.count == count)
      #expect((file.tensors["a"]?.floatValues() != nil) == StoredTensor.floatTypes.contains(type))
    }
    let odd = write(#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, [0])
    #expect(fileError { _ = try SafetensorsFile(path: odd) }?.field == "a: shape")
    let unknown = fileError {
      _ = try SafetensorsFile(path: write(#"{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,1]}}"#, [0]))
    }
    #expect(unknown?.found == "F7" && unknown?.wanted.contains("BF16") == true)
  }

  /// All numbers of both half types, by another way. Catches: a widening that is not exact, at subnormals, infinities or signs.
  @Test func widening() throws {
    let patterns = (0...UInt16.max).map { $0 }
    let data = patterns.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    for type in ["F16", "BF16"] {
      let path = write(#"{"a":{"dtype":"\#(type)","shape":[65536],"data_offsets":[0,131072]}}"#, data)
      let values = try #require(try SafetensorsFile(path: path).tensors["a"]?.floatValues())
      let (exponentBits, fractionBits) = type == "F16" ? (5, 10) : (8, 7)
      for (pattern, value) in Swift.zip(patterns, values) {
        let fraction = Double(pattern & (1 << fractionBits - 1)) / Double(1 << fractionBits)
        let exponent = Int(pattern >> fractionBits) & (1 << exponentBits - 1)
        let bias = 1 << (exponentBits - 1) - 1
        let sign = pattern >> 15 == 1 ? -1.0 : 1
        if exponent == 1 << exponentBits - 1 {
          #expect(fraction == 0 ? value == Float(sign) * .infinity : value.isNaN)
        } else {
          let wanted = sign * scalbn(exponent == 0 ? fraction : 1 + fraction, max(exponent, 1) - bias)
          #expect(Double(value) == wanted && value.sign == (sign < 0 ? .minus : .plus))
        }
      }
    }
  }

  /// Catches: F64 that is cut instead of rounded.
  @Test func rounding() throws {
    let values: [Double] = [1 + 0x1p-24, 1 + 0x1.8p-24, 0.1, -1e300, 1e-320]
    let data = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    let path = write(#"{"a":{"dtype":"F64","shape":[5],"data_offsets":[0,40]}}"#, data)
    #expect(try SafetensorsFile(path: path).tensors["a"]?.floatValues() == [1, 1 + 0x1p-23, 0.1, -.infinity, 0])
  }

  /// Catches: a large header of a whole file that is called broken.
  @Test func largeHeaders() {
    let header = #"{"__metadata__":{"a":""# + String(repeating: "x", count: 1 << 20) + "\"}}"
    let error = fileError { _ = try SafetensorsFile(path: write(header, [])) }
    #expect(error?.field == "header length" && error?.advice.contains("more tensors or metadata") == true)
  }
}
