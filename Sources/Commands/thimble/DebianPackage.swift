import Foundation
import ThimbleTraining

/// What this system's dpkg says of packages; nothing where there is no dpkg.
enum DebianPackage {
  /// The version that is installed.
  static func version(of name: String) -> String? {
    let words = query(["-W", "-f", "${db:Status-Status} ${Version}\n", name])?.split(separator: " ")
    guard let words, words.count == 2, words[0] == "installed" else { return nil }
    return String(words[1])
  }

  /// The package that a file belongs to, in the version that is installed.
  static func owner(of path: String) -> Provenance.Package? {
    guard let line = query(["-S", path]), let colon = line.firstIndex(of: ":") else { return nil }
    // "NAME: PATH" or, of several architectures, "NAME:amd64: PATH".
    let name = String(line[..<colon])
    return version(of: name).map { Provenance.Package(name: name, version: $0) }
  }

  /// Standard output of dpkg-query without the last end of line; nil if it fails.
  private static func query(_ arguments: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["LC_ALL=C", "dpkg-query"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
