import Foundation
import Testing
import ThimbleStorage

@Suite struct JSONTests {
  private func parse(_ text: String) -> JSON? { Array(text.utf8).withUnsafeBytes { try? JSON($0) } }

  @Test func valuesAreRead() {
    let text = " { \"a\" : [ 1 , -0 , 2.5e3 , true , null ] , \"b\\u0041\\ud83d\\ude00\\n\\/\" : { } , \"é\" : \"\" }\n"
    let expected: JSON = .object([
      "a": .array([.integer(1), .integer(0), .other, .other, .other]), "bA😀\n/": .object([:]), "é": .text(""),
    ])
    #expect(parse(text) == expected)
  }

  @Test(arguments: [
    "", " ", "{", "{]", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-", "+1", "1.", "1e999",
    "0x1", "nul",
    "9223372036854775808", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"",
    "1 1",
    "{\"a\":1,\"a\":1}", "\u{feff}1", "NaN", "Infinity", "'a'", "\"\\u+123\"",
    String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
  ])
  func whatIsNoJSONIsRefused(text: String) { #expect(parse(text) == nil) }

  @Test func bytesThatAreNotUTF8() {
    let bytes: [UInt8] = [0x22, 0xff, 0x22]
    #expect(throws: JSON.Fault.self) { try bytes.withUnsafeBytes { _ = try JSON($0) } }
  }

  /// Catches a text that another reader would understand differently: Foundation's is the judge.
  @Test func whatIsWrittenIsReadByOthers() throws {
    let text = String(String.UnicodeScalarView((1...0x2ff).compactMap(Unicode.Scalar.init))) + "😀"
    let value: JSON = .object(["b": .text(text), "a": .array([.integer(.max), .integer(.min)])])
    #expect(parse(value.serialized) == value)
    let read = try JSONSerialization.jsonObject(with: Data(value.serialized.utf8)) as? [String: Any]
    #expect(read?["b"] as? String == text)
    #expect(value.serialized.hasPrefix("{\"a\":[9223372036854775807,"))
  }

  /// Catches: a field that stands there twice and is not named, or a place that cannot be found in an editor.
  @Test func messages() {
    func message(_ text: String) -> FileError? {
      fileError { _ = try Array(text.utf8).withUnsafeBytes { try JSON($0, file: "f", advice: "Mend it.") } }
    }
    let twice = message("{\"b\": {\"seed\": 1, \"seed\": 1}}")
    #expect(twice?.field == "seed" && twice?.found == "two values" && twice?.kind == .badData)
    #expect(message("{\n  \"a\": 1\n  \"b\": 2\n}")?.field == "line 3, column 3")
    #expect(message("x")?.description == "f: line 1, column 2: found no value, wanted JSON\nMend it.")
  }
}
