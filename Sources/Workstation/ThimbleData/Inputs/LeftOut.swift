/// Something among the inputs that is not in the set.
package struct LeftOut: Sendable, Equatable {
  /// Why it is not.
  package enum Reason: String, Sendable, CaseIterable {
    case bad = "pictures that cannot be read"
    case notPicture = "files that are not pictures"
    case hidden = "hidden files and folders"
    case archive = "archives and IDX files inside of an input: name them as inputs of their own"
    case brokenLink = "links that lead nowhere"
    case loop = "links to folders that are read already"
    case special = "devices, pipes and sockets"
  }

  /// The path within its input.
  package var name: String
  package var reason: Reason
  /// What more there is to say of it.
  package var detail: String?

  package init(_ name: String, _ reason: Reason, detail: String? = nil) {
    (self.name, self.reason, self.detail) = (name, reason, detail)
  }

  /// The name, and the detail in brackets.
  var text: String { detail.map { "\(name) (\($0))" } ?? name }
}
