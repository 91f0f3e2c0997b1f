import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// The packed set of a provenance: packed into the run's folder, or given by the user, and compared with what was recorded.
struct DataPreparation {
  /// The folder of provenance.json.
  let folder: String
  let recipe: Recipe
  /// Where the set is packed to.
  let packedPath: String
  /// The user's own set.
  let given: String?
  /// What packs.
  let workers: Workers

  /// The recorded set. Throws `missing` for a package or file that is not there, `badData` for other data.
  func recorded(_ origin: Provenance.DataOrigin) throws(FileError) -> Dataset {
    let dataset = try set(origin)
    guard dataset.digest == origin.digest else { throw difference(origin, dataset) }
    // The generator states both: with others it could not be the same file.
    for (field, found, wanted) in [("name", dataset.name, origin.name), ("licence", dataset.licence, origin.licence)]
    where found != wanted {
      throw FileError(
        .badData, file: dataset.path, field: field, found: found ?? "none", wanted: wanted ?? "none",
        advice:
          "The pixels match, but the generator file also holds this text: pack the set again with the recorded --\(field)."
      )
    }
    tellOtherVersion(origin)
    return dataset
  }

  /// The set as it can be made here, without regard to an earlier record.
  func set(_ origin: Provenance.DataOrigin) throws(FileError) -> Dataset {
    if let given { return try Dataset(path: given) }
    // A run that continues has it already.
    if let there = try? Dataset(path: packedPath), there.digest == origin.digest, there.name == origin.name,
      there.licence == origin.licence
    {
      return there
    }
    try requireFiles(origin)
    var packer = DatasetPacker(size: recipe.size, workers: workers)
    packer.grey = recipe.channels == 1
    packer.name = origin.name
    packer.licence = origin.licence
    var bar = ProgressLine()
    _ = try packer.pack(paths(origin), to: packedPath) { done, total in
      bar.show("packing", done, of: total, "images")
    }
    bar.finish()
    return try Dataset(path: packedPath)
  }

  private func paths(_ origin: Provenance.DataOrigin) -> [String] {
    origin.files.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
  }

  private func requireFiles(_ origin: Provenance.DataOrigin) throws(FileError) {
    guard !origin.files.isEmpty else {
      throw FileError(
        .missing, file: "\(folder)/provenance.json", field: "data", found: "no record of where the images are",
        wanted: "the set \(origin.name), digest \(origin.digest)",
        advice: "Name that set with --data; the README in the same folder may say where the images come from.")
    }
    guard let package = origin.package else { return }
    for path in origin.files where !FileManager.default.fileExists(atPath: path) {
      let installed = DebianPackage.version(of: package.name)
      throw FileError(
        .missing, file: path, field: "package \(package.name)",
        found: installed.map { "version \($0), without this file" } ?? "not installed",
        wanted: "version \(package.version)",
        advice: installed == nil
          ? "Install it with `sudo apt-get install \(package.name)`, or name a packed set with --data."
          : "Install the recorded version, or name a packed set with --data.")
    }
  }

  /// Other data are no fault of the arithmetic: the message says which it is.
  private func difference(_ origin: Provenance.DataOrigin, _ dataset: Dataset) -> FileError {
    var (field, found, wanted) = ("data differ: digest", dataset.digest, origin.digest)
    var advice = "Name the recorded set with --data: this is another one. Nothing was trained."
    if given == nil, let package = origin.package {
      let here = DebianPackage.version(of: package.name)
      field = "data differ: package \(package.name)"
      found = "version \(here ?? "unknown") here, digest \(found)"
      wanted = "recorded version \(package.version), digest \(wanted)"
      advice =
        here == package.version
        ? "The package's files were changed: `dpkg --verify \(package.name)` may list which. Nothing was trained."
        : "Install the recorded version, or name its packed set with --data. Nothing was trained."
    }
    return FileError(.badData, file: dataset.path, field: field, found: found, wanted: wanted, advice: advice)
  }

  private func tellOtherVersion(_ origin: Provenance.DataOrigin) {
    guard given == nil, let package = origin.package else { return }
    guard let here = DebianPackage.version(of: package.name), here != package.version else { return }
    tell("note: package \(package.name): recorded version \(package.version), here \(here); the pixels are the same")
  }
}
