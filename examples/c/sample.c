/*
 * Writes the picture of a seed, as PPM or, of a grey generator, as PGM.
 *
 *     cc sample.c -lthimble -o sample
 *     ./sample ../../weights/fashion28/generator.thimble 85 > garment.pgm
 */
#include <stdio.h>
#include <stdlib.h>
#include <thimble.h>

static int tell(const char *file, const thimble_error *error) {
  char text[256];
  thimble_error_text(error, text, sizeof text);
  fprintf(stderr, "sample: %s: %s\n", file, text);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: sample GENERATOR.thimble SEED > PICTURE\n");
    return 64;
  }
  const char *path = arguments[1];
  const uint64_t seed = strtoull(arguments[2], NULL, 10);

  thimble_model model;
  thimble_error error;
  if (thimble_model_map(&model, path, &error)) return tell(path, &error);

  /* All the memory that there will ever be: a generator of one image at a time, for one thread, and its pixels. */
  const size_t memory_byte_count = thimble_generator_byte_count(&model, 1, 1);
  const size_t pixel_byte_count = thimble_image_byte_count(&model);
  void *memory = aligned_alloc(64, memory_byte_count);
  uint8_t *pixels = malloc(pixel_byte_count);
  if (!memory || !pixels) return 1;

  thimble_generator *generator;
  if (thimble_generator_create(&model, memory, memory_byte_count, 1, 1, &generator, &error) ||
      thimble_generate_from_seeds(generator, &seed, 1, pixels, pixel_byte_count, &error)) {
    return tell(path, &error);
  }
  printf("P%d\n%d %d\n255\n", thimble_image_channels(&model) == 1 ? 5 : 6, (int)thimble_image_width(&model),
         (int)thimble_image_height(&model));
  fwrite(pixels, 1, pixel_byte_count, stdout);

  free(pixels);
  free(memory);
  thimble_model_close(&model);
  return fflush(stdout) == 0 ? 0 : 1;
}
