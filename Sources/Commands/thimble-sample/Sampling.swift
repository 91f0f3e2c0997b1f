import Thimble
import SamplerSupport

/// Makes the images that were asked for, and writes them.
func sample(_ options: Options) throws(Refusal) {
  let path = options.generator!
  if let output = options.output { try refuseSameFile(path, output) }
  let sampler = try Sampler(path)
  let format = try options.resolvedFormat()
  try checkChannels(sampler.shape.channels, format, isSheet: options.grid != nil, path)
  var latents = try ImageLatents(options, sampler)
  if let grid = options.grid, UInt64(grid.columns * grid.rows) < latents.count {
    throw usage("--grid: found room for \(grid.columns * grid.rows) images, wanted \(latents.count)")
  }
  let pictures = try Pictures(format, sampler.shape, options.grid)
  let threads = startThreads(options.threads)
  if let outdir = options.outdir {
    try writeFolder(outdir, sampler, &latents, pictures)
  } else if let output = options.output, !options.isPiped {
    let names = try room(Text(output).count + Output.longestSuffix)
    try write(sampler, &latents, pictures, to: try Output(output, names: names))
    tell("\(path: output): \(latents.made) image\(latents.made == 1 ? "" : "s")")
  } else {
    try write(sampler, &latents, pictures, to: Output(discarding: options.isDry))
  }
  if options.memory { try tellMemory(sampler, pictures, threads: threads) }
}

/// Refuses formats and sheets that cannot hold images with this many channels.
@inline(never)
private func checkChannels(_ channels: UInt32, _ format: Format, isSheet: Bool, _ path: Path) throws(Refusal) {
  if channels == 1 || channels == 3 || !isSheet && format == .raw { return }
  let kind: StaticString = isSheet ? "a grid" : format == .ppm ? "ppm" : "y4m"
  throw refusal(
    .usage, "\(path: path): channels: found \(Int(channels)), wanted 1 (grey) or 3 (colour) for \(kind)",
    advice: "Use --raw without --grid: it holds any number of channels.")
}

/// Writes all images, or their sheet, into one file.
@inline(never)
private func write(_ sampler: Sampler, _ latents: inout ImageLatents, _ pictures: Pictures, to output: consuming Output)
  throws(Refusal)
{
  try pictures.begin(output)
  if let sheet = pictures.sheet {
    try writeSheet(sheet, sampler, &latents, pictures, output)
  } else {
    while latents.made < latents.count { try pictures.write(picture: try sampler.next(&latents), output) }
  }
  try output.commit()
}

/// Writes a sheet, one row of images after the other. A film needs its planes one after the other: its images are made three times.
@inline(never)
private func writeSheet(
  _ sheet: SheetShape, _ sampler: Sampler, _ latents: inout ImageLatents, _ pictures: Pictures,
  _ output: borrowing Output
) throws(Refusal) {
  try pictures.beginPicture(output)
  for pass in 0..<pictures.passes {
    if pass > 0 { try latents.rewind() }
    for _ in 0..<sheet.rows {
      pictures.strip.initializeMemory(as: UInt8.self, repeating: 255)
      for column in 0..<sheet.columns where latents.made < latents.count {
        sheet.place(try sampler.next(&latents), column: column, strip: pictures.strip)
      }
      try pictures.write(UnsafeRawBufferPointer(pictures.strip), pass: pass, output)
    }
    let lastLines = UnsafeMutableRawBufferPointer(
      rebasing: pictures.strip[..<(SheetShape.padding * sheet.lineByteCount)])
    lastLines.initializeMemory(as: UInt8.self, repeating: 255)
    try pictures.write(UnsafeRawBufferPointer(lastLines), pass: pass, output)
  }
}

/// Writes one file an image.
@inline(never)
private func writeFolder(_ path: Path, _ sampler: Sampler, _ latents: inout ImageLatents, _ pictures: Pictures)
  throws(Refusal)
{
  let folder = try Folder(path)
  let names = try room(folder.nameByteCount)
  while latents.made < latents.count {
    let image = try sampler.next(&latents)
    let output = try Output(folder.named(latents.name, pictures.ending), names: names)
    try pictures.begin(output)
    try pictures.write(picture: image, output)
    try output.commit()
  }
  tell("\(path: path): \(latents.made) files")
}
