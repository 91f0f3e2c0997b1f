import Testing
import ThimbleData
import ThimbleStorage

@Suite struct SheetTests {
  let folder = TemporaryFolder()

  /// Catches a PNG that does not hold the pixels given: it is read back by libpng.
  @Test(arguments: [(1, 1, 1), (5, 5, 3), (40, 40, 1), (40, 40, 3)])
  func pngsHoldTheirPixels(width: Int, height: Int, channels: Int) throws {
    var random = SystemRandomNumberGenerator()
    let values = (0..<width * height * channels).map { _ in UInt8.random(in: 0...255, using: &random) }
    let file = folder.path + "/image.png"
    try values.withUnsafeBytes {
      try PNGWriter.write($0, width: width, height: height, channels: channels, to: file)
    }
    var packer = DatasetPacker(size: width)
    packer.grey = channels == 1
    _ = try packer.pack([file], to: folder.path + "/set")
    #expect(try pixels(Dataset(path: folder.path + "/set"), 0) == values)
    #expect(folder.contents == ["image.png", "set"])
  }

  @Test func cellsLieInRowsWithLinesBetween() {
    var sheet = ContactSheet(columns: 2, rows: 2, imageHeight: 1, imageWidth: 2, channels: 1, scale: 2)
    for (cell, image) in [[1, 2], [3, 4], [5, 6]].enumerated() {
      image.map(UInt8.init).withUnsafeBytes { sheet.place($0, at: cell) }
    }
    #expect(sheet.width == 14 && sheet.height == 10)
    let w = UInt8(255)
    let (line, empty) = ([UInt8](repeating: w, count: 14), [UInt8](repeating: w, count: 8))
    let first: [UInt8] = [w, w, 1, 1, 2, 2, w, w, 3, 3, 4, 4, w, w]
    let second: [UInt8] = [w, w, 5, 5, 6, 6] + empty
    #expect(sheet.pixels == [line, line, first, first, line, line, second, second, line, line].flatMap { $0 })
  }

  @Test func sheetsOfASet() throws {
    let images = folder.write("images", idx([10, 1, 1], Array(0..<10)))
    let set = folder.path + "/set"
    _ = try DatasetPacker(size: 1).pack([images], to: set)
    let dataset = try Dataset(path: set)
    let sheet = folder.path + "/sheet.png"
    try dataset.writeSheet(to: sheet, imageCount: 4)
    #expect(try values(of: sheet, side: 8) == [0, 2, 5, 7])
    try dataset.writeSheet(to: sheet, imageCount: 1, first: 8)
    #expect(try values(of: sheet, side: 5, columns: 1) == [8])
    for (count, columns, first, scale) in [(0, 1, 0, 1), (1, 0, 0, 1), (1, 1, 10, 1), (1, 1, -1, 1), (1, 1, 0, 17)] {
      let error = fileError {
        try dataset.writeSheet(to: sheet, imageCount: count, columns: columns, first: first, scale: scale)
      }
      #expect(error?.kind == .usage)
    }
    #expect(fileError { try dataset.writeSheet(to: "/dev/full") }?.kind == .inputOutput)
    #expect(fileError { try dataset.writeSheet(to: folder.path + "/none/a.png") }?.kind == .cannotWrite)
  }

  /// The pixels of the sheet's cells, each of one pixel.
  private func values(of sheet: String, side: Int, columns: Int = 2) throws -> [UInt8] {
    var packer = DatasetPacker(size: side)
    packer.grey = true
    _ = try packer.pack([sheet], to: folder.path + "/sheet")
    let all = try pixels(Dataset(path: folder.path + "/sheet"), 0)
    return (0..<columns * columns).map { all[(2 + $0 / columns * 3) * side + 2 + $0 % columns * 3] }
  }
}
