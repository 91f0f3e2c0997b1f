#include "ThimbleCodecs.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
// jpeglib.h wants stdio.h before it.
#include <jerror.h>
#include <jpeglib.h>

// A progressive file may repeat scans for ever; real ones have about ten.
enum { LARGEST_SCAN_COUNT = 100 };

// libjpeg reports errors by longjmp: everything that must survive it lives in this struct, not in local variables.
typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf stop;
  char *message;
  int out_of_memory;
  uint8_t *pixels;
  uint8_t *cmyk_row;
} Reader;

static void fail(Reader *reader, const char *text) {
  snprintf(reader->message, THIMBLE_MESSAGE_SIZE, "%s", text);
  longjmp(reader->stop, 1);
}

static void error_exit(j_common_ptr jpeg) {
  Reader *reader = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  reader->out_of_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
  fail(reader, text);
}

// A warning means that pixels were guessed, except for these few.
static void emit_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA: return;
    case JWRN_JPEG_EOF: fail(jpeg->client_data, "the file ends early");
    default: error_exit(jpeg);
  }
}

static void count_scans(j_common_ptr jpeg) {
  if (((j_decompress_ptr)jpeg)->input_scan_number > LARGEST_SCAN_COUNT) fail(jpeg->client_data, "more than 100 scans");
}

// A Huffman-coded block of 64 pixels takes at least one bit; arithmetic coding somewhat less.
static void check_dimensions(Reader *reader, size_t count) {
  uint64_t width = reader->jpeg.image_width, height = reader->jpeg.image_height;
  if (width > THIMBLE_LARGEST_SIDE || height > THIMBLE_LARGEST_SIDE) fail(reader, "a side of more than 16384 pixels");
  if (width * height > THIMBLE_LARGEST_PIXEL_COUNT) fail(reader, "more than 67108864 pixels");
  if (width * height / 4096 > count) fail(reader, "larger dimensions than its bytes can hold");
  if (reader->jpeg.data_precision != 8) fail(reader, "a precision other than 8 bits");
}

static void choose_colors(Reader *reader) {
  switch (reader->jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE: reader->jpeg.out_color_space = JCS_GRAYSCALE; return;
    case JCS_RGB:
    case JCS_YCbCr: reader->jpeg.out_color_space = JCS_RGB; return;
    case JCS_CMYK:
    case JCS_YCCK: reader->jpeg.out_color_space = JCS_CMYK; return;
    default: fail(reader, "an unknown colour space");
  }
}

// Adobe's programs store 255 - ink, so that c * k / 255 is the light that is left; without their mark it is ink.
static void cmyk_to_rgb(const Reader *reader, uint8_t *to) {
  unsigned flip = reader->jpeg.saw_Adobe_marker ? 0 : 255;
  for (unsigned x = 0; x < reader->jpeg.output_width; x++) {
    const uint8_t *cmyk = reader->cmyk_row + 4 * x;
    for (int c = 0; c < 3; c++) to[3 * x + c] = (uint8_t)(((cmyk[c] ^ flip) * (cmyk[3] ^ flip) + 127) / 255);
  }
}

static void read_image(Reader *reader, const uint8_t *bytes, size_t count, ThimbleImage *image) {
  j_decompress_ptr jpeg = &reader->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->client_data = reader;
  jpeg->progress = &reader->progress;
  reader->progress.progress_monitor = count_scans;
  jpeg_mem_src(jpeg, bytes, (unsigned long)count);
  jpeg_read_header(jpeg, TRUE);
  check_dimensions(reader, count);
  choose_colors(reader);
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->do_fancy_upsampling = TRUE;
  jpeg->do_block_smoothing = FALSE;
  jpeg_start_decompress(jpeg);
  int cmyk = jpeg->out_color_space == JCS_CMYK;
  image->width = jpeg->output_width;
  image->height = jpeg->output_height;
  image->channels = cmyk ? 3 : (uint32_t)jpeg->output_components;
  size_t row = (size_t)image->width * image->channels;
  reader->pixels = malloc(row * image->height);
  reader->cmyk_row = malloc((size_t)image->width * 4);
  if (!reader->pixels || !reader->cmyk_row) {
    reader->out_of_memory = 1;
    fail(reader, "no memory");
  }
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *to = reader->pixels + row * jpeg->output_scanline;
    JSAMPROW target = cmyk ? reader->cmyk_row : to;
    jpeg_read_scanlines(jpeg, &target, 1);
    if (cmyk) cmyk_to_rgb(reader, to);
  }
  jpeg_finish_decompress(jpeg);
}

int thimble_jpeg_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  *image = (ThimbleImage){0};
  message[0] = 0;
  Reader *reader = calloc(1, sizeof *reader);
  if (!reader) return THIMBLE_NO_MEMORY;
  reader->message = message;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  // jpeg_create_decompress keeps this field, and an error may come from within it.
  reader->jpeg.client_data = reader;
  reader->errors.error_exit = error_exit;
  reader->errors.emit_message = emit_message;
  int result = THIMBLE_DECODED;
  if (setjmp(reader->stop) == 0) {
    read_image(reader, bytes, count, image);
    image->pixels = reader->pixels;
  } else {
    result = reader->out_of_memory ? THIMBLE_NO_MEMORY : THIMBLE_BAD_IMAGE;
    free(reader->pixels);
    *image = (ThimbleImage){0};
  }
  jpeg_destroy_decompress(&reader->jpeg);
  free(reader->cmyk_row);
  free(reader);
  return result;
}
