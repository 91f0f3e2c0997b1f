import Foundation
import Testing

/// `thimble bundle`: samplers that are none, or not for the target, and what it writes. Real samplers run in
/// `Checks/bundle`; here a made-up one shows each part of the file.
@Suite struct BundleTests {
  let made = Made.shared
  let folder = Folder()

  /// The smallest file that has all that a sampler has: headers, one segment that holds them and the note, the note.
  private func sampler(wide: Bool, machine: Int, alignment: Int = 4096) -> [UInt8] {
    func number(_ n: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: n >> (8 * $0)) } }
    let word = wide ? 8 : 4
    let (start, size) = wide ? (64, 56) : (52, 32)
    let total = start + 2 * size + 20
    func header(_ type: Int, _ offset: Int, _ address: Int, _ count: Int, _ memory: Int) -> [UInt8] {
      let places = [offset, address, address, count, memory].flatMap { number($0, word) }
      let flags = number(4, 4)
      let end = number(type == 1 ? alignment : 4, word)
      return number(type, 4) + (wide ? flags + places + end : places + flags + end)
    }
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, wide ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    bytes += number(2, 2) + number(machine, 2) + number(1, 4) + number(0x10000, word) + number(start, word)
    bytes += number(0, word) + number(0, 4) + number(start, 2) + number(size, 2) + number(2, 2)
    bytes += [UInt8](repeating: 0, count: start - bytes.count)
    bytes += header(1, 0, 0x10000, total, 100_000) + header(4, total - 20, 0x10000 + total - 20, 20, 20)
    return bytes + number(8, 4) + number(0, 4) + number(1, 4) + Array("Thimble\0".utf8)
  }

  private func bundle(_ sampler: String, _ target: String = "x86_64", _ output: String = "out") throws -> Outcome {
    try run(["bundle", made.generator, "--target", target, "--sampler", sampler, "-o", folder[output]])
  }

  private func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> Int {
    (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }

  /// Catches: a segment that the loader refuses or puts elsewhere, other bytes of the program that change, a model that is not
  /// aligned, a file that cannot be run, bytes that depend on the day.
  @Test(arguments: [("x86_64", 62, 4096), ("aarch64", 183, 65536), ("armv7", 40, 65536), ("riscv64", 243, 4096)])
  func segment(target: String, machine: Int, alignment: Int) throws {
    let wide = target != "armv7"
    let stub = sampler(wide: wide, machine: machine, alignment: alignment)
    let path = folder.write("sampler", stub)
    let previous = umask(0o077)
    let outcome = try bundle(path, target)
    umask(previous)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (out, model) = (bytes(of: folder["out"]), bytes(of: made.generator))
    let at = wide ? 64 + 56 : 52 + 32
    let word = wide ? 8 : 4
    let first = at + (wide ? 8 : 4)
    let offset = number(out, first, word)
    let address = number(out, first + word, word)
    #expect(number(out, at, 4) == 1 && number(out, at + (wide ? 4 : 24), 4) == 4)
    #expect(offset >= stub.count && offset % alignment == 0 && address % alignment == 0)
    // Behind the 100,000 bytes that the program has in memory, not only behind those in the file.
    #expect(address >= 0x10000 + 100_000 && address < 0x10000 + 100_000 + alignment)
    #expect(number(out, first + 2 * word, word) == (wide ? 0x1A45_4C42_4D49_4854 : 0x4D49_4854))
    #expect(number(out, first + 3 * word, word) == model.count && number(out, first + 4 * word, word) == model.count)
    #expect(Array(out[offset...]) == model)
    #expect(out[stub.count..<offset].allSatisfy { $0 == 0 })
    #expect(out[..<at] == stub[..<at] && out[(at + (wide ? 56 : 32))..<stub.count] == stub[(at + (wide ? 56 : 32))...])
    let mode = try FileManager.default.attributesOfItem(atPath: folder["out"])[.posixPermissions] as? Int
    #expect(mode == 0o755)
    #expect(try bundle(path, target, "again").status == 0)
    #expect(bytes(of: folder["again"]) == out)
    // A program that has a model already is no sampler.
    expectRefusal(try bundle(folder["out"], target, "twice"), 65, file: folder["out"], saying: "already has a model")
    #expect(names(in: folder.path) == ["again", "out", "sampler"])
  }

  /// Catches: a number of a hostile file that is believed: read beyond the end, a trap, or a program that nothing can load.
  @Test func hostileSamplers() throws {
    let good = sampler(wide: true, machine: 62)
    func changed(_ at: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = good
      copy.replaceSubrange(at..<(at + bytes.count), with: bytes)
      return copy
    }
    let most = [UInt8](repeating: 0xFF, count: 8)
    let (load, note) = (64, 64 + 56)
    let cases: [(String, [UInt8])] = [
      ("first bytes", Array("#!/bin/sh\n".utf8)), ("first bytes", []), ("size", Array(good[..<63])),
      ("class", changed(4, [1])), ("byte order", changed(5, [2])), ("kind", changed(16, [3])),
      ("machine", changed(18, [183])), ("bytes of a program header", changed(54, [0])),
      ("program headers", changed(32, most)), ("program headers", changed(32, [200])),
      ("program headers", changed(56, [0xFF, 0xFF])), ("program headers", changed(56, [0])),
      ("program headers", changed(56, [1])), ("program header 0", changed(load + 8, most)),
      ("program header 0", changed(load + 16, most)), ("program header 0", changed(load + 32, most)),
      ("program header 0", changed(load + 40, most)), ("program header 0", changed(load + 40, [0, 0, 0])),
      ("program header 0", changed(load + 48, [0, 0])), ("program header 0", changed(load + 48, [3])),
      ("program header 0", changed(load + 48, most)), ("program header 0", changed(load, [3])),
      ("program header 0", changed(load, [2])), ("program headers", changed(load, [0])),
      ("program headers", changed(load + 32, [8])), ("program headers", changed(note, [5])),
      ("program headers", changed(note + 8, most)), ("program headers", changed(note + 32, most)),
      ("program headers", changed(good.count - 3, [0])), ("program header 0", Array(good.dropLast())),
      // The last address that is left: no room for the model.
      ("addresses", changed(load + 16, [0, 0x70, 0xFE, 0xFF, 0x3F])),
    ]
    for (index, (field, bytes)) in cases.enumerated() {
      let path = folder.write("sampler\(index)", bytes)
      expectRefusal(try bundle(path), 65, file: path, saying: field)
    }
    #expect(!exists(folder["out"]))
    for length in stride(from: 0, to: good.count, by: 7) {
      let outcome = try bundle(folder.write("short", Array(good[..<length])))
      #expect(outcome.status == 65, "\(length) bytes: \(outcome.status)")
    }
    let path = folder.write("sampler", good)
    expectRefusal(try bundle(path, "aarch64"), 65, file: path, saying: "machine, which for aarch64 is 183: found 62")
    expectRefusal(try bundle(path, "armv7"), 65, file: path, saying: "machine")
    expectRefusal(try bundle(folder.path), 65, file: folder.path)
    expectRefusal(try bundle(folder["none"]), 66, file: folder["none"])
  }

  /// Catches: a sampler that is not found and not told how to make, a generator that is not checked, an output that
  /// replaces what it is made from, options that are silently without effect.
  @Test func refusals() throws {
    let path = folder.write("sampler", sampler(wide: true, machine: 62))
    let all = ["bundle", made.generator, "--target", "x86_64", "--sampler", path, "-o"]
    let copy = folder.write("copy.thimble", bytes(of: made.generator))
    expectRefusal(
      try run(["bundle", copy, "--target", "x86_64", "--sampler", path, "-o", copy]), 64, file: copy,
      saying: "the input")
    expectRefusal(try run(["bundle", copy, "--emit", "c", "--name", "x", "-o", copy]), 64, file: copy)
    expectRefusal(try run(all + [path]), 64, file: path, saying: "the input")
    var damaged = bytes(of: made.generator)
    damaged[damaged.count / 2] ^= 1
    let broken = folder.write("broken.thimble", damaged)
    for rest in [["--target", "x86_64", "--sampler", path], ["--emit", "c", "--name", "x"]] {
      expectRefusal(try run(["bundle", broken, "-o", folder["out"]] + rest), 65, file: broken, saying: "CRC-32C")
    }
    expectRefusal(try run(all + [folder["none/x"]]), 73, file: folder["none/x"])
    expectRefusal(try run(all + ["/dev/full"]), 74, file: "/dev/full")
    for words in [
      [], ["--target", "vax"], ["--target", "x86_64", "--name", "x"], ["--emit", "c", "--target", "x86_64"],
      ["--emit", "c", "--sampler", path], ["--emit", "c", "--name", "1st"], ["--emit", "c", "--name", "int"],
      ["--emit", "c", "--name", "a-b"], ["--emit", "c", "--name", ""], ["--emit", "c", "--name", "é"],
    ] {
      try expectUsage(["bundle", made.generator, "-o", folder["out"]] + words)
    }
    #expect(!exists(folder["out"]) && bytes(of: copy) == bytes(of: made.generator))
  }

  /// Catches: an advice that does not name the command. The program is run as a copy, which lies in no package.
  @Test func missingSampler() throws {
    let program = folder["thimble"]
    try FileManager.default.copyItem(atPath: Program.path, toPath: program)
    let words = ["bundle", made.generator, "--target", "riscv64", "-o", folder["out"]]
    let script = "cd '\(folder.path)' && exec ./thimble \"$@\""
    let outcome = try Running("/bin/sh", ["-c", script, "sh"] + words).outcome()
    expectRefusal(outcome, 66, file: ".build-boards/riscv64/thimble-sample", saying: "the sampler for riscv64")
    #expect(outcome.errorLines.last?.contains("tools/boards/build riscv64") == true)
    folder.write(".build-boards/riscv64/thimble-sample", sampler(wide: true, machine: 243))
    #expect(try Running("/bin/sh", ["-c", script, "sh"] + words).outcome().status == 0)
    #expect(exists(folder["out"]))
  }

  /// Catches: other bytes in the C array than in the file, text of the file that ends the comment it stands in.
  @Test func cSource() throws {
    try done(["bundle", made.generator, "--emit", "c", "-o", folder["stripes.c"]])
    let source = text(of: folder["stripes.c"])
    let model = bytes(of: made.generator)
    let array = source.components(separatedBy: "= {\n")[1].components(separatedBy: "};")[0]
    let numbers = array.split { $0 == "," || $0 == "\n" }.map { UInt8($0) }
    #expect(numbers == model.map { Optional($0) })
    #expect(source.contains("const unsigned char stripes[\(model.count)] = {"))
    #expect(source.contains("const size_t stripes_byte_count = sizeof stripes;"))
    #expect(source.contains("SHA-256 \(try sha256(model))") && source.contains("licence of the data: CC0"))
    #expect(source.contains("image: u8 [16][16][1]") && source.contains("latent: 100 numbers, uniform"))
    let name = "x */ int y; /* \u{1B}[31m ??/ \u{202E}z"
    try done(["export", made.checkpoint, "-o", folder["named.thimble"], "--calibrate", "16", "--name", name])
    try done(["bundle", folder["named.thimble"], "--emit", "c", "--name", "n", "-o", folder["named.c"]])
    let named = text(of: folder["named.c"])
    #expect(named.contains("name: x * / int y; / * ?[31m ?? / ?z"))
    #expect(named.components(separatedBy: "*/").count == 2 && named.components(separatedBy: "/*").count == 2)
    let compiled = try Running(
      "/usr/bin/env",
      ["clang", "-std=c99", "-pedantic", "-Wall", "-Werror", "-fsyntax-only", folder["named.c"]]
    ).outcome()
    #expect(compiled.status == 0, "\(compiled.errors)")
  }

  /// Catches: an array with the name of a type, a keyword, a macro or a function of the library: the compiler refuses it, or the
  /// program calls the array.
  @Test(arguments: [
    "size_t.c", "int8_t.c", "wchar_t.c", "thread_local.c", "main.c", "printf.c", "time.c", "sinf.c", "fmal.c", "NULL.c",
    "linux.c", "_faces.c", "__faces.c", "my__faces.c", "thimble_model_open.c", "two words.c", "index.h", "faces_t.c",
  ]) func reservedNames(file: String) throws {
    let outcome = try run(["bundle", made.generator, "--emit", "c", "-o", folder[file]])
    #expect(outcome.status == 64 && outcome.errors.contains("the array cannot be called '"), "\(outcome.errors)")
    #expect(outcome.errors.contains("--name") && names(in: folder.path).isEmpty)
    try done(["bundle", made.generator, "--emit", "c", "--name", "faces", "-o", folder[file]])
  }
}
