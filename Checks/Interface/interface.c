/*
 * What thimble.h promises, asked for by bad calls and by good ones: `interface GENERATOR.thimble FOLDER [SET]`. FOLDER takes
 * files that are no models; SET is the instruction set that should be in force. Each line of output is a promise that was not
 * kept; the exit code is 1 if there is one.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "thimble.h"

static int broken;
#define HOLDS(condition) \
  do { \
    if (!(condition)) broken = 1, printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
  } while (0)

static thimble_error error;

/* Whether the last call was refused with this status, about this field. */
static int refused(int32_t status, int32_t wanted, const char *field) {
  char text[256];
  const int same = status == wanted && error.status == wanted && error.field && strcmp(error.field, field) == 0;
  thimble_error_text(&error, text, sizeof text);
  if (!same) printf("status %d, wanted %d about '%s': %s\n", (int)status, (int)wanted, field, status ? text : "");
  memset(&error, 0xEE, sizeof error);
  return same;
}

static void *aligned(size_t byte_count) {
  void *memory = aligned_alloc(64, (byte_count + 63) / 64 * 64);
  if (!memory) exit(70);
  return memory;
}

static uint8_t *read_file(const char *path, size_t *byte_count) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) exit(66);
  *byte_count = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = aligned(*byte_count + 64);
  if (fread(bytes, 1, *byte_count, file) != *byte_count) exit(74);
  fclose(file);
  return bytes;
}

static void files(const char *path, const char *folder) {
  thimble_model model, untouched;
  char other[4096];
  memset(&model, 0xA5, sizeof model);
  memcpy(&untouched, &model, sizeof model);
  HOLDS(refused(thimble_model_map(NULL, path, &error), THIMBLE_BAD_ARGUMENTS, "model, null or not open"));
  HOLDS(refused(thimble_model_map(&model, NULL, &error), THIMBLE_BAD_ARGUMENTS, "path, null"));
  snprintf(other, sizeof other, "%s/none", folder);
  int32_t status = thimble_model_map(&model, other, &error);
  HOLDS(error.found == ENOENT);
  HOLDS(refused(status, THIMBLE_BAD_FILE, "model file"));
  status = thimble_model_map(&model, folder, &error);
  HOLDS(error.found == EISDIR);
  HOLDS(refused(status, THIMBLE_BAD_FILE, "model file"));
  snprintf(other, sizeof other, "%s/empty", folder);
  fclose(fopen(other, "wb"));
  status = thimble_model_map(&model, other, &error);
  HOLDS(error.found == EINVAL);
  HOLDS(refused(status, THIMBLE_BAD_FILE, "model file"));
  snprintf(other, sizeof other, "%s/text", folder);
  FILE *file = fopen(other, "wb");
  for (int i = 0; i < 100; i++) fprintf(file, "no model\n");
  fclose(file);
  HOLDS(refused(thimble_model_map(&model, other, &error), THIMBLE_BAD_FORMAT, "magic"));
  HOLDS(memcmp(&model, &untouched, sizeof model) == 0);
  /* Without a place for the error, too. */
  HOLDS(thimble_model_map(&model, other, NULL) == THIMBLE_BAD_FORMAT);
  setenv("THIMBLE_ISA", "abacus", 1);
  HOLDS(refused(thimble_model_map(&model, path, &error), THIMBLE_BAD_INSTRUCTION_SET, "THIMBLE_ISA, an unknown name"));
  setenv("THIMBLE_ISA", "portable", 1);
  HOLDS(thimble_model_map(&model, path, &error) == 0 && strcmp(thimble_instruction_set(&model), "portable") == 0);
  unsetenv("THIMBLE_ISA");
  thimble_model_close(&model);
}

static void bytes_in_memory(const char *path) {
  size_t byte_count;
  uint8_t *bytes = read_file(path, &byte_count);
  thimble_model model;
  HOLDS(refused(thimble_model_open(NULL, bytes, byte_count, &error), THIMBLE_BAD_ARGUMENTS, "model, null or not open"));
  HOLDS(refused(thimble_model_open(&model, NULL, byte_count, &error), THIMBLE_BAD_ARGUMENTS, "bytes, null"));
  HOLDS(refused(thimble_model_open(&model, bytes, 0, &error), THIMBLE_BAD_FORMAT, "byte count"));
  HOLDS(refused(thimble_model_open(&model, bytes, SIZE_MAX, &error), THIMBLE_BAD_FORMAT, "file byte count"));
  HOLDS(refused(thimble_model_open(&model, bytes, byte_count - 64, &error), THIMBLE_BAD_FORMAT, "file byte count"));
  memmove(bytes + 4, bytes, byte_count);
  const int32_t status = thimble_model_open(&model, bytes + 4, byte_count, &error);
  HOLDS(error.relation == THIMBLE_MULTIPLE_OF && error.wanted == 64);
  HOLDS(refused(status, THIMBLE_BAD_MEMORY, "address of the model"));
  memmove(bytes, bytes + 4, byte_count);
  bytes[byte_count / 2] ^= 1;
  HOLDS(refused(thimble_model_open(&model, bytes, byte_count, &error), THIMBLE_BAD_FORMAT, "CRC-32C"));
  bytes[byte_count / 2] ^= 1;
  HOLDS(thimble_model_open(&model, bytes, byte_count, &error) == 0);
  thimble_model_close(&model);
  HOLDS(thimble_image_byte_count(&model) == 0);
  thimble_model_close(&model);
  thimble_model_close(NULL);
  free(bytes);
}

static void queries(const thimble_model *model) {
  size_t byte_count = 1;
  const char *metadata = thimble_metadata(model, &byte_count);
  HOLDS(metadata && byte_count > 1 && metadata[0] == '{' && metadata[byte_count - 1] == '}');
  HOLDS(thimble_metadata(model, NULL) == metadata);
  HOLDS(thimble_image_byte_count(model) ==
        (size_t)thimble_image_height(model) * thimble_image_width(model) * thimble_image_channels(model));
  HOLDS(thimble_latent_length(model) > 0 && thimble_latent_distribution(model) >= 0);
  const size_t one = thimble_generator_byte_count(model, 1, 1), two = thimble_generator_byte_count(model, 2, 1);
  HOLDS(one > 0 && one % 64 == 0 && two > one && thimble_generator_byte_count(model, 3, 1) - two == two - one);
  static const thimble_model closed;
  const thimble_model *none[] = {NULL, &closed};
  for (int i = 0; i < 2; i++) {
    HOLDS(thimble_image_height(none[i]) == 0 && thimble_image_width(none[i]) == 0);
    HOLDS(thimble_image_channels(none[i]) == 0 && thimble_image_byte_count(none[i]) == 0);
    HOLDS(thimble_latent_length(none[i]) == 0 && thimble_latent_distribution(none[i]) == -1);
    HOLDS(!thimble_instruction_set(none[i]) && thimble_generator_byte_count(none[i], 1, 1) == 0);
    HOLDS(!thimble_metadata(none[i], &byte_count) && byte_count == 0);
  }
  const size_t wrong[] = {0, 65537, SIZE_MAX};
  for (int i = 0; i < 3; i++) {
    HOLDS(thimble_generator_byte_count(model, wrong[i], 1) == 0 && thimble_generator_byte_count(model, 1, wrong[i]) == 0);
  }
}

static void creation(const thimble_model *model) {
  const size_t byte_count = thimble_generator_byte_count(model, 2, 3);
  uint8_t *memory = aligned(byte_count + 64);
  thimble_generator *generator = NULL;
#define CREATE(m, p, n, i, w, g) thimble_generator_create(m, p, n, i, w, g, &error)
  HOLDS(refused(CREATE(NULL, memory, byte_count, 2, 3, &generator), THIMBLE_BAD_ARGUMENTS, "model, null or not open"));
  HOLDS(refused(CREATE(model, NULL, byte_count, 2, 3, &generator), THIMBLE_BAD_ARGUMENTS, "memory, null"));
  HOLDS(refused(CREATE(model, memory, byte_count, 2, 3, NULL), THIMBLE_BAD_ARGUMENTS, "generator, null"));
  HOLDS(refused(CREATE(model, memory, byte_count - 1, 2, 3, &generator), THIMBLE_BAD_MEMORY, "memory byte count"));
  HOLDS(refused(CREATE(model, memory, 0, 2, 3, &generator), THIMBLE_BAD_MEMORY, "memory byte count"));
  HOLDS(refused(CREATE(model, memory + 32, byte_count, 2, 3, &generator), THIMBLE_BAD_MEMORY, "address of the memory"));
  HOLDS(refused(CREATE(model, memory, byte_count, 0, 3, &generator), THIMBLE_BAD_ARGUMENTS, "images"));
  HOLDS(refused(CREATE(model, memory, byte_count, SIZE_MAX, 3, &generator), THIMBLE_BAD_ARGUMENTS, "images"));
  HOLDS(refused(CREATE(model, memory, byte_count, 2, 65537, &generator), THIMBLE_BAD_ARGUMENTS, "workers"));
  HOLDS(generator == NULL);
  HOLDS(CREATE(model, memory, byte_count, 2, 3, &generator) == 0 && generator);
  free(memory);
}

typedef struct {
  void (*body)(void *, size_t);
  void *context;
  size_t first, end, step;
} loop;

static void *run_loop(void *argument) {
  const loop *l = argument;
  for (size_t i = l->first; i < l->end; i += l->step) l->body(l->context, i);
  return NULL;
}

static void backwards(void *calls, size_t count, void (*body)(void *, size_t), void *context) {
  ++*(int *)calls;
  while (count--) body(context, count);
}

static void in_threads(void *calls, size_t count, void (*body)(void *, size_t), void *context) {
  pthread_t threads[3];
  loop loops[3];
  ++*(int *)calls;
  for (size_t i = 0; i < 3; i++) {
    loops[i] = (loop){body, context, i, count, 3};
    if (pthread_create(&threads[i], NULL, run_loop, &loops[i])) exit(71);
  }
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
}

static void generation(const thimble_model *model) {
  enum { images = 3 };
  const size_t size = thimble_image_byte_count(model), length = thimble_latent_length(model);
  const size_t byte_count = thimble_generator_byte_count(model, images, 1);
  uint8_t *memory = aligned(byte_count + 64), *pixels = malloc(images * size + 64), *again = malloc(images * size);
  int16_t *latents = malloc(images * length * sizeof *latents);
  const uint64_t seeds[images + 1] = {85, 0, UINT64_MAX, 1};
  thimble_generator *generator;
  memset(memory, 0x5A, byte_count + 64);
  memset(pixels, 0xA5, images * size + 64);
  HOLDS(thimble_generator_create(model, memory, byte_count, images, 1, &generator, &error) == 0);

#define SEEDS(g, s, n, p, b) thimble_generate_from_seeds(g, s, n, p, b, &error)
#define LATENTS(g, l, n, p, b) thimble_generate_from_latents(g, l, n, p, b, &error)
  HOLDS(refused(SEEDS(NULL, seeds, 1, pixels, size), THIMBLE_BAD_ARGUMENTS, "generator, null"));
  HOLDS(refused(SEEDS(generator, NULL, 1, pixels, size), THIMBLE_BAD_ARGUMENTS, "seeds, null"));
  HOLDS(refused(SEEDS(generator, seeds, 1, NULL, size), THIMBLE_BAD_ARGUMENTS, "pixels, null"));
  HOLDS(refused(SEEDS(generator, seeds, 4, pixels, 4 * size), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(refused(SEEDS(generator, seeds, SIZE_MAX, pixels, size), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(refused(SEEDS(generator, seeds, 3, pixels, 3 * size - 1), THIMBLE_BAD_ARGUMENTS, "pixels"));
  HOLDS(refused(LATENTS(NULL, latents, 1, pixels, size), THIMBLE_BAD_ARGUMENTS, "generator, null"));
  HOLDS(refused(LATENTS(generator, NULL, 1, pixels, size), THIMBLE_BAD_ARGUMENTS, "latents, null"));
  HOLDS(refused(LATENTS(generator, latents, 1, NULL, size), THIMBLE_BAD_ARGUMENTS, "pixels, null"));
  HOLDS(refused(LATENTS(generator, latents, 4, pixels, 4 * size), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(refused(LATENTS(generator, latents, SIZE_MAX / 2, pixels, size), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(SEEDS(generator, NULL, 0, NULL, 0) == 0 && LATENTS(generator, NULL, 0, NULL, 0) == 0);
  for (size_t i = 0; i < images * size + 64; i++) HOLDS(pixels[i] == 0xA5);

  HOLDS(SEEDS(generator, seeds, 3, pixels, 3 * size) == 0);
  for (size_t i = 0; i < 64; i++) HOLDS(pixels[images * size + i] == 0xA5 && memory[byte_count + i] == 0x5A);
  for (int i = 0; i < 3; i++) HOLDS(thimble_latent_of_seed(model, seeds[i], latents + i * length, length, &error) == 0);
  HOLDS(LATENTS(generator, latents, 3, again, SIZE_MAX) == 0 && memcmp(again, pixels, images * size) == 0);

  int calls = 0;
  const thimble_parallel_for runners[] = {backwards, in_threads};
  for (int i = 0; i < 2; i++) {
    memset(again, 0, images * size);
    thimble_generator_share_work(generator, runners[i], &calls);
    HOLDS(SEEDS(generator, seeds, 3, again, 3 * size) == 0 && memcmp(again, pixels, images * size) == 0);
    HOLDS(calls > 1);
    calls = 0;
    HOLDS(LATENTS(generator, latents, 3, again, 3 * size) == 0 && memcmp(again, pixels, images * size) == 0);
    HOLDS(calls > 1);
    calls = 0;
  }
  thimble_generator_share_work(generator, NULL, NULL);
  HOLDS(SEEDS(generator, seeds, 1, again, size) == 0 && calls == 0 && memcmp(again, pixels, size) == 0);
  thimble_generator_share_work(NULL, backwards, NULL);
  free(memory), free(pixels), free(again), free(latents);
}

static void latents(const thimble_model *model) {
  const float values[] = {0.5f, -1, 1e9f, -INFINITY, 0.5f / 4096, 1.5f / 4096, -0.5f / 4096, 7.9999f, NAN, 1};
  const int16_t wanted[] = {2048, -4096, 32767, -32768, 0, 2, 0, 32767, 77, 77};
  int16_t found[10];
  for (int i = 0; i < 10; i++) found[i] = 77;
  HOLDS(thimble_latents_from_floats(values, 8, found, &error) == 0 && memcmp(found, wanted, sizeof found) == 0);
  const int32_t status = thimble_latents_from_floats(values, 10, found, &error);
  HOLDS(error.found == 8 && memcmp(found, wanted, sizeof found) == 0);
  HOLDS(refused(status, THIMBLE_BAD_ARGUMENTS, "index of a value that is no number"));
  HOLDS(refused(thimble_latents_from_floats(NULL, 1, found, &error), THIMBLE_BAD_ARGUMENTS, "values, null"));
  HOLDS(refused(thimble_latents_from_floats(values, 1, NULL, &error), THIMBLE_BAD_ARGUMENTS, "latents, null"));
  HOLDS(thimble_latents_from_floats(NULL, 0, NULL, &error) == 0);
  const size_t length = thimble_latent_length(model);
  HOLDS(refused(thimble_latent_of_seed(NULL, 1, found, 9, &error), THIMBLE_BAD_ARGUMENTS, "model, null or not open"));
  HOLDS(refused(thimble_latent_of_seed(model, 1, NULL, length, &error), THIMBLE_BAD_ARGUMENTS, "latent, null"));
  HOLDS(refused(thimble_latent_of_seed(model, 1, found, length - 1, &error), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(refused(thimble_latent_of_class(NULL, 1, 0, found, 9, &error), THIMBLE_BAD_ARGUMENTS, "model, null or not open"));
  HOLDS(refused(thimble_latent_of_class(model, 1, 0, NULL, length, &error), THIMBLE_BAD_ARGUMENTS, "latent, null"));
  HOLDS(refused(thimble_latent_of_class(model, 1, 0, found, length - 1, &error), THIMBLE_BAD_ARGUMENTS, "count"));
  HOLDS(refused(thimble_latent_of_class(model, 1, thimble_class_count(model), found, length, &error),
                THIMBLE_BAD_ARGUMENTS, "class"));
  HOLDS(thimble_class_count(NULL) == 0);
}

/* Pointers aligned to less than their types: refused, or used all the same; nothing ends the program. */
static void alignment(const thimble_model *model, const char *path) {
  const size_t length = thimble_latent_length(model), size = thimble_image_byte_count(model);
  const size_t byte_count = thimble_generator_byte_count(model, 1, 1);
  uint8_t *memory = aligned(byte_count), *room = aligned(sizeof(thimble_model) + 8 * length + 64), *pixels = malloc(size + 1);
  memset(room, 0, sizeof(thimble_model) + 8 * length + 64);
  thimble_generator *generator;
  HOLDS(thimble_generator_create(model, memory, byte_count, 1, 1, &generator, &error) == 0);
#define AT(type, offset) ((type *)(void *)(room + (offset)))
  for (int offset = 1; offset < 8; offset++) {
    int32_t status = thimble_generate_from_seeds(generator, AT(uint64_t, offset), 1, pixels, size, &error);
    HOLDS(error.relation == THIMBLE_MULTIPLE_OF && error.wanted == 8 && error.found == (uintptr_t)(room + offset));
    HOLDS(refused(status, THIMBLE_BAD_ARGUMENTS, "address of the seeds"));
    HOLDS(refused(thimble_model_map(AT(thimble_model, offset), path, &error), THIMBLE_BAD_ARGUMENTS,
                  "address of the model's place"));
    HOLDS(refused(thimble_model_open(AT(thimble_model, offset), memory, 64, &error), THIMBLE_BAD_ARGUMENTS,
                  "address of the model's place"));
    HOLDS(refused(thimble_latent_of_seed(AT(thimble_model, offset), 1, AT(int16_t, 0), length, &error),
                  THIMBLE_BAD_ARGUMENTS, "address of the model's place"));
    HOLDS(thimble_image_byte_count(AT(thimble_model, offset)) == 0 && !thimble_metadata(AT(thimble_model, offset), NULL));
    thimble_model_close(AT(thimble_model, offset));
    if (offset % 4 != 0) {
      HOLDS(refused(thimble_latents_from_floats(AT(float, offset), 1, AT(int16_t, 0), &error), THIMBLE_BAD_ARGUMENTS,
                    "address of the values"));
    }
    if (offset % 2 == 0) continue;
    HOLDS(refused(thimble_generate_from_latents(generator, AT(int16_t, offset), 1, pixels, size, &error),
                  THIMBLE_BAD_ARGUMENTS, "address of the latents"));
    HOLDS(refused(thimble_latents_from_floats(AT(float, 64), 1, AT(int16_t, offset), &error), THIMBLE_BAD_ARGUMENTS,
                  "address of the latents"));
    HOLDS(refused(thimble_latent_of_seed(model, 1, AT(int16_t, offset), length, &error), THIMBLE_BAD_ARGUMENTS,
                  "address of the latent"));
    if (thimble_class_count(model) == 0) continue;
    HOLDS(refused(thimble_latent_of_class(model, 1, 0, AT(int16_t, offset), length, &error), THIMBLE_BAD_ARGUMENTS,
                  "address of the latent"));
  }
  HOLDS(refused(thimble_generate_from_seeds((thimble_generator *)(void *)(memory + 8), AT(uint64_t, 0), 1, pixels, size, &error),
                THIMBLE_BAD_ARGUMENTS, "address of the generator"));
  thimble_generator_share_work((thimble_generator *)(void *)(memory + 8), NULL, NULL);
  /* What may lie anywhere: an error, a size, the place of a generator, pixels, a text. */
  thimble_error whole;
  HOLDS(thimble_generate_from_seeds(NULL, AT(uint64_t, 0), 1, pixels, size, AT(thimble_error, 3)) == THIMBLE_BAD_ARGUMENTS);
  memcpy(&whole, room + 3, sizeof whole);
  HOLDS(whole.status == THIMBLE_BAD_ARGUMENTS && strcmp(whole.field, "generator, null") == 0);
  char text[256];
  HOLDS(thimble_error_text(AT(thimble_error, 3), text, sizeof text) > 10 && strncmp(text, "generator, null", 15) == 0);
  size_t count, copy;
  HOLDS(thimble_metadata(model, &count) == thimble_metadata(model, AT(size_t, 5)));
  memcpy(&copy, room + 5, sizeof copy);
  HOLDS(copy == count && count > 1);
  HOLDS(thimble_generator_create(model, memory, byte_count, 1, 1, AT(thimble_generator *, 1), &error) == 0);
  memcpy(&generator, room + 1, sizeof generator);
  HOLDS(generator == (thimble_generator *)(void *)memory);
  memset(room, 0, 64);
  HOLDS(thimble_generate_from_seeds(generator, AT(uint64_t, 0), 1, pixels + 1, size, &error) == 0);
  free(memory), free(room), free(pixels);
}

/* Memory that is two things at once. */
static void overlaps(thimble_model *model) {
  const size_t size = thimble_image_byte_count(model), length = thimble_latent_length(model);
  const size_t byte_count = thimble_generator_byte_count(model, 1, 1);
  uint8_t *memory = aligned(byte_count + size), *pixels = aligned(size + 2 * length + 64), *wanted = malloc(size);
  thimble_generator *generator;
  const uint64_t seed = 85;
  HOLDS(thimble_generator_create(model, memory, byte_count, 1, 1, &generator, &error) == 0);
  HOLDS(thimble_generate_from_seeds(generator, &seed, 1, wanted, size, &error) == 0);
  HOLDS(refused(thimble_generate_from_seeds(generator, &seed, 1, memory + byte_count - 1, size, &error),
                THIMBLE_BAD_ARGUMENTS, "pixels, over the generator's memory"));
  HOLDS(thimble_generate_from_seeds(generator, &seed, 1, memory + byte_count, size, &error) == 0);
  HOLDS(memcmp(memory + byte_count, wanted, size) == 0);
  memcpy(pixels, &seed, sizeof seed);
  HOLDS(thimble_generate_from_seeds(generator, (const uint64_t *)(const void *)pixels, 1, pixels, size, &error) == 0);
  HOLDS(memcmp(pixels, wanted, size) == 0);
  HOLDS(thimble_latent_of_seed(model, seed, (int16_t *)(void *)pixels, length, &error) == 0);
  HOLDS(refused(thimble_generate_from_latents(generator, (int16_t *)(void *)pixels, 1, memory, size, &error),
                THIMBLE_BAD_ARGUMENTS, "pixels, over the generator's memory"));
  HOLDS(thimble_generate_from_latents(generator, (int16_t *)(void *)pixels, 1, pixels, size, &error) == 0);
  HOLDS(memcmp(pixels, wanted, size) == 0);
  HOLDS(refused(thimble_latent_of_seed(model, 1, (int16_t *)(void *)model, length, &error), THIMBLE_BAD_ARGUMENTS,
                "latent, inside the model"));
  thimble_model *inside = aligned(sizeof *inside + byte_count);
  HOLDS(refused(thimble_model_open(inside, inside, sizeof *inside, &error), THIMBLE_BAD_ARGUMENTS,
                "model, inside its own bytes"));
  float values[] = {0.5f, -1, 0.25f, 1};
  HOLDS(refused(thimble_latents_from_floats(values, 4, (int16_t *)(void *)(values + 1), &error), THIMBLE_BAD_ARGUMENTS,
                "latents, over values not read yet"));
  const int16_t latents[] = {2048, -4096, 1024, 4096};
  HOLDS(thimble_latents_from_floats(values, 4, (int16_t *)(void *)values, &error) == 0);
  HOLDS(memcmp(values, latents, sizeof latents) == 0);
  free(memory), free(pixels), free(wanted), free(inside);
}

/* A caller's rounding shows in nothing. */
static void rounding(const thimble_model *model) {
  static const int modes[] = {
      FE_TONEAREST,
#ifdef FE_UPWARD
      FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO,
#endif
  };
  const float values[] = {0.25f / 4096, -0.25f / 4096, 0.5f / 4096, 0.75f / 4096, 1.5f / 4096, -1.5f / 4096, 2.5f / 4096,
                          1e-45f, -1e-45f, 7.99999f, -8, 1e38f};
  const int16_t wanted[] = {0, 0, 0, 1, 2, -2, 2, 0, 0, 32767, -32768, 32767};
  const size_t size = thimble_image_byte_count(model), byte_count = thimble_generator_byte_count(model, 1, 1);
  uint8_t *memory = aligned(byte_count), *first = malloc(size), *pixels = malloc(size);
  thimble_generator *generator;
  const uint64_t seed = 85;
  HOLDS(thimble_generator_create(model, memory, byte_count, 1, 1, &generator, &error) == 0);
  HOLDS(thimble_generate_from_seeds(generator, &seed, 1, first, size, &error) == 0);
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    int16_t found[12];
    fesetround(modes[i]);
    const int32_t status = thimble_latents_from_floats(values, 12, found, &error);
    const int32_t generated = thimble_generate_from_seeds(generator, &seed, 1, pixels, size, &error);
    HOLDS(fegetround() == modes[i]);
    fesetround(FE_TONEAREST);
    HOLDS(status == 0 && memcmp(found, wanted, sizeof wanted) == 0);
    HOLDS(generated == 0 && memcmp(pixels, first, size) == 0);
  }
  free(memory), free(first), free(pixels);
}

/* A class stands behind the drawn numbers: 4096 for it, 0 for the others; a seed's own is the seed modulo the classes. */
static void classes(const thimble_model *model) {
  const uint32_t count = thimble_class_count(model);
  if (count == 0) return;
  const size_t length = thimble_latent_length(model), drawn = length - count;
  int16_t *own = calloc(length + 1, 2), *other = calloc(length + 1, 2);
  own[length] = other[length] = 77;
  for (uint64_t seed = 5; seed < 5 + 2 * count; seed++) {
    HOLDS(thimble_latent_of_seed(model, seed, own, length, &error) == 0);
    for (uint32_t chosen = 0; chosen < count; chosen++) {
      HOLDS(thimble_latent_of_class(model, seed, chosen, other, length, &error) == 0);
      HOLDS(memcmp(own, other, 2 * drawn) == 0);
      HOLDS((memcmp(own, other, 2 * length) == 0) == (seed % count == chosen));
      for (uint32_t i = 0; i < count; i++) HOLDS(other[drawn + i] == (i == chosen ? 4096 : 0));
    }
  }
  HOLDS(own[length] == 77 && other[length] == 77);
  free(own), free(other);
}

static void texts(void) {
  const thimble_error e = {THIMBLE_BAD_FORMAT, 3, THIMBLE_AT_MOST, 0, 17, 16, "kernel"};
  const char *whole = "layer 3 kernel: found 17, wanted 16 at most\n"
                      "Fetch or export the model again: the file is damaged, cut short, or not a .thimble file.";
  char text[256];
  HOLDS(thimble_error_text(&e, text, sizeof text) == strlen(whole) && strcmp(text, whole) == 0);
  HOLDS(thimble_error_text(&e, NULL, 0) == strlen(whole) && thimble_error_text(&e, NULL, 9) == strlen(whole));
  memset(text, '#', sizeof text);
  HOLDS(thimble_error_text(&e, text, 8) == strlen(whole) && strcmp(text, "layer 3") == 0 && text[8] == '#');
  HOLDS(thimble_error_text(&e, text, 0) == strlen(whole) && text[0] == 'l');
  const thimble_error file = {THIMBLE_BAD_FILE, -1, THIMBLE_OTHER, 0, 2, 0, "model file"};
  HOLDS(thimble_error_text(&file, text, sizeof text) > 0 && strncmp(text, "model file: No such file or directory (error 2)\n", 48) == 0);
  const thimble_error rare = {THIMBLE_BAD_FILE, -1, THIMBLE_OTHER, 0, 999, 0, "model file"};
  HOLDS(thimble_error_text(&rare, text, sizeof text) > 0 && strncmp(text, "model file: error 999\n", 22) == 0);
  const thimble_error nonsense = {99, -1, 99, 0, 2, 0, NULL};
  HOLDS(thimble_error_text(&nonsense, text, sizeof text) == strlen(text) && strlen(text) > 0);
  HOLDS(thimble_error_text(NULL, text, sizeof text) == 0 && text[0] == 0);
  HOLDS(strcmp(thimble_status_text(0), "done") == 0);
  for (int i = 1; i <= 6; i++) {
    for (int j = 0; j < i; j++) HOLDS(strcmp(thimble_status_text(i), thimble_status_text(j)) != 0);
  }
  HOLDS(strcmp(thimble_status_text(7), thimble_status_text(-1)) == 0);
  HOLDS(strcmp(thimble_version(), THIMBLE_VERSION) == 0);
}

int main(int count, char **arguments) {
  if (count < 3) return 64;
  unsetenv("THIMBLE_ISA");
  memset(&error, 0xEE, sizeof error);
  files(arguments[1], arguments[2]);
  bytes_in_memory(arguments[1]);
  texts();
  thimble_model model;
  if (thimble_model_map(&model, arguments[1], &error)) return 66;
  HOLDS(count < 4 || strcmp(thimble_instruction_set(&model), arguments[3]) == 0);
  queries(&model);
  creation(&model);
  generation(&model);
  latents(&model);
  classes(&model);
  alignment(&model, arguments[1]);
  overlaps(&model);
  rounding(&model);
  thimble_model_close(&model);
  return broken;
}
