import Foundation

/// How many bytes this process may take, and who says so: the machine, a control group around the process (containers and
/// services have them), or `ulimit -v`.
package struct MemoryLimit: Equatable, Sendable {
  package let byteCount: UInt64
  /// As in "of the 512 MB that SOURCE has" or allows.
  package let source: String

  package init(byteCount: UInt64, source: String) {
    self.byteCount = byteCount
    self.source = source
  }

  /// The smallest limit that applies.
  package static var present: MemoryLimit {
    let machine = MemoryLimit(byteCount: ProcessInfo.processInfo.physicalMemory, source: "this machine has")
    return [groupLimit(listing: text("/proc/self/cgroup"), root: "/sys/fs/cgroup"), addressLimit]
      .compactMap { $0 }.reduce(machine) { $1.byteCount < $0.byteCount ? $1 : $0 }
  }

  /// How much of it one thing may take: half where as much again goes unsaid.
  package enum Share: String { case half, nineTenths = "nine tenths" }

  /// Refuses what needs more than its share. `what` the bytes are for follows them, as in "8591 MB for 128 images".
  package func check(
    _ byteCount: Int, for what: String, share: Share = .nineTenths, file: String, advice: String
  ) throws(FileError) {
    guard UInt64(byteCount) > (share == .half ? self.byteCount / 2 : self.byteCount / 10 * 9) else { return }
    throw FileError(
      .usage, file: file, field: "memory", found: "\(byteCount >> 20) MB for \(what)",
      wanted: "at most \(share.rawValue) of the \(self.byteCount >> 20) MB that \(source)", advice: advice)
  }

  /// The least of the limits of a process's control group and the groups around it.
  /// - Parameters:
  ///   - listing: what `/proc/self/cgroup` says (cgroups(7)): lines `0::/path` of version 2, `4:memory:/path` of version 1.
  ///   - root: where the control groups are mounted.
  package static func groupLimit(listing: String, root: String) -> MemoryLimit? {
    var limits: [UInt64] = []
    for line in listing.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isSecond = fields[0] == "0" && fields[1].isEmpty
      guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
      let (mount, name) = isSecond ? (root, "memory.max") : (root + "/memory", "memory.limit_in_bytes")
      // A container may see its own group as the root, under the path that its host uses.
      var folder = fields[2].split(separator: "/")[...]
      while true {
        let file = ([mount] + folder.map(String.init) + [name]).joined(separator: "/")
        // "max", and a number beyond all memory, are none.
        if let limit = UInt64(text(file).trimmingCharacters(in: .whitespacesAndNewlines)) { limits.append(limit) }
        if folder.isEmpty { break }
        folder = folder.dropLast()
      }
    }
    return limits.min().map { MemoryLimit(byteCount: $0, source: "this process's control group allows") }
  }

  /// What `ulimit -v` leaves beside what is mapped already; nil without such a limit.
  private static var addressLimit: MemoryLimit? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max)
    else {
      return nil
    }
    let pages = text("/proc/self/statm").split(separator: " ").first.flatMap { UInt64($0) } ?? 0
    let mapped = pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    return MemoryLimit(
      byteCount: UInt64(limit.rlim_cur) - min(mapped, UInt64(limit.rlim_cur)), source: "`ulimit -v` leaves")
  }

  /// A small file of the system; these have no size, so that they cannot be mapped.
  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
