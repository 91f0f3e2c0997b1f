import Foundation
import Testing
import ThimbleData
import ThimbleStorage

@Suite struct PackingIDXTests {
  let folder = TemporaryFolder()

  /// Catches any deviation on the way from a real set to the file. The digests are Python's, over the unpacked files:
  ///
  ///     import gzip, hashlib
  ///     d = "/usr/share/datasets/fashion-mnist/"
  ///     images = gzip.open(d + "t10k-images-idx3-ubyte.gz").read()[16:]
  ///     labels = gzip.open(d + "t10k-labels-idx1-ubyte.gz").read()[8:]
  ///     wide = b"".join(bytes([v, 0, 0, 0]) for v in labels)
  ///     hashlib.sha256(b"10000 28 28 1\n" + images + wide).hexdigest()
  @Test(
    .enabled(if: Place.exists(Place.fashion), "needs Debian's dataset-fashion-mnist"),
    arguments: [
      ("t10k", 10_000, "b35a93bc179be1decb4860d40116a45ffcfff65c506b9b525a9d6720c26e0e69"),
      ("train", 60_000, "6c0d6da053afc403c83b306bed2ede67b587e110aed6a14be1e7f6342309940b"),
    ])
  func fashionHasTheDigestThatPythonFinds(part: String, count: Int, digest: String) throws {
    let set = folder.path + "/set.safetensors"
    let report = try DatasetPacker(size: 28).pack(["\(Place.fashion)/\(part)-images-idx3-ubyte.gz"], to: set)
    #expect(report.digest == digest)
    let dataset = try Dataset(path: set)
    #expect(dataset.shape == [count, 28, 28, 1])
    #expect(dataset.digest == digest)
    try dataset.verifyDigest()
    #expect(try DatasetInfo(dataset).labels.map(\.count) == [Int](repeating: count / 10, count: 10))
    let sheet = folder.path + "/sheet.png"
    try dataset.writeSheet(to: sheet, imageCount: 100, scale: 2)
    #expect(bytes(of: sheet).starts(with: [0x89, 0x50, 0x4e, 0x47]))
    #expect(folder.contents == ["set.safetensors", "sheet.png"])
  }
}
