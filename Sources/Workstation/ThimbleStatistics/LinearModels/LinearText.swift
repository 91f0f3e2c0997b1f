import ThimbleStorage

/// Features as LIBLINEAR's programs read them: a line an image, `label index:value ...`, indices from 1.
package enum LinearText {
  /// Values have as many digits as give the same number back.
  package static func write(_ file: FeatureFile, _ labels: [Int32], _ scale: FeatureScale?, to path: String)
    throws(FileError)
  {
    let output = try AtomicFile(path: path)
    for index in 0..<file.count {
      let row = unsafe file.row(index)
      var line = "\(labels[index])"
      for i in row.indices { line += " \(i + 1):\(Double(unsafe scale.map { unsafe $0.apply(row[i], i) } ?? row[i]))" }
      line += "\n"
      try output.write(line)
    }
    try output.commit()
  }
}
