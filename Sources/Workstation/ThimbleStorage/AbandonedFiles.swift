import Foundation

/// Temporary files of `AtomicFile` that never got their name, since their process was killed.
package enum AbandonedFiles {
  /// Removes those in `folder` that would have become a file for whose name `isOwn` holds. Others stay, whatever they are called:
  /// folders, links, devices, and what a process that still runs is writing.
  package static func remove(from folder: String, where isOwn: (String) -> Bool) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let (final, process) = parts(of: name), isOwn(final), isGone(process) else { continue }
      let path = "\(folder)/\(name)"
      var status = stat()
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      unsafe unlink(path)
    }
  }

  /// `NAME.tmp-PROCESS-NUMBER`: the name and the process.
  static func parts(of name: String) -> (name: String, process: pid_t)? {
    guard let match = name.wholeMatch(of: /(.+)\.tmp-([1-9][0-9]*)-([1-9][0-9]*)/), let process = pid_t(match.2) else {
      return nil
    }
    return (String(match.1), process)
  }

  /// Whether a process has ended. This one has no temporary file where it looks for abandoned ones: it has the number of one before.
  private static func isGone(_ process: pid_t) -> Bool {
    process == getpid() || kill(process, 0) != 0 && errno == ESRCH
  }
}
