/* Writes the pixels of a seed, by the generator that `thimble bundle --emit c --name generator` has made an array of. */
#include <stdio.h>
#include <stdlib.h>
#include "thimble.h"

extern const unsigned char generator[];
extern const size_t generator_byte_count;

/* As in firmware: nothing is allocated. */
static union {
  uint8_t bytes[1 << 20];
  uint64_t aligned;
} memory;
static uint8_t pixels[1 << 20];

int main(int count, char **arguments) {
  thimble_model model;
  thimble_error error;
  thimble_generator *maker;
  const uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : 0;
  uint8_t *start = memory.bytes + (64 - (uintptr_t)memory.bytes % 64) % 64;
  char text[256];
  if (thimble_model_open(&model, generator, generator_byte_count, &error) ||
      thimble_generator_create(&model, start, sizeof memory - 64, 1, 1, &maker, &error) ||
      thimble_generate_from_seeds(maker, &seed, 1, pixels, sizeof pixels, &error)) {
    thimble_error_text(&error, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    return 1;
  }
  fwrite(pixels, 1, thimble_image_byte_count(&model), stdout);
  return fflush(stdout) != 0;
}
