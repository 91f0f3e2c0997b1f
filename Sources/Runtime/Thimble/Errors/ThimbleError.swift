/// What the runtime refuses: one field, what was found in it, what was wanted. Holds no memory of its own, but for the path of a file
/// that cannot be opened, so that it can be thrown where nothing may be allocated.
public struct ThimbleError: Error, Equatable, Sendable {
  /// The kind of refusal.
  public enum Code: UInt8, Sendable {
    /// A file cannot be opened, read or mapped; `found` is the errno.
    case file
    /// The bytes are not a model of this format, or are damaged.
    case format
    /// The file says something that a later version of this library may know.
    case unsupported
    /// The instruction set is unknown, not built in, or not in this machine.
    case instructionSet
    /// The memory that the caller hands over does not do.
    case memory
    /// A call with the wrong counts.
    case arguments
  }

  /// How what was found should have stood to what was wanted.
  public enum Relation: UInt8, Sendable {
    /// Equal to it.
    case equal
    /// Equal or less.
    case atMost
    /// Equal or more.
    case atLeast
    /// A multiple of it.
    case multipleOf
    /// Less than it.
    case below
    /// Nothing of the kind: `wanted` says nothing.
    case other
  }

  /// The kind of refusal.
  public var code: Code
  /// The name of the field, as the page of the format (docs/reference/format.md) calls it.
  public var field: StaticString
  /// The layer whose field it is, or -1.
  public var layer: Int32
  /// What was there.
  public var found: UInt64
  /// How it should have stood to `wanted`.
  public var relation: Relation
  /// What was wanted.
  public var wanted: UInt64
  #if !hasFeature(Embedded)
    /// Of a model file that cannot be opened: the path that the caller gave.
    public internal(set) var path: String?
  #endif

  /// An error about one field.
  package init(
    _ code: Code, _ field: StaticString, layer: Int = -1, found: UInt64 = 0, _ relation: Relation = .other,
    _ wanted: UInt64 = 0
  ) {
    (self.code, self.field, self.layer) = (code, field, Int32(layer))
    (self.found, self.relation, self.wanted) = (found, relation, wanted)
  }

  /// A model file that cannot be opened.
  init(_ path: UnsafePointer<CChar>, systemError: Int32) {
    self.init(.file, "model file", found: UInt64(UInt32(bitPattern: systemError)))
    #if !hasFeature(Embedded)
      unsafe self.path = String(cString: path)
    #endif
  }

  /// Fields are the same if their names are. Paths are not compared.
  public static func == (a: ThimbleError, b: ThimbleError) -> Bool {
    a.code == b.code && a.layer == b.layer && a.found == b.found && a.relation == b.relation && a.wanted == b.wanted
      && a.isAbout(b.field)
  }

  /// Whether the error is about the field of this name.
  public func isAbout(_ name: StaticString) -> Bool {
    guard field.utf8CodeUnitCount == name.utf8CodeUnitCount else { return false }
    for i in 0..<name.utf8CodeUnitCount where unsafe field.utf8Start[i] != name.utf8Start[i] { return false }
    return true
  }
}
