#include "ThimbleCodecs.h"
#include <gif_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count, at;
} Source;

typedef struct {
  GifFileType *gif;
  ThimbleImage *image;
  char *message;
  uint8_t *line;
  // The colour number that shows what lies behind; -1 for none.
  int transparent;
} Reader;

static int read_bytes(GifFileType *gif, GifByteType *to, int wanted) {
  Source *source = gif->UserData;
  size_t left = source->count - source->at, count = (size_t)wanted < left ? (size_t)wanted : left;
  memcpy(to, source->bytes + source->at, count);
  source->at += count;
  return (int)count;
}

static int bad(Reader *reader, const char *text) {
  snprintf(reader->message, THIMBLE_MESSAGE_SIZE, "%s", text);
  return THIMBLE_BAD_IMAGE;
}

static int library_error(Reader *reader, int code) {
  if (code == D_GIF_ERR_NOT_ENOUGH_MEM) return THIMBLE_NO_MEMORY;
  if (code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON) return bad(reader, "the file ends early");
  const char *text = GifErrorString(code);
  return bad(reader, text ? text : "damaged data");
}

// Goes on to the next frame, and takes what extensions say of it. Returns whether there is one.
static int next_frame(Reader *reader, int *found) {
  GifRecordType type = UNDEFINED_RECORD_TYPE;
  *found = 0;
  while (DGifGetRecordType(reader->gif, &type) != GIF_ERROR) {
    if (type == TERMINATE_RECORD_TYPE) return THIMBLE_DECODED;
    if (type == IMAGE_DESC_RECORD_TYPE) {
      *found = 1;
      return THIMBLE_DECODED;
    }
    int code = 0;
    GifByteType *block = NULL;
    if (DGifGetExtension(reader->gif, &code, &block) == GIF_ERROR) break;
    while (block) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) != GIF_ERROR) {
        reader->transparent = control.TransparentColor;
      }
      if (DGifGetExtensionNext(reader->gif, &block) == GIF_ERROR) return library_error(reader, reader->gif->Error);
    }
  }
  return library_error(reader, reader->gif->Error);
}

// One line of the frame onto the canvas; what lies outside of the canvas is not shown.
static int put_line(Reader *reader, const ColorMapObject *colors, int y) {
  const GifImageDesc *frame = &reader->gif->Image;
  ThimbleImage *image = reader->image;
  for (int x = 0; x < frame->Width; x++) {
    int number = reader->line[x];
    if (number >= colors->ColorCount) return bad(reader, "a colour number outside of the colour table");
    int column = frame->Left + x, row = frame->Top + y;
    if (number == reader->transparent || column >= (int)image->width || row >= (int)image->height) continue;
    uint8_t *to = image->pixels + 4 * ((size_t)row * image->width + (size_t)column);
    to[0] = colors->Colors[number].Red;
    to[1] = colors->Colors[number].Green;
    to[2] = colors->Colors[number].Blue;
    to[3] = 255;
  }
  return THIMBLE_DECODED;
}

static int read_frame(Reader *reader) {
  const GifImageDesc *frame = &reader->gif->Image;
  const ColorMapObject *colors = frame->ColorMap ? frame->ColorMap : reader->gif->SColorMap;
  if (!colors) return bad(reader, "no colour table");
  reader->line = malloc((size_t)frame->Width);
  if (!reader->line) return THIMBLE_NO_MEMORY;
  // Interlaced files hold every eighth line, those between, every fourth, every second (GIF89a, appendix E).
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame->Interlace ? 4 : 1); pass++) {
    int step = frame->Interlace ? steps[pass] : 1;
    for (int y = frame->Interlace ? starts[pass] : 0; y < frame->Height; y += step) {
      if (DGifGetLine(reader->gif, reader->line, frame->Width) == GIF_ERROR) {
        return library_error(reader, reader->gif->Error);
      }
      int status = put_line(reader, colors, y);
      if (status != THIMBLE_DECODED) return status;
    }
  }
  return THIMBLE_DECODED;
}

static int read_image(Reader *reader) {
  int found = 0, status = next_frame(reader, &found);
  if (status != THIMBLE_DECODED) return status;
  if (!found) return bad(reader, "no frame");
  if (DGifGetImageDesc(reader->gif) == GIF_ERROR) return library_error(reader, reader->gif->Error);
  const GifImageDesc *frame = &reader->gif->Image;
  // Some writers leave the canvas at zero: then the frame is the image.
  int wide = reader->gif->SWidth > 0 ? reader->gif->SWidth : frame->Width;
  int high = reader->gif->SHeight > 0 ? reader->gif->SHeight : frame->Height;
  if (wide < 1 || high < 1 || frame->Width < 1 || frame->Height < 1) return bad(reader, "a frame without pixels");
  if (wide > THIMBLE_LARGEST_SIDE || high > THIMBLE_LARGEST_SIDE) return bad(reader, "a side of more than 16384 pixels");
  if ((uint64_t)wide * (uint64_t)high > THIMBLE_LARGEST_PIXEL_COUNT) return bad(reader, "more than 67108864 pixels");
  reader->image->width = (uint32_t)wide;
  reader->image->height = (uint32_t)high;
  reader->image->channels = 4;
  reader->image->pixels = calloc((size_t)wide * (size_t)high, 4);
  if (!reader->image->pixels) return THIMBLE_NO_MEMORY;
  status = read_frame(reader);
  if (status != THIMBLE_DECODED) return status;
  // Whatever is wrong behind the first frame does not matter for it.
  char first_message = reader->message[0];
  next_frame(reader, &found);
  reader->message[0] = first_message;
  reader->image->is_animated = found;
  return THIMBLE_DECODED;
}

int thimble_gif_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  Source source = {.bytes = bytes, .count = count};
  Reader reader = {.image = image, .message = message, .transparent = -1};
  *image = (ThimbleImage){0};
  message[0] = 0;
  int error = 0;
  reader.gif = DGifOpen(&source, read_bytes, &error);
  if (!reader.gif) return library_error(&reader, error);
  int status = read_image(&reader);
  DGifCloseFile(reader.gif, &error);
  free(reader.line);
  if (status != THIMBLE_DECODED) {
    free(image->pixels);
    *image = (ThimbleImage){0};
  }
  return status;
}
