import Thimble
import ThimbleKernelInterface
import SamplerSupport

// What is printed on standard output instead of images.

/// Prints the text of --help.
func sayHelp() throws(Refusal) {
  try say(
    """
    Images from a generator. The pixels depend only on file and seed: the same
    bytes on every machine.

    thimble-sample GENERATOR.thimble [SEEDS...] [OPTIONS]

      thimble-sample faces.thimble 85 265 --outdir out     out/seed0085.ppm ...
      thimble-sample faces.thimble --grid 8x8 -o grid.ppm  seeds 0 to 63
      thimble-sample faces.thimble 85 --raw > pixels.u8

      SEEDS, --seeds 85,265,600-605
                          which images (default: seed 0)
      --latents FILE      instead of seeds: a safetensors file with an F32 tensor
                          `latents` [N, length], or raw little-endian rows (.f32)
      --class N           class of all images (default: the seed modulo the
                          number of classes)
      --walk 1,2,3        straight lines between the latents of seeds
      --frames N          images per pair of seeds (default 10)
      --grid 8x8          one sheet of columns x rows; without seeds, the first
                          ones that fill it
      -o, --output FILE   file to write; its ending sets the format (default:
                          standard output)
      --outdir DIR        folder for one file per image
      --format FORMAT     ppm (PGM for grey), raw or y4m
      --raw               short for --format raw: u8, height x width x channels,
                          image after image
      --threads N         1 to 64 (default 1)
      --verify GOLDEN.txt only checks the images of a golden file: lines of
                          `sha256-of-the-pixels  seed`
      --memory            prints the memory used; without -o or --outdir, images
                          are not written
      --version           version, format, instruction sets built in, the one in
                          use
      -h, --help          this text

    THIMBLE_ISA=NAME forces an instruction set. Exit codes: 0 done, 64 usage,
    65 bad input data, 66 input missing, 70 a bug, 73 cannot write, 74 read or
    write failed.
    """)
}

/// Prints the versions of program and format, and the instruction sets.
func sayVersion() throws(Refusal) {
  try say("thimble-sample \(Version.number)")
  try say("format \(Version.format)")
  try say("instruction sets \(instructionSets: " ", offeredOnly: false)")
  var name: StaticString = "none: THIMBLE_ISA names one that this machine lacks"
  if let set = try? instructionSetInForce() { name = set.name }
  try say("in force \(name)")
}
