#pragma once
#include <stddef.h>
#include <stdint.h>

/// Sides beyond this, and images of more pixels than this, are refused before memory is taken for them.
enum { THIMBLE_LARGEST_SIDE = 16384, THIMBLE_LARGEST_PIXEL_COUNT = 1 << 26 };

/// Room for the reason why an image was refused, its ending zero included.
enum { THIMBLE_MESSAGE_SIZE = 200 };

/// What a decoder returns: the image is there; the bytes are not a good image; there is no memory for it.
enum { THIMBLE_DECODED = 0, THIMBLE_BAD_IMAGE = 1, THIMBLE_NO_MEMORY = 2 };

/// A decoded image: `pixels` is [height][width][channels], bytes, from malloc; the caller frees it. The channels are grey,
/// grey and alpha, colour, or colour and alpha (straight, not multiplied in). Of an animation they are those of the first frame.
typedef struct {
  uint8_t *pixels;
  uint32_t width, height, channels;
  /// Whether there are more frames.
  int is_animated;
} ThimbleImage;

/// Decodes a whole PNG file. Palettes and small depths are expanded, 16 bits become 8 by (v * 255 + 32895) >> 16. Gamma,
/// colour profiles and text are ignored. Leaves `image->pixels` null unless it returns THIMBLE_DECODED.
int thimble_png_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message);

/// Decodes a whole JPEG file with the ISLOW transform and triangle chroma upsampling; CMYK becomes colour. Orientation and
/// profiles are ignored. A file that ends early or has corrupt data is bad, however much of it could be shown.
int thimble_jpeg_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message);

/// Decodes the first frame of a GIF file, laid on its canvas. What the frame leaves free is transparent. Extensions, among them
/// the time and the loop, are ignored. Later frames are not read.
int thimble_gif_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message);

/// Decodes a WebP file, lossy or lossless; of an animation the canvas after the first frame. Orientation and profiles are ignored.
int thimble_webp_decode(const uint8_t *bytes, size_t count, ThimbleImage *image, char *message);
