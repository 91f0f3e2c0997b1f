import ThimbleStorage

/// One field of a recipe: all that is known of it beside its stored property, whose initial value is the default.
package struct RecipeField: Sendable {
  package let name: String
  /// What a value is: `a whole number`.
  package let kind: String
  /// What it may be, in words; empty if all values of the type.
  package let range: String
  /// The version of Thimble that knew it first.
  package let since: String
  /// One or two sentences with their source; sections are the paper's.
  package let documentation: String
  /// Each word that it may be, with its meaning, where it is one of several.
  package let choices: [(name: String, meaning: String)]
  /// Whether JSON leaves it out while it has its default. Fields that came later do, so that the text of older recipes, and the
  /// digest of that, stays.
  package internal(set) var isLeftOutByDefault = false

  /// Its value as JSON.
  package let json: @Sendable (Recipe) -> String
  /// What is wrong with its value alone, apart from other fields; nil if nothing is.
  package let refusal: @Sendable (Recipe) -> RecipeRefusal?
  let read: @Sendable (inout Recipe, inout RecipeReader) throws(FileError) -> Void

  /// - Parameter then: what else changes when JSON names the field: the defaults of later fields.
  init<Value: RecipeValue>(
    _ name: String, _ path: WritableKeyPath<Recipe, Value> & Sendable, _ range: RecipeRange<Value> = .any,
    since: String = "0.1.0", then: @escaping @Sendable (inout Recipe) -> Void = { _ in }, documentation: String
  ) {
    self.name = name
    kind = Value.kind
    self.range = range.words
    self.since = since
    self.documentation = documentation
    choices = Value.choices
    json = { $0[keyPath: path].recipeJSON }
    refusal = { range.refusal($0[keyPath: path]) }
    read = { recipe, reader throws(FileError) in
      guard let value: Value = try reader.take(name) else { return }
      recipe[keyPath: path] = value
      then(&recipe)
    }
  }

  /// Whether a recipe's JSON names it.
  func isNamed(in recipe: Recipe) -> Bool { !isLeftOutByDefault || json(recipe) != json(Recipe()) }
}
