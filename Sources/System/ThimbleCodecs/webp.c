#include "ThimbleCodecs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

static int bad(char *message, const char *text) {
  snprintf(message, THIMBLE_MESSAGE_SIZE, "%s", text);
  return THIMBLE_BAD_IMAGE;
}

static int refused(char *message, VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK: return THIMBLE_DECODED;
    case VP8_STATUS_OUT_OF_MEMORY: return THIMBLE_NO_MEMORY;
    case VP8_STATUS_NOT_ENOUGH_DATA: return bad(message, "the file ends early");
    case VP8_STATUS_UNSUPPORTED_FEATURE: return bad(message, "a feature of WebP that is not supported");
    default: return bad(message, "damaged data");
  }
}

static int read_still(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return bad(message, "another version of libwebp");
  config.output.colorspace = image->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image->pixels;
  config.output.u.RGBA.stride = (int)(image->width * image->channels);
  config.output.u.RGBA.size = (size_t)image->width * image->height * image->channels;
  VP8StatusCode status = WebPDecode(bytes, count, &config);
  WebPFreeDecBuffer(&config.output);
  return refused(message, status);
}

// The canvas after the first frame.
static int read_animation(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return bad(message, "another version of libwebp");
  WebPData data = {.bytes = bytes, .size = count};
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  if (!decoder) return bad(message, "the file ends early, or its frames are damaged");
  WebPAnimInfo info;
  uint8_t *canvas = NULL;
  int time = 0, status = THIMBLE_DECODED;
  if (!WebPAnimDecoderGetInfo(decoder, &info) || info.canvas_width != image->width ||
      info.canvas_height != image->height || !WebPAnimDecoderGetNext(decoder, &canvas, &time)) {
    status = bad(message, "damaged frames");
  } else {
    memcpy(image->pixels, canvas, (size_t)image->width * image->height * 4);
    image->is_animated = info.frame_count > 1;
  }
  WebPAnimDecoderDelete(decoder);
  return status;
}

int thimble_webp_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message) {
  *image = (ThimbleImage){0};
  message[0] = 0;
  WebPBitstreamFeatures features;
  int status = refused(message, WebPGetFeatures(bytes, count, &features));
  if (status != THIMBLE_DECODED) return status;
  uint64_t width = (uint64_t)features.width, height = (uint64_t)features.height;
  if (width < 1 || height < 1) return bad(message, "no pixels");
  if (width > THIMBLE_LARGEST_SIDE || height > THIMBLE_LARGEST_SIDE) return bad(message, "a side of more than 16384 pixels");
  if (width * height > THIMBLE_LARGEST_PIXEL_COUNT) return bad(message, "more than 67108864 pixels");
  image->width = (uint32_t)width;
  image->height = (uint32_t)height;
  image->channels = features.has_alpha || features.has_animation ? 4 : 3;
  image->pixels = malloc((size_t)(width * height) * image->channels);
  if (!image->pixels) return THIMBLE_NO_MEMORY;
  status = (features.has_animation ? read_animation : read_still)(bytes, count, image, message);
  if (status != THIMBLE_DECODED) {
    free(image->pixels);
    *image = (ThimbleImage){0};
  }
  return status;
}
