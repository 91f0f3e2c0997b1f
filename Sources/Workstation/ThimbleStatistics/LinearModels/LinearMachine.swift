import CLinear
import Foundation
import Synchronization
import ThimbleStorage

/// Linear support vector machines with squared hinge loss, one class against the rest, with a bias: LIBLINEAR's solver 1 (Fan et
/// al.: "LIBLINEAR: A Library for Large Linear Classification", 2008).
///
/// A machine is a function of its examples and C: the same as that of `liblinear-train -s 1 -B 1`.
package struct LinearMachine: Sendable {
  /// The tolerance of the solver's stopping criterion, its program's default.
  package static let tolerance = 0.1

  /// Classes in LIBLINEAR's order.
  package let labels: [Int32]
  private let length: Int
  /// [length + 1][columns]; two classes have one column.
  package let weights: [Double]
  private let columns: Int
  /// Whether the solver came to its tolerance within its limit of rounds (1,000).
  package let isConverged: Bool

  /// The solver visits examples in an order that it draws from the process's one `rand`.
  private static let solver = Mutex(())

  /// Trains on examples.
  package init(_ examples: borrowing LinearExamples, labels given: [Int32], penalty: Double) {
    precondition(given.count == examples.count)
    var (targets, rows) = (given.map { Double($0) }, unsafe examples.rows)
    var parameter = unsafe parameter()
    unsafe parameter.solver_type = Int32(L2R_L2LOSS_SVC_DUAL)
    unsafe (parameter.eps, parameter.C) = (Self.tolerance, penalty)
    // This is the library's only sign that it did not converge.
    unsafe set_print_string_function { text in
      if let text = unsafe text, unsafe strstr(text, "WARNING") != nil { warnings.add(1, ordering: .relaxed) }
    }
    let (address, warned) = unsafe targets.withUnsafeMutableBufferPointer { targets in
      unsafe rows.withUnsafeMutableBufferPointer { rows in
        var problem = unsafe problem(
          l: Int32(given.count), n: Int32(examples.length + 1), y: targets.baseAddress, x: rows.baseAddress, bias: 1)
        return Self.solver.withLock { _ in
          srand(1)
          warnings.store(0, ordering: .relaxed)
          let model = unsafe train(&problem, &parameter)
          return (UInt(bitPattern: model), warnings.load(ordering: .relaxed))
        }
      }
    }
    let model = unsafe UnsafeMutablePointer<model>(bitPattern: address)!
    isConverged = warned == 0
    let classes = unsafe Int(model.pointee.nr_class)
    columns = classes == 2 ? 1 : classes
    length = examples.length
    weights = unsafe Array(UnsafeBufferPointer(start: model.pointee.w, count: (length + 1) * columns))
    labels = (0..<classes).map { unsafe model.pointee.label[$0] }
    var owned: UnsafeMutablePointer? = unsafe model
    unsafe free_and_destroy_model(&owned)
  }

  /// The class of one image's features. Sums run as in LIBLINEAR.
  package func predict(_ features: UnsafeBufferPointer<Float>) -> Int32 {
    precondition(features.count == length)
    var sums = [Double](repeating: 0, count: columns)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      unsafe weights.withUnsafeBufferPointer { weights in
        for i in 0..<length {
          let value = unsafe Double(features[i])
          for c in 0..<columns { unsafe sums[c] += weights[i * columns + c] * value }
        }
        for c in 0..<columns { unsafe sums[c] += weights[length * columns + c] }
      }
    }
    // If the examples of all other classes are held out, the machine has only one class to learn from.
    if columns == 1 { return sums[0] > 0 || labels.count == 1 ? labels[0] : labels[1] }
    return labels[sums.indices.reduce(0) { sums[$1] > sums[$0] ? $1 : $0 }]
  }
}

/// Of the training under way.
private let warnings = Atomic<Int>(0)

/// Rows of features as LIBLINEAR takes them, 16 bytes a number: in memory, or in a nameless file where memory is short.
@safe package struct LinearExamples: ~Copyable {
  package let count: Int
  let length: Int
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  /// Where each row begins.
  let rows: [UnsafeMutablePointer<feature_node>?]

  /// - Parameters:
  ///   - scratch: a folder for what does not fit in memory.
  ///   - memory: bytes that examples may take.
  package init(
    _ indices: [Int], of file: FeatureFile, scale: FeatureScale?, scratch: String,
    memory limit: UInt64 = MemoryLimit.present.byteCount / 2
  ) throws(FileError) {
    (count, length) = (indices.count, file.length)
    let nodes = file.length + 2
    let size = indices.count * nodes * MemoryLayout<feature_node>.stride
    unsafe memory = try unsafe Self.map(size, UInt64(size) > limit ? scratch : nil)
    byteCount = size
    let first = unsafe memory.bindMemory(to: feature_node.self, capacity: indices.count * nodes)
    unsafe rows = indices.indices.map { unsafe first + $0 * nodes }
    for (n, index) in indices.enumerated() {
      let (row, values) = unsafe (first + n * nodes, file.row(index))
      for i in 0..<file.length {
        let value = unsafe scale.map { unsafe $0.apply(values[i], i) } ?? values[i]
        unsafe row[i] = feature_node(index: Int32(i + 1), value: Double(value))
      }
      unsafe row[file.length] = feature_node(index: Int32(file.length + 1), value: 1)
      unsafe row[file.length + 1] = feature_node(index: -1, value: 0)
    }
  }

  private static func map(_ size: Int, _ folder: String?) throws(FileError) -> UnsafeMutableRawPointer {
    var descriptor: Int32 = -1
    if let folder {
      var template = Array("\(folder)/.thimble-XXXXXX".utf8CString)
      descriptor = unsafe mkstemp(&template)
      guard descriptor >= 0 else {
        throw .system(.cannotWrite, file: folder, call: "create", wanted: "room for temporary files", errno: errno)
      }
      unsafe unlink(template)
      // Reserved now: a disk that fills up later would end the process.
      let status = posix_fallocate(descriptor, 0, size)
      guard status == 0 else {
        close(descriptor)
        throw .system(
          .cannotWrite, file: folder, call: "reserve", wanted: "\(size >> 20) MB for temporary files", errno: status)
      }
    }
    let flags = folder == nil ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED
    let memory = unsafe mmap(nil, max(1, size), PROT_READ | PROT_WRITE, flags, descriptor, 0)
    let code = errno
    if descriptor >= 0 { close(descriptor) }
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw .system(.cannotWrite, file: folder ?? "memory", call: "map", wanted: "\(size >> 20) MB", errno: code)
    }
    return unsafe memory
  }

  deinit { unsafe munmap(memory, max(1, byteCount)) }
}
