import ThimbleKernelInterface
import ThimbleKernels

extension KernelLattice {
  /// CRC-32C against the check value of the CRC catalogue, the vectors of RFC 3720 (appendix B.4), and its own definition
  /// bit by bit; and the search for -128 with one at each place. Returns the number of cases.
  package func checksums() -> Int {
    var cases = 0
    func check(_ bytes: [UInt8], _ wanted: UInt32) {
      for set in sets where ~bytes.withUnsafeBytes({ set.kernels.crc32c(~0, $0.baseAddress!, $0.count) }) != wanted {
        fail(set.name, "CRC-32C of \(bytes.count) bytes")
      }
      cases += 1
    }
    check(Array("123456789".utf8), 0xE306_9283)
    check([UInt8](repeating: 0, count: 32), 0x8A91_36AA)
    check([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43)
    check(Array(0..<32), 0x46DD_794E)
    var random = TestRandom(3)
    for count in [1, 7, 8, 9, 63, 64, 65, 1000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      check(bytes, ~bytes.withUnsafeBytes { crc32cReference(~0, $0.baseAddress!, $0.count) })
    }
    for count in [1, 63, 64, 65, 200] {
      var bytes = [Int8](repeating: -127, count: count)
      for at in -1..<count {
        if at >= 0 { bytes[at] = -128 }
        for set in sets
        where bytes.withUnsafeBytes({ set.kernels.containsLeastInt8($0.baseAddress!, count) }) != (at >= 0) {
          fail(set.name, "-128 at \(at) of \(count) bytes")
        }
        if at >= 0 { bytes[at] = -127 }
        cases += 1
      }
    }
    return cases
  }
}
