#include "ThimbleCodecs.h"
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors by longjmp: everything that must survive it lives in this struct, not in local variables.
typedef struct {
  const uint8_t *bytes;
  size_t count, at;
  char *message;
  int out_of_memory;
  uint8_t *pixels;
  png_bytep *rows;
} Reader;

static void fail(png_structp png, png_const_charp text) {
  Reader *reader = png_get_error_ptr(png);
  snprintf(reader->message, THIMBLE_MESSAGE_SIZE, "%s", text);
  png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  Reader *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->at) png_error(png, "the file ends early");
  memcpy(to, reader->bytes + reader->at, count);
  reader->at += count;
}

static png_voidp allocate(png_structp png, png_alloc_size_t count) {
  void *memory = malloc(count);
  if (!memory) ((Reader *)png_get_mem_ptr(png))->out_of_memory = 1;
  return memory;
}

static void release(png_structp png, png_voidp memory) {
  (void)png;
  free(memory);
}

// Deflate stores at most 1032 bytes in one: dimensions beyond that are a lie, and no memory is taken for them.
static void check_dimensions(png_structp png, png_infop info, const Reader *reader) {
  uint64_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  if (width > THIMBLE_LARGEST_SIDE || height > THIMBLE_LARGEST_SIDE) png_error(png, "a side of more than 16384 pixels");
  if (width * height > THIMBLE_LARGEST_PIXEL_COUNT) png_error(png, "more than 67108864 pixels");
  uint64_t bits = (uint64_t)png_get_bit_depth(png, info) * png_get_channels(png, info);
  if (width * height * bits / 8 / 1032 > reader->count) png_error(png, "larger dimensions than its bytes can hold");
}

static void expand(png_structp png, png_infop info) {
  int depth = png_get_bit_depth(png, info), color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
  if (depth == 16) png_set_scale_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

static void read_image(png_structp png, png_infop info, Reader *reader, ThimbleImage *image) {
  png_set_read_fn(png, reader, read_bytes);
  // Ours are checked below, with words that say what is wrong.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  check_dimensions(png, info, reader);
  expand(png, info);
  size_t height = png_get_image_height(png, info), row = png_get_rowbytes(png, info);
  reader->pixels = malloc(height * row);
  reader->rows = malloc(height * sizeof *reader->rows);
  if (!reader->pixels || !reader->rows) {
    reader->out_of_memory = 1;
    png_error(png, "no memory");
  }
  for (size_t y = 0; y < height; y++) reader->rows[y] = reader->pixels + y * row;
  png_read_image(png, reader->rows);
  png_read_end(png, NULL);
  image->width = png_get_image_width(png, info);
  image->height = (uint32_t)height;
  image->channels = png_get_channels(png, info);
}

// Whether an animation control chunk with more than one frame comes before the pixels (PNG specification, third edition, 11.3.6).
static int is_animated(const uint8_t *bytes, size_t count) {
  size_t at = 8;
  while (count >= 16 && at <= count - 16) {
    const uint8_t *chunk = bytes + at;
    uint64_t size = (uint64_t)chunk[0] << 24 | (uint64_t)chunk[1] << 16 | (uint64_t)chunk[2] << 8 | chunk[3];
    if (memcmp(chunk + 4, "acTL", 4) == 0) return chunk[8] || chunk[9] || chunk[10] || chunk[11] > 1;
    if (memcmp(chunk + 4, "IDAT", 4) == 0 || size > count) return 0;
    at += 12 + (size_t)size;
  }
  return 0;
}

int thimble_png_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  Reader reader = {.bytes = bytes, .count = count, .message = message};
  *image = (ThimbleImage){0};
  message[0] = 0;
  png_infop info = NULL;
  png_structp png = png_create_read_struct_2(
      PNG_LIBPNG_VER_STRING, &reader, fail, ignore_warning, &reader, allocate, release);
  if (png) info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return THIMBLE_NO_MEMORY;
  }
  int failed = setjmp(png_jmpbuf(png));
  if (!failed) read_image(png, info, &reader, image);
  png_destroy_read_struct(&png, &info, NULL);
  free(reader.rows);
  if (failed) {
    free(reader.pixels);
    *image = (ThimbleImage){0};
    return reader.out_of_memory ? THIMBLE_NO_MEMORY : THIMBLE_BAD_IMAGE;
  }
  image->pixels = reader.pixels;
  image->is_animated = is_animated(bytes, count);
  return THIMBLE_DECODED;
}
