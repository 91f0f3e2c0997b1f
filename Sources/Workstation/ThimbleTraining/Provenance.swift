import Thimble
import ThimbleNetworks
import ThimbleStorage

/// Where a shipped generator comes from, so that anybody can make it again and compare: the file `provenance.json` beside a
/// `recipe.json`. `Provenance+JSON.swift` says how it is read and written, `thimble reproduce` follows it.
///
///     {
///       "format": "thimble-provenance 1",
///       "arithmetic": 1,                      the revision of the f32 arithmetic
///       "recipe": "DIGEST",                   SHA-256 of the recipe with all its fields, as a run's recipe.json holds it
///       "data": {
///         "digest": "DIGEST",                 of the packed set, as `thimble dataset info` shows it
///         "name": "fashion-mnist",            what the set is called; it travels in the generator
///         "licence": "MIT",                   its terms, likewise; may be left out
///         "package": "dataset-fashion-mnist", the Debian package that holds the images, and its version; left out where
///         "version": "0.0~git20200523-1",     the images lie elsewhere
///         "files": ["/usr/share/..."]         what is packed, in this order: absolute paths with a package, else names beside
///                                             this file; left out where only a set will do (--data)
///       },
///       "steps": [                            digests of the checkpoint's numbers after these steps, ascending; that of the
///         {"step": 1, "digest": "DIGEST"}     recipe's last step is the final checkpoint's, with its frozen statistics
///       ],
///       "export": {"name": "fashion28", "weights": "int8", "calibrate": 8192, "arena": 24576},   arena may be left out
///       "generator": "DIGEST",                SHA-256 of generator.thimble; with `export`, left out where nothing is shipped
///       "golden": "DIGEST",                   SHA-256 of golden.txt; may be left out
///       "networks": "DIGEST"                  SHA-256 of networks.safetensors, both networks without optimiser; may be left out
///     }
///
/// Images are packed to the recipe's size, and grey where it has one channel. Digests are SHA-256, 64 lower-case hexadecimal digits.
package struct Provenance: Sendable, Equatable {
  package static let format = "thimble-provenance 1"

  /// How the packed set is made.
  package struct DataOrigin: Sendable, Equatable {
    package var digest: String
    package var name: String
    package var licence: String?
    package var package: Package?
    /// Empty: only a packed set will do.
    package var files: [String] = []

    package init(digest: String, name: String, licence: String?) {
      self.digest = digest
      self.name = name
      self.licence = licence
    }
  }

  /// A Debian package in a version.
  package struct Package: Sendable, Equatable {
    package var name: String
    package var version: String

    package init(name: String, version: String) {
      self.name = name
      self.version = version
    }
  }

  /// The digest of the numbers after a step.
  package struct Step: Sendable, Equatable {
    package var step: Int
    package var digest: String

    package init(step: Int, digest: String) {
      self.step = step
      self.digest = digest
    }
  }

  /// The arguments of `thimble export`.
  package struct Export: Sendable, Equatable {
    package var name: String
    /// "int8" or "int4".
    package var weights = "int8"
    package var calibrate = 8192
    package var arena: Int?

    package init(name: String) { self.name = name }
  }

  package var arithmetic = Arithmetic.revision
  package var recipe: String
  package var data: DataOrigin
  package var steps: [Step] = []
  package var export: Export?
  package var generator: String?
  package var golden: String?
  package var networks: String?

  package init(recipe: String, data: DataOrigin) {
    self.recipe = recipe
    self.data = data
  }

  /// The value of the field `recipe` for a recipe.
  package static func digest(of recipe: Recipe) -> String {
    var text = recipe.json
    return text.withUTF8 { unsafe Digest.hexadecimal(UnsafeRawBufferPointer($0)) }
  }

  /// The recorded digest after a step, if it was recorded.
  package func digest(after step: Int) -> String? { steps.first { $0.step == step }?.digest }

  /// Refuses steps that the recipe does not have: which those are is known once the data are.
  package func checkSteps(total: Int, file: String) throws(FileError) {
    func bad(_ found: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: file, field: "steps", found: found, wanted: wanted,
        advice: "The file records another recipe or data set: make it again with --record.")
    }
    if let last = steps.last, last.step > total {
      throw bad("step \(last.step)", "steps up to \(total), the last step of the recipe")
    }
    if generator != nil, steps.last?.step != total {
      throw bad(
        steps.last.map { "\($0.step) as the last" } ?? "none",
        "\(total), the last step of the recipe, because there is a generator")
    }
  }

  /// The steps whose digests a recording holds by default: the first few, where most differences show, the ends of passes (not
  /// many more than thirty of them), and the last.
  package static func usualSteps(perPass: Int, total: Int) -> [Int] {
    let passes = stride(from: perPass, to: total, by: perPass * max(1, (total / perPass + 31) / 32))
    return Set([1, 50, 200] + passes + [total]).filter { $0 <= total }.sorted()
  }
}
