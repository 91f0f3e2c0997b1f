/// What both programs call themselves.
package enum Version {
  /// Of the package. The version's one place is THIMBLE_VERSION in thimble.h; `tools/release --check` compares the two.
  package static let number: StaticString = "0.2.0"
  /// The newest version of the .thimble format that is read.
  package static let format: StaticString = "1.2"
}
