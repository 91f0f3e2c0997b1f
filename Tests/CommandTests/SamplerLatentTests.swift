import Foundation
import Testing

/// Latent files for the board sampler, hostile ones above all: its reader is another than the workstation's.
@Suite(.withBoardSampler) struct SamplerLatentTests {
  let made = Made.shared
  let folder = Folder()

  /// A safetensors file of a header as it stands, and some data.
  private func file(_ name: String, _ header: String, dataByteCount: Int = 800, length: UInt64? = nil) -> String {
    let count = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
    return folder.write(name, count + Array(header.utf8) + [UInt8](repeating: 0, count: dataByteCount))
  }

  private func refused(_ path: String, _ message: String, _ status: Int32 = 65) throws {
    try BoardSampler.expectRefused([made.generator, "--latents", path, "--raw"], status, saying: message)
    // No first image is left behind where a later one cannot be made.
    try BoardSampler.expectRefused(
      [made.generator, "--latents", path, "--raw", "-o", folder["out"]], status, saying: message)
    #expect(!names(in: folder.path).contains { $0.hasPrefix("out") })
  }

  /// Catches: rows of another width, of no number, or none at all that make images.
  @Test func rows() throws {
    var row = [Float](repeating: 0.5, count: 200)
    try refused(folder["none.f32"], "open: found", 66)
    try refused(folder.path, "kind of file: found a folder")
    try refused("/dev/null", "kind of file: found a device")
    try refused(folder.write("empty.f32", []), "latents: found none")
    try refused(folder.write("cut.f32", raw(row).dropLast()), "size: found 799 bytes, wanted a multiple of 400")
    try refused(folder.sparse("oversized.f32", byteCount: 400 << 24), "latents: found 16777216 rows")
    row[123] = .nan
    try refused(folder.write("nan.f32", raw(row)), "latent 1, element 23: found NaN")
    try refused(folder.write("nan.st", safetensors("latents", [2, 100], row)), "latent 1, element 23: found NaN")
  }

  /// Catches: a header that is read beyond its end, sums that overflow, tensors over one another or over the file's end.
  @Test func headers() throws {
    func tensor(_ offsets: String, shape: String = "[2,100]", type: String = "F32") -> String {
      "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }
    let good = tensor("[0,800]")
    let whole = "{\"latents\":\(good)}"
    try BoardSampler.done([made.generator, "--raw", "--latents", file("good", whole)])
    try BoardSampler.done([made.generator, "--raw", "--latents", file("spaces", " \n{ \"latents\" :\t\(good) }  ")])
    let many = (0..<65).map { "\"t\($0)\":" + tensor("[0,0]", shape: "[0]") }.joined(separator: ",")
    let cases: [(String, String, String)] = [
      ("short", folder.write("short", [1, 2, 3]), "size: found 3 bytes"),
      ("no header", file("1", "", dataByteCount: 0, length: 0), "header length: found 0"),
      ("giant length", file("2", whole, length: .max), "header length: found 18446744073709551615"),
      ("length beyond the file", file("3", whole, length: 2000), "header length: found 2000"),
      ("length of 2 MB", folder.sparse("4", byteCount: 1 << 22), "header length: found 0"),
      ("cut data", file("5", whole, dataByteCount: 799), "latents: data_offsets: found 0 to 800"),
      ("more data", file("6", whole, dataByteCount: 801), "size of the data: found 801 bytes, wanted 800"),
      ("cut header", file("7", String(whole.dropLast(3))), "header, byte "),
      ("empty object", file("8", "{}"), "size of"),
      ("array", file("9", "[]"), "header, byte 0: found [, wanted {"),
      ("twice", file("10", whole + whole), "nothing more"),
      ("name twice", file("11", "{\"latents\":\(good),\"latents\":\(good)}"), "found latents twice"),
      (
        "overlap", file("12", "{\"a\":\(tensor("[400,800]", shape: "[1,100]")),\"latents\":\(good)}"),
        "latents: data_offsets: found bytes of a"
      ),
      ("hole", file("13", "{\"latents\":\(tensor("[4,804]"))}", dataByteCount: 804), "size of the data: found 804"),
      ("backwards", file("14", "{\"latents\":\(tensor("[800,0]"))}"), "data_offsets: found 800 to 0"),
      ("offset of 65 bits", file("15", "{\"latents\":\(tensor("[0,18446744073709551616]"))}"), "whole number"),
      ("offset of 64 bits", file("16", "{\"latents\":\(tensor("[18446744073709550816,0]"))}"), "data_offsets"),
      ("negative offset", file("17", "{\"latents\":\(tensor("[-800,0]"))}"), "header, byte "),
      ("fraction", file("18", "{\"latents\":\(tensor("[0,8e2]"))}"), "header, byte "),
      ("zeros in front", file("19", "{\"latents\":\(tensor("[0,0800]"))}"), "whole number"),
      (
        "shape that overflows", file("20", "{\"latents\":\(tensor("[0,800]", shape: "[4611686018427387904,100]"))}"),
        "data_offsets"
      ),
      (
        "size that wraps to 0", file("21", "{\"latents\":\(tensor("[0,0]", shape: "[4611686018427387904,4]"))}"),
        "data_off"
      ),
      (
        "no rows", file("22", "{\"latents\":\(tensor("[0,0]", shape: "[0,100]"))}", dataByteCount: 0),
        "latents: found none"
      ),
      ("other width", file("23", "{\"latents\":\(tensor("[0,800]", shape: "[4,50]"))}"), "wanted F32 [any, 100]"),
      ("flat", file("24", "{\"latents\":\(tensor("[0,800]", shape: "[200]"))}"), "wanted F32 [any, 100]"),
      ("other type", file("25", "{\"latents\":\(tensor("[0,800]", type: "I32"))}"), "wanted F32 [any, 100]"),
      ("unknown type", file("26", "{\"latents\":\(tensor("[0,800]", type: "F8"))}"), "dtype: found F8"),
      ("other name", file("27", "{\"z\":\(good)}"), "latents: found no such tensor"),
      ("no type", file("28", "{\"latents\":{\"shape\":[2,100],\"data_offsets\":[0,800]}}"), "header, byte "),
      ("type twice", file("29", "{\"latents\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"), "header, byte "),
      ("metadata of numbers", file("30", "{\"__metadata__\":{\"a\":1},\"latents\":\(good)}"), "header, byte "),
      ("metadata that does not end", file("31", "{\"__metadata__\":{\"a\":\"b\\"), "found the end"),
      ("escape in a name", file("32", "{\"latent\\u0073\":\(good)}"), "header, byte 8: found \\"),
      ("too many", file("33", "{\(many)}", dataByteCount: 0), "tensors: found more"),
      ("deep", file("34", "{\"latents\":" + String(repeating: "[", count: 5000)), "header, byte 11"),
      ("zero byte", file("35", "{\"\0\":\(good)}"), "header, byte 2: found ?"),
    ]
    for (name, path, message) in cases {
      do { try refused(path, message) } catch { Issue.record("\(name): \(error)") }
    }
  }
}
