/*
 * Two generators in two threads: the first makes the even seeds, the second the odd ones. Writes u8 [count][height][width][channels].
 *
 *     cc threads.c -lthimble -pthread -o threads
 *     ./threads ../../weights/fashion28/generator.thimble 64 > images.u8
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <thimble.h>

enum { threads = 2 };

typedef struct {
  const thimble_model *model; /* shared: it is only read */
  uint64_t first, end;
  uint8_t *pixels; /* of all images; each thread writes its own ones */
  int32_t status;
  thimble_error error;
} work;

static void *make_images(void *argument) {
  work *w = argument;
  const size_t memory_byte_count = thimble_generator_byte_count(w->model, 1, 1);
  const size_t image_byte_count = thimble_image_byte_count(w->model);
  void *memory = aligned_alloc(64, memory_byte_count);
  thimble_generator *generator;
  w->status = thimble_generator_create(w->model, memory, memory_byte_count, 1, 1, &generator, &w->error);
  for (uint64_t seed = w->first; w->status == 0 && seed < w->end; seed += threads) {
    w->status = thimble_generate_from_seeds(generator, &seed, 1, w->pixels + seed * image_byte_count, image_byte_count,
                                            &w->error);
  }
  free(memory);
  return NULL;
}

static int tell(const thimble_error *error) {
  char text[256];
  thimble_error_text(error, text, sizeof text);
  fprintf(stderr, "threads: %s\n", text);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: threads GENERATOR.thimble COUNT > IMAGES\n");
    return 64;
  }
  thimble_model model;
  thimble_error error;
  if (thimble_model_map(&model, arguments[1], &error)) return tell(&error);
  const uint64_t images = strtoull(arguments[2], NULL, 10);
  const size_t byte_count = images * thimble_image_byte_count(&model);
  uint8_t *pixels = malloc(byte_count);
  if (!pixels) return 1;

  work works[threads];
  pthread_t running[threads];
  for (int i = 0; i < threads; i++) {
    works[i] = (work){.model = &model, .first = (uint64_t)i, .end = images, .pixels = pixels};
    if (pthread_create(&running[i], NULL, make_images, &works[i])) return 1;
  }
  for (int i = 0; i < threads; i++) pthread_join(running[i], NULL);
  for (int i = 0; i < threads; i++) {
    if (works[i].status) return tell(&works[i].error);
  }
  fwrite(pixels, 1, byte_count, stdout);
  free(pixels);
  thimble_model_close(&model);
  return fflush(stdout) == 0 ? 0 : 1;
}
