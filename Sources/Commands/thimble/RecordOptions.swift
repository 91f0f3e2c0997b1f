import ArgumentParser
import Foundation
import ThimbleNetworks
import ThimbleQuantization
import ThimbleStorage
import ThimbleTraining

/// What `reproduce --record` has to be told once; afterwards it stands in provenance.json.
struct RecordOptions: ParsableArguments {
  @Option(help: "Pictures to pack: files of a Debian package, or files in FOLDER. Several become one set.") var images:
    [String] = []
  @Option(help: "The name of the data set.") var dataName: String?
  @Option(help: "The licence of the images.") var licence: String?
  @Option(
    help: "Steps to record digests of, such as 1,50,200 (default: these, the end of each pass, and the last step).")
  var digests: PositiveNumbers?
  @Option(help: "How the generator's weights are stored.") var weights: WeightEncoding?
  @Option(help: "Working memory for one image at most, in bytes.") var arena: ByteCount?
  @Option(help: "Number of latents used to choose the ranges of activations (default: 8192).") var calibrate: Int?

  func validate() throws {
    if let calibrate, !(16...65_536).contains(calibrate) {
      throw ValidationError("--calibrate takes a number from 16 to 65536")
    }
  }

  var isGiven: Bool {
    !images.isEmpty || dataName != nil || licence != nil || digests != nil || weights != nil || arena != nil
      || calibrate != nil
  }

  /// Where the data come from. The digest stays as it was.
  func origin(
    _ former: Provenance.DataOrigin?, data: String?, folder: String
  ) throws(FileError) -> Provenance.DataOrigin {
    guard former != nil || data != nil || !images.isEmpty else {
      throw FileError(
        .usage, file: folder, field: "--images", found: "nothing", wanted: "images to pack, or --data SET",
        advice: "Say where the images are with --images or --data; later runs read it from provenance.json.")
    }
    var origin = former ?? .init(digest: "", name: "", licence: nil)
    if let dataName { origin.name = dataName }
    if let licence { origin.licence = licence }
    if !images.isEmpty { try take(&origin, folder) }
    if data != nil { (origin.files, origin.package) = ([], nil) }
    if let package = origin.package, let version = DebianPackage.version(of: package.name) {
      origin.package?.version = version
    }
    if origin.name.isEmpty { origin.name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent }
    return origin
  }

  /// All images lie in one package, or all in the folder.
  private func take(_ origin: inout Provenance.DataOrigin, _ folder: String) throws(FileError) {
    let base = URL(fileURLWithPath: folder).standardizedFileURL.path + "/"
    let paths = images.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    if paths.allSatisfy({ $0.hasPrefix(base) }) {
      (origin.files, origin.package) = (paths.map { String($0.dropFirst(base.count)) }, nil)
      return
    }
    for path in paths {
      let owner = DebianPackage.owner(of: path)
      guard let owner, path == paths[0] || owner == origin.package else {
        throw FileError(
          .usage, file: path, field: "package", found: owner?.name ?? "none",
          wanted: "one Debian package for all images",
          advice: "Put the images into \(folder), or pack them and name the set with --data.")
      }
      origin.package = owner
    }
    origin.files = paths
  }

  func steps(_ former: Provenance?, _ recipe: Recipe, perPass: Int, total: Int) -> [Int] {
    let listed = digests?.numbers ?? former?.steps.map(\.step)
    // The list of a recording that ended early is not the whole one.
    guard let listed, digests != nil || former?.generator != nil else {
      return Provenance.usualSteps(perPass: perPass, total: total)
    }
    return listed.filter { $0 < total } + [total]
  }

  func export(_ former: Provenance.Export?, name: String) -> Provenance.Export {
    var export = former ?? .init(name: name)
    if let weights { export.weights = weights.rawValue }
    if let arena { export.arena = arena.count }
    if let calibrate { export.calibrate = calibrate }
    return export
  }
}

/// `1,50,200`: numbers from 1, in order, each once.
struct PositiveNumbers: ExpressibleByArgument {
  var numbers: [Int]

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.allSatisfy({ $0 >= 1 }) else { return nil }
    self.numbers = Set(numbers).sorted()
  }
}
