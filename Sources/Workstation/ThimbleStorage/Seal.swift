import Thimble

/// The seal of a safetensors file: a SHA-256 in its own metadata over all else that the file says, so that no bit can flip
/// unseen.
///
/// It takes two keys. `digest` is the SHA-256 of the tensors' bytes, tensor after tensor in the order of their names. `seal` is
/// the SHA-256 of a JSON text with sorted keys and without spaces: the metadata, `digest` among them and `seal` left out, and of
/// each tensor its type and shape:
///
///     {"NAME":{"dtype":"F32","shape":[2,3]},"__metadata__":{"digest":"...","format":"..."}}
///
/// The place of a tensor's bytes is not part of it: if another program rewrites the file with the same content, it still passes.
package enum Seal {
  /// The metadata key of the tensors' digest.
  package static let digestKey = "digest"
  /// The metadata key of the seal.
  package static let key = "seal"

  /// The metadata with both keys, for tensors of these entries and bytes.
  package static func sealed(
    _ metadata: [String: String], _ tensors: [(entry: SafetensorsWriter.Entry, bytes: [Float])]
  ) -> [String: String] {
    var digest = SHA256()
    for tensor in tensors.sorted(by: { $0.entry.name < $1.entry.name }) {
      unsafe tensor.bytes.withUnsafeBytes { unsafe digest.update($0.bytes) }
    }
    var metadata = metadata
    metadata[digestKey] = Digest.hexadecimal(digest.finalize())
    metadata[key] = of(metadata, tensors.map(\.entry))
    return metadata
  }

  /// What the seal of a file with this header must be.
  static func of(_ metadata: [String: String], _ entries: [SafetensorsWriter.Entry]) -> String {
    var metadata = metadata
    metadata[key] = nil
    var said: [String: JSON] = ["__metadata__": .object(metadata.mapValues(JSON.text))]
    for entry in entries {
      said[entry.name] = .object([
        "dtype": .text(entry.type.rawValue), "shape": .array(entry.shape.map(JSON.integer)),
      ])
    }
    return unsafe Array(JSON.object(said).serialized.utf8).withUnsafeBytes { unsafe Digest.hexadecimal($0) }
  }
}

extension SafetensorsFile {
  /// Refuses a file whose seal or digest is not that of its content. A file without them passes, unless `required`: then it must
  /// have both.
  package func verifySeal(required: Bool) throws(FileError) {
    func damaged(_ field: String, _ found: String?, _ wanted: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: found ?? "nothing", wanted: wanted,
        advice: "The file is damaged: copy it again, or use an earlier checkpoint.")
    }
    let (seal, digest) = (metadata[Seal.key], metadata[Seal.digestKey])
    if required || seal != nil {
      // The names are those of the file, so that none is missing here.
      let wanted = Seal.of(metadata, tensors.values.map { .init($0.name, $0.type, $0.shape) })
      guard seal == wanted else { throw damaged(Seal.key, seal, wanted) }
      guard digest != nil else { throw damaged(Seal.digestKey, digest, "64 hexadecimal digits") }
    }
    guard let digest else { return }
    var sum = SHA256()
    for name in tensors.keys.sorted() {
      let bytes = unsafe tensors[name]!.bytes
      unsafe sum.update(bytes.bytes)
    }
    let found = Digest.hexadecimal(sum.finalize())
    guard found == digest else { throw damaged(Seal.digestKey, found, digest) }
  }
}
