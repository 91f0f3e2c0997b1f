/// What both programs call themselves.
package enum Version {
  /// Of the package.
  package static let number: StaticString = "0.1.0"
  /// The newest version of the .thimble format that is read.
  package static let format: StaticString = "1.2"
}
