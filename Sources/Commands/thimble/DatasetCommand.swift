import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import SamplerSupport
import ThimbleStorage

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Make and look at sets of images.",
    subcommands: [Pack.self, Info.self, Sheet.self, DedupCommand.self])

  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pack images into one file that training maps.",
      discussion: """
        IN is an IDX file, a folder (read recursively: PNG and JPEG), or a .tar of images. Each image is cut to its centre \
        square and resampled to N x N. Images that cannot be read are named, and the command fails, unless --skip-bad.
        """)

    @Argument(help: ArgumentHelp("IDX file, folder or .tar; several are joined.", valueName: "in"))
    var inputs: [String]
    @Option(name: .shortAndLong, help: "The set to write, a .safetensors file.") var output: String
    @Option(help: "Side of the images in the set: 16, 28, 32, 64 or 128 for training.") var size: Int
    @Flag(help: "Grey instead of colour.") var grey = false
    @Option(help: "A table of labels: file name, label.") var labels: String?
    @Option(help: "The column of that table that holds the label, by its heading.") var labelColumn: String?
    @Flag(help: "Leave out images that cannot be read.") var skipBad = false
    @Option(help: "What shows through transparent pixels, RRGGBB.") var background: String = "ffffff"
    @Option(help: "The terms of the images; they travel with everything made from them.") var licence: String?
    @Option(help: "What the set is called.") var name: String?

    func validate() throws {
      guard labelColumn == nil || labels != nil else { throw ValidationError("--label-column goes with --labels") }
    }

    func run() throws {
      var packer = DatasetPacker(size: size)
      packer.grey = grey
      packer.labels = labels
      packer.labelColumn = labelColumn
      packer.skipBad = skipBad
      guard let color = RGB(hexadecimal: background) else {
        throw ValidationError("--background takes six hexadecimal digits, RRGGBB")
      }
      packer.background = color
      packer.licence = licence
      packer.name = name
      var bar = ProgressLine()
      let report = try packer.pack(inputs, to: output) { done, total in
        bar.show { "packing  \(done) of \(total) images" }
      }
      bar.finish()
      print(report)
      if !Recipe.sizes.contains(size) {
        tell(
          "note: training takes images of \(Recipe.sizes.map(String.init).joined(separator: ", ")) a side, not of \(size)"
        )
      }
    }
  }

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What a set holds.")
    @Argument(help: "A packed set.") var set: String
    func run() throws { print(printableLines("\(try DatasetInfo(path: set))")) }
  }

  struct Sheet: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A grid of images of a set, as PNG.")
    @Argument(help: "A packed set.") var set: String
    @Option(name: .shortAndLong, help: "The PNG to write.") var output: String
    @Option(help: "Columns x rows.") var grid: GridSize = GridSize(columns: 8, rows: 8)

    func run() throws {
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
    guard let (columns, rows) = argument.withUTF8({ SheetShape.grid($0) }) else { return nil }
    self.init(columns: columns, rows: rows)
  }

  var defaultValueDescription: String { "\(columns)x\(rows)" }
}
