import ThimbleData
import ThimbleStorage

/// Sees to it that the pixels a run trains on are those whose digest its checkpoints name. The set is mapped, not copied: who
/// writes to the file meanwhile changes what the run reads.
///
/// The digest is checked when the run begins, and the file's stamp after each minibatch has been read and before it is used: a
/// rewritten or shortened set ends the run, and no weight has seen it. A file that was put in the set's place under its name
/// changes nothing: the run keeps the one it has mapped. What remains is what `FileStamp` does not show, and a set that is
/// shortened just while a minibatch is read: then the program ends (SIGBUS, with a message), and the earlier checkpoints stay.
struct DatasetWatch {
  private let dataset: Dataset
  private var stamp: FileStamp

  /// Begins with the file as it was opened. Throws `badData` if its pixels are not those of its digest.
  init(_ dataset: Dataset) throws(FileError) {
    self.dataset = dataset
    stamp = dataset.file.openingStamp
    try dataset.verifyDigest()
  }

  /// Throws `badData` if the set was written to since.
  mutating func check() throws(FileError) {
    let now = try dataset.file.stamp()
    if now == stamp { return }
    guard now.size == stamp.size, now.written == stamp.written else {
      throw FileError(
        .badData, file: dataset.path, field: "set",
        found: "\(now.size) bytes, written to after the run had opened it",
        wanted: "the \(stamp.size) bytes of before, untouched",
        advice: "Restore the set and continue with --resume, or start a new run. The checkpoints are intact.")
    }
    // Another name, other permissions, or a time of writing that was set back: the pixels decide.
    try dataset.verifyDigest()
    stamp = now
  }
}
