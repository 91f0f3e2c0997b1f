import Thimble
import SamplerSupport

/// Pictures of one size in one of the formats: single images, or a sheet of them; and the memory to write them by.
struct Pictures {
  let format: Format
  let width: Int
  let height: Int
  let channels: Int
  /// Where images lie, if they are put together.
  let sheet: SheetShape?
  /// A row of the sheet.
  let strip: UnsafeMutableRawBufferPointer
  /// A plane of a film's frame, or of a row of the sheet in it.
  private let plane: UnsafeMutableRawBufferPointer

  /// Bytes of strip and plane.
  var roomByteCount: Int { strip.count + plane.count }

  init(_ format: Format, _ image: MapShape, _ grid: (columns: Int, rows: Int)?) throws(Refusal) {
    let sheet = grid.map {
      SheetShape(
        columns: $0.columns, rows: $0.rows, imageHeight: Int(image.height), imageWidth: Int(image.width),
        channels: Int(image.channels))
    }
    self.format = format
    self.sheet = sheet
    (width, height) = (sheet?.width ?? Int(image.width), sheet?.height ?? Int(image.height))
    channels = Int(image.channels)
    let stripByteCount = sheet?.stripByteCount ?? 0
    let planeByteCount = format == .y4m && channels == 3 ? (sheet?.stripHeight ?? height) * width : 0
    let room = try room(stripByteCount + planeByteCount)
    strip = UnsafeMutableRawBufferPointer(rebasing: room[..<stripByteCount])
    plane = UnsafeMutableRawBufferPointer(rebasing: room[stripByteCount...])
  }

  /// The ending of files of one image.
  var ending: StaticString {
    switch format {
    case .ppm: "ppm"
    case .raw: "raw"
    case .y4m: "y4m"
    }
  }

  /// Times that the pixels of a picture are gone through: a frame of a film holds one plane after the other.
  var passes: Int { format == .y4m && channels == 3 ? 3 : 1 }

  /// Writes what stands before all pictures.
  @inline(never)
  func begin(_ output: borrowing Output) throws(Refusal) {
    if format == .y4m { try output.write(Film.header(width: width, height: height, channels: channels)) }
  }

  /// Writes what stands before the pixels of each.
  @inline(never)
  func beginPicture(_ output: borrowing Output) throws(Refusal) {
    switch format {
    case .ppm: try output.write(Netpbm.header(width: width, height: height, channels: channels))
    case .y4m: try output.write(Film.frameHeader)
    case .raw: break
    }
  }

  /// Writes a picture that is in memory as a whole.
  @inline(never)
  func write(picture: UnsafeRawBufferPointer, _ output: borrowing Output) throws(Refusal) {
    try beginPicture(output)
    for pass in 0..<passes { try write(picture, pass: pass, output) }
  }

  /// Writes some of a picture's pixels, u8 [count][channels], as they stand in this pass.
  @inline(never)
  func write(_ pixels: UnsafeRawBufferPointer, pass: Int, _ output: borrowing Output) throws(Refusal) {
    if passes == 1 { return try output.write(pixels) }
    let count = pixels.count / channels
    Film.convert(
      pixels.baseAddress!.assumingMemoryBound(to: UInt8.self), toPlane: pass,
      plane.baseAddress!.assumingMemoryBound(to: UInt8.self), count: count)
    try output.write(UnsafeRawBufferPointer(rebasing: plane[..<count]))
  }
}
