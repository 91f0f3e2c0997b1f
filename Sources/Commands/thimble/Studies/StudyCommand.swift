import ArgumentParser

struct StudyCommand: ParsableCommand {
  /// All studies. A new one is a type of its own in this folder, and a place in this list.
  static var studies: [any ParsableCommand.Type] { [GuidelineStudy.self] }

  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Compare trainings with each other.", subcommands: studies)
}
