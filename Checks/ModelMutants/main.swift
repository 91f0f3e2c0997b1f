// Mutants of valid models: read, and run if they are accepted. To be built with the address sanitiser (Checks/mutants).
//
//   ModelMutants [--seed S] [--first N] [--count N] MODEL...    exit code 1 if one of them shows a fault
//   ModelMutants [--seed S] --only N [--write FILE] MODEL...    one of them again
//   ModelMutants --try N MODEL     makes an access that the sanitiser must stop; 64 if there is no such number
import Glibc
import Thimble

func usage() -> Never {
  print("usage: ModelMutants [--seed S] [--first N] [--count N] [--only N [--write FILE]] [--try N] MODEL...")
  exit(64)
}

var numbers: [String: Int] = [:]
var output: String?
var paths: [String] = []
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  switch argument {
  case "--seed", "--first", "--count", "--only", "--try":
    guard let number = arguments.popFirst().flatMap({ Int($0) }), number >= 0 else { usage() }
    numbers[argument] = number
  case "--write": output = arguments.popFirst()
  default: paths.append(argument)
  }
}
if paths.isEmpty { usage() }

do {
  var originals: [Original] = []
  for path in paths { originals.append(try Original(path: path)) }
  if let number = numbers["--try"] {
    guard number < Oversight.all.count else { exit(64) }
    let oversight = Oversight.all[number]
    print("\(oversight.set.name), \(oversight.place)")
    fflush(nil)
    try oversight.commit(originals[0])
    exit(0)
  }
  Sanitizer.nameMutantAtDeath()
  var campaign = Campaign(originals: originals, seed: UInt64(numbers["--seed"] ?? 1))
  if let only = numbers["--only"] {
    campaign.show(only, output)
  } else {
    let first = numbers["--first"] ?? 0
    campaign.run(first..<first + (numbers["--count"] ?? 1000))
  }
  exit(campaign.faults == 0 ? 0 : 1)
} catch {
  print("\(paths): \(error). \(error.advice)")
  exit(65)
}
