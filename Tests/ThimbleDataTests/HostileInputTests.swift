import Foundation
import Testing
import ThimbleData
import ThimbleStorage

/// Damaged, lying and foreign files: each gives an error of the right kind, and nothing is left half written.
@Suite struct HostileInputTests {
  let folder = TemporaryFolder()

  /// The error of packing one file with this content; the folder must hold nothing else afterwards.
  private func error(_ name: String, _ content: [UInt8], size: Int = 8) -> FileError? {
    let file = folder.write(name, content)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let error = fileError { _ = try DatasetPacker(size: size).pack([file], to: folder.path + "/set") }
    #expect(folder.contents == [name])
    return error
  }

  @Test(arguments: [
    "rgb8.png", "rgb8_interlaced.png", "palette4.png", "grey16.png", "grey.jpg", "rgb_420.jpg", "progressive_420.jpg",
    "cmyk_adobe.jpg", "exif6.jpg",
  ])
  func imagesCutAtEveryLength(name: String) {
    let whole = bytes(of: "\(Place.fixtures)/\(name)")
    for count in 0..<whole.count {
      whole.withUnsafeBytes { bytes in
        let error = fileError { _ = try Raster.decoded(UnsafeRawBufferPointer(rebasing: bytes[..<count]), name: name) }
        #expect(error?.kind == .badData, "\(count) bytes")
      }
    }
    for count in stride(from: 0, to: whole.count, by: 97) {
      #expect(error("image", Array(whole[..<count]))?.kind == .badData, "\(count) bytes")
    }
  }

  /// Catches a crash, a hang, or memory taken for what a flipped byte claims; an image may come out or not.
  @Test(arguments: [
    "rgb8_interlaced.png", "palette8_alpha.png", "rgb_420.jpg", "progressive_420.jpg", "exif6.jpg", "cmyk_adobe.jpg",
  ])
  func imagesWithOneWrongByte(name: String) {
    let whole = bytes(of: "\(Place.fixtures)/\(name)")
    for at in whole.indices {
      for value: UInt8 in [0, 0xff, whole[at] ^ 0x10] {
        var damaged = whole
        damaged[at] = value
        damaged.withUnsafeBytes { bytes in
          do throws(FileError) {
            _ = try Raster.decoded(bytes, name: name)
          } catch {
            #expect(error.kind == .badData)
          }
        }
      }
    }
  }

  @Test func imagesThatClaimToBeHuge() {
    var png = bytes(of: "\(Place.fixtures)/rgb8.png")
    var jpeg = bytes(of: "\(Place.fixtures)/rgb_420.jpg")
    let frame = jpeg.indices.first { jpeg[$0...].starts(with: [0xff, 0xc0]) }!
    for side: [UInt8] in [[0x40, 0x00], [0x40, 0x01], [0xff, 0xff]] {
      png.replaceSubrange(16..<24, with: [0, 0] + side + [0, 0] + side)
      png.replaceSubrange(29..<33, with: crc32(png[12..<29]))
      #expect(error("a.png", png)?.kind == .badData)
      jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: side + side)
      #expect(error("a.jpg", jpeg)?.kind == .badData)
    }
  }

  /// PNG's checksum, bit by bit.
  private func crc32(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> (24 - 8 * $0)) }
  }

  @Test func filesThatAreNoImages() {
    #expect(error("empty", [])?.found == "an empty file")
    #expect(error("zeros", [UInt8](repeating: 0, count: 2000))?.field == "kind of file")
    #expect(error("text", Array("hello".utf8))?.kind == .badData)
    #expect(
      error("floats", idx([1, 2, 2], [UInt8](repeating: 0, count: 16), type: 0x0d))?.found == "floats in 3 dimensions")
    #expect(error("matrix", idx([2, 2], [1, 2, 3, 4]))?.found == "bytes in 2 dimensions")
    #expect(error("none", idx([0, 2, 2], []))?.field == "dimensions")
    #expect(error("huge", idx([0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [1]))?.field == "dimensions")
    #expect(error("many", idx([0xffff_ffff, 16_384, 16_384], [1]))?.field == "size")
    #expect(error("long", idx([1, 2, 2], [1, 2, 3, 4, 5]))?.field == "size")
  }

  @Test func idxCutAtEveryLength() {
    let whole = idx([2, 3, 3], Array(0..<18))
    for count in 0..<whole.count { #expect(error("images", Array(whole[..<count]))?.kind == .badData, "\(count)") }
  }

  @Test(.enabled(if: Place.exists(Place.fashion), "needs Debian's dataset-fashion-mnist")) func gzipThatIsDamaged() {
    let whole = bytes(of: "\(Place.fashion)/t10k-labels-idx1-ubyte.gz")
    #expect(error("labels.gz", whole)?.found.hasPrefix("labels: ") == true)
    var images = bytes(of: "\(Place.fashion)/t10k-images-idx3-ubyte.gz")
    #expect(error("cut.gz", images.dropLast(4))?.found == "a file that ends early")
    #expect(error("cut.gz", Array(images[..<100_000]))?.found == "a file that ends early")
    images[images.count - 6] ^= 1
    #expect(error("checksum.gz", images)?.field == "gzip")
    images[200_000] ^= 0xff
    #expect(error("content.gz", images)?.kind == .badData)
  }

  @Test func archivesCutAtEveryBlock() {
    let whole = bytes(of: "\(Place.fixtures)/archive_gnu_long.tar")
    let end = whole.lastIndex { $0 != 0 }!
    for count in stride(from: 1, to: end, by: 101) {
      guard let found = try? cut(whole, count) else { continue }
      // A cut between two entries is not to be seen: the images before it are there, whole.
      #expect(count % 512 == 0 || found < 3, "\(count)")
    }
  }

  private func cut(_ whole: [UInt8], _ count: Int) throws -> Int {
    let file = folder.write("a.tar", Array(whole[..<count]))
    return try DatasetPacker(size: 8).pack([file], to: folder.path + "/set").shape[0]
  }

  @Test func archivesWithWrongBytes() {
    let whole = bytes(of: "\(Place.fixtures)/archive_pax_long.tar")
    for at in 0..<whole.lastIndex(where: { $0 != 0 })! where whole[at] != 0 {
      var damaged = whole
      damaged[at] ^= 0x11
      let file = folder.write("a.tar", damaged)
      do throws(FileError) {
        let archive = try TarArchive(MappedFile(path: file))
        #expect(archive.members.allSatisfy { $0.range.upperBound <= whole.count })
      } catch {
        #expect(error.kind == .badData)
      }
    }
  }

  @Test func oneNameTwice() {
    let archive = bytes(of: "\(Place.fixtures)/archive_ustar.tar")
    let end = (archive.lastIndex { $0 != 0 }! / 512 + 1) * 512
    #expect(error("a.tar", archive[..<end] + archive)?.found == "animals/cats/1.png twice")
  }

  @Test func placesWithoutImages() {
    func pack(_ input: String) -> FileError? {
      fileError { _ = try DatasetPacker(size: 8).pack([input], to: folder.path + "/set") }
    }
    folder.write("in/deep/note.txt", [1])
    #expect(pack(folder.path + "/in")?.found == "none; 1 other file, among them deep/note.txt")
    #expect(pack(folder.path + "/nowhere")?.kind == .missing)
    #expect(pack("/dev/null")?.kind == .badData)
    #expect(folder.contents == ["in"])
  }

  @Test(.disabled(if: geteuid() == 0, "root may read everything")) func filesThatMayNotBeRead() {
    let file = folder.write("in/a.png", bytes(of: "\(Place.fixtures)/rgb8.png"))
    chmod(file, 0)
    var packer = DatasetPacker(size: 8)
    packer.skipBad = true
    #expect(fileError { _ = try packer.pack([folder.path + "/in"], to: folder.path + "/set") }?.kind == .inputOutput)
    chmod(folder.path + "/in", 0)
    #expect(fileError { _ = try packer.pack([folder.path + "/in"], to: folder.path + "/set") }?.kind == .inputOutput)
    chmod(folder.path + "/in", 0o700)
    #expect(folder.contents == ["in"])
  }

  @Test func wrongArgumentsAndPlaces() {
    let image = "\(Place.fixtures)/rgb8.png"
    let copy = folder.write("copy.png", bytes(of: image))
    func pack(_ size: Int, _ inputs: [String], _ output: String) -> FileError? {
      fileError { _ = try DatasetPacker(size: size).pack(inputs, to: output) }
    }
    for size in [0, -1, 1025] { #expect(pack(size, [image], folder.path + "/set")?.kind == .usage) }
    #expect(pack(8, [], folder.path + "/set")?.kind == .usage)
    #expect(pack(8, [copy], copy)?.kind == .usage)
    #expect(pack(8, [image], folder.path)?.kind == .cannotWrite)
    #expect(pack(8, [image], folder.path + "/none/set")?.kind == .cannotWrite)
    #expect(pack(8, [image], "/dev/full")?.kind == .inputOutput)
    #expect(bytes(of: copy) == bytes(of: image))
    #expect(folder.contents == ["copy.png"])
  }
}
