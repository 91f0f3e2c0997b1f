import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import SamplerSupport
import ThimbleStorage

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Make data sets and look at them.",
    subcommands: [Pack.self, Info.self, Sheet.self, DedupCommand.self])

  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pack pictures into one data set file for training.",
      usage: "thimble dataset pack <in> ... --output <output> --size <size> [<options>]",
      discussion: """
        IN is a folder of PNG, JPEG, GIF or WebP files (subfolders and links are read too), a .tar or .tar.gz archive \
        of them, or an IDX file. The first subfolder that differs is the label. Each picture is cropped to its centre \
        square and resized to N x N. If a picture cannot be read, the command names it and fails; --skip-bad leaves \
        such pictures out. Whatever else is left out is listed by reason and name.
        """)

    @Argument(
      help: ArgumentHelp("A folder, an archive or an IDX file. Several inputs become one set.", valueName: "in"))
    var inputs: [String]
    @Option(name: .shortAndLong, help: "The data set to write, a .safetensors file.") var output: String
    @Option(help: "Side of the packed images in pixels: 16, 28, 32, 64 or 128 for training.") var size: Int
    @Flag(help: "Pack grey images instead of colour.") var grey = false
    @Option(help: "A table of labels: file name, label; separated by commas, semicolons, tabs or spaces.") var labels:
      String?
    @Option(help: "The column of the table with the labels: its heading, or its number from 1.") var labelColumn:
      String?
    @Option(help: "The column with the file names; it is found by its content if not given.") var imageColumn: String?
    @Flag(help: "Leave out images that cannot be read, and say which.") var skipBad = false
    @Option(help: "The colour behind transparent pixels, RRGGBB.") var background: String = "ffffff"
    @Option(help: "The licence of the images. It is copied into every file made from them.") var licence: String?
    @Option(help: "The name of the data set.") var name: String?
    @Flag(help: "Write OUTPUT.report.txt beside the set: the summary, and all that was left out.") var report = false

    func validate() throws {
      guard labelColumn == nil || labels != nil else { throw ValidationError("--label-column needs --labels") }
      guard imageColumn == nil || labels != nil else { throw ValidationError("--image-column needs --labels") }
    }

    func run() throws {
      try OutputKind.set.check(output)
      var packer = DatasetPacker(size: size)
      packer.grey = grey
      packer.labels = labels
      packer.labelColumn = labelColumn
      packer.imageColumn = imageColumn
      packer.skipBad = skipBad
      guard let color = RGB(hexadecimal: background) else {
        throw ValidationError("--background takes six hexadecimal digits, RRGGBB")
      }
      packer.background = color
      packer.licence = licence
      packer.name = name
      packer.report = report ? output + ".report.txt" : nil
      var bar = ProgressLine()
      let packed = try packer.pack(inputs, to: output) { done, total in
        bar.show("packing", done, of: total, "pictures")
      }
      bar.finish()
      print(printableLines("\(packed)"))
      if let path = packer.report { print("report \(path)") }
      if !Recipe.sizes.contains(size) {
        tell(
          "note: training needs images with a side of \(Recipe.sizes.map(String.init).joined(separator: ", ")) pixels, not \(size)"
        )
      }
    }
  }

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a data set holds.")
    @Argument(help: "A data set file from `dataset pack`.") var set: String
    func run() throws { print(printableLines("\(try DatasetInfo(path: set))")) }
  }

  struct Sheet: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write some images of a data set as one PNG.")
    @Argument(help: "A data set file from `dataset pack`.") var set: String
    @Option(name: .shortAndLong, help: "The PNG file to write.") var output: String
    @Option(help: "Columns x rows, such as 8x8.") var grid: GridSize = GridSize(columns: 8, rows: 8)

    func run() throws {
      try OutputKind.png.check(output)
      let dataset = try Dataset(path: set)
      try dataset.writeSheet(
        to: output, imageCount: grid.columns * grid.rows, columns: grid.columns, scale: dataset.width < 64 ? 2 : 1)
      print("\(output): \(min(grid.columns * grid.rows, dataset.count)) of \(dataset.count) images")
    }
  }
}

/// `8x8`: columns x rows.
struct GridSize: ExpressibleByArgument {
  var columns: Int
  var rows: Int

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  init?(argument: String) {
    var argument = argument
    guard let (columns, rows) = argument.withUTF8({ unsafe SheetShape.grid($0) }) else { return nil }
    self.init(columns: columns, rows: rows)
  }

  var defaultValueDescription: String { "\(columns)x\(rows)" }
}
