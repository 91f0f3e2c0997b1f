/// The page docs/reference/recipe.md, from the list of fields.
package enum RecipeReference {
  package static var page: String {
    let sections: [(title: String, introduction: String, fields: [RecipeField])] = [
      ("The networks", "", RecipeField.networks), ("Training", "", RecipeField.training),
      (
        "Additions",
        "These came after the first recipes. A recipe that Thimble writes names one of them only where it differs from its default.",
        RecipeField.additions
      ),
    ]
    return introduction
      + sections.map { section in
        "\n## \(section.title)\n" + (section.introduction.isEmpty ? "" : "\n\(section.introduction)\n")
          + section.fields.map(text).joined()
      }.joined()
  }

  private static let introduction = """
    # Fields of a recipe

    A recipe is a JSON object: everything that a training depends on, beside the images. A field that is left out has its default; \
    an unknown field or an impossible value is refused. `thimble train --print-recipe` prints a recipe with all its fields.

    Sections and figures are those of the paper (Radford, Metz, Chintala: "Unsupervised Representation Learning with Deep \
    Convolutional Generative Adversarial Networks", 2015).

    `thimble train --document-recipe` writes this page.

    """

  private static func text(_ field: RecipeField) -> String {
    let (authors, common) = (field.json(Recipe()), field.json(Recipe(geometry: .common)))
    let portDefault = authors == common ? "" : ", or `\(common)` with the geometry `\"common\"`"
    let allowed = field.range.isEmpty ? "" : ", \(field.range)"
    let choices = field.choices.map { "\n- `\"\($0.name)\"`: \($0.meaning)" }.joined()
    return """

      ### \(field.name)

      \(field.documentation)

      \(field.kind.prefix(1).uppercased())\(field.kind.dropFirst())\(allowed). Default: `\(authors)`\(portDefault). Since version \
      \(field.since).

      """ + (choices.isEmpty ? "" : choices + "\n")
  }
}
