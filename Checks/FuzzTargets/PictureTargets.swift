import Glibc
import ThimbleData
import ThimbleStorage
import ThimbleThreads

/// A PNG, JPEG, GIF or WebP file through its codec.
let fuzzPicture: FuzzTarget = { bytes in
  // libFuzzer would count the memory of large pictures as a fault; they have tests of their own.
  guard let image = try? Raster.decoded(bytes, name: "picture") else { return }
  use(image)
}

let fuzzTar: FuzzTarget = { bytes in
  guard let file = try? MappedFile(path: InputFile.holding(bytes)), let archive = try? TarArchive(file) else { return }
  for member in archive.members { use(file.bytes[member.range].reduce(0, ^)) }
}

private let folder: String = {
  var template = Array("/tmp/thimble-fuzz-XXXXXX".utf8CString)
  precondition(mkdtemp(&template) != nil)
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  mkdir(path + "/in", 0o700)
  for name in ["1.pgm", "b.pgm"] {
    let file = fopen("\(path)/in/\(name)", "w")
    fclose(file)
  }
  return path
}()
private let workers = Workers(count: 1)

/// An IDX file, plain or compressed, as `dataset pack` takes it.
let fuzzIDX: FuzzTarget = { bytes in
  let packer = DatasetPacker(size: 2, workers: workers)
  // Only what is small: each picture takes time, however good the bytes are.
  guard bytes.count <= 1 << 14 else { return }
  use(try? packer.pack([InputFile.holding(bytes)], to: folder + "/set"))
}

/// A table of labels for two pictures.
let fuzzTable: FuzzTarget = { bytes in
  var packer = DatasetPacker(size: 2, workers: workers)
  packer.labels = InputFile.holding(bytes)
  // The pictures are none: the table is read before they are, and nothing is written.
  packer.skipBad = true
  use(try? packer.pack([folder + "/in"], to: folder + "/set"))
}
