import Thimble
import ThimbleKernelInterface
import SamplerSupport

// What is told on standard output instead of images.

/// What --help tells.
func sayHelp() throws(Refusal) {
  try say(
    """
    Images from a generator. The pixels are a function of file and seed alone: the same bytes on every machine.

    thimble-sample GENERATOR.thimble [SEEDS...] [OPTIONS]

      thimble-sample faces.thimble 85 265 600-605 --outdir out    out/seed0085.ppm ...
      thimble-sample faces.thimble --grid 8x8 -o grid.ppm         seeds 0 to 63
      thimble-sample faces.thimble 85 --raw > pixels.u8

      SEEDS, --seeds 85,265,600-605   which images; seed 0 without any
      --latents FILE      instead of seeds: a safetensors file with an F32 tensor `latents` [N, length], or raw
                          little-endian rows (.f32)
      --class N           the class of all seeds; a seed's own, without it, is the seed modulo the classes
      --walk 1,2,3        from seed to seed in a straight line through latents
      --frames N          images for each two seeds of a walk; 10 unless told
      --grid 8x8          one sheet of columns x rows; without seeds, the first ones that fill it
      -o, --output FILE   the file to write; its ending tells the format. Without it, standard output
      --outdir DIR        a folder for one file an image
      --format FORMAT     ppm (PGM for grey), raw or y4m
      --raw               short for --format raw: u8, height x width x channels, image after image
      --threads N         1 to 64; 1 unless told
      --verify GOLDEN.txt makes no image, but checks those of a golden file: lines of `sha256-of-the-pixels  seed`
      --memory            tells the memory that all this takes; without -o or --outdir, images are not written
      --version           version, format, instruction sets built in, the one in force
      -h, --help          this text

    THIMBLE_ISA=NAME forces an instruction set. Exit codes: 0 done, 64 usage, 65 bad input data, 66 input missing,
    70 our fault, 73 cannot write, 74 read or write failed.
    """)
}

/// The version of the program, that of the format, and the instruction sets.
func sayVersion() throws(Refusal) {
  try say("thimble-sample \(Version.number)")
  try say("format \(Version.format)")
  try say("instruction sets \(instructionSets: " ", offeredOnly: false)")
  var name: StaticString = "none: THIMBLE_ISA names one that this machine lacks"
  if let set = try? instructionSetInForce() { name = set.name }
  try say("in force \(name)")
}
