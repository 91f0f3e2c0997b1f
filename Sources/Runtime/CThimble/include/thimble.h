/*
 * thimble.h: pictures from a .thimble file, inside memory that the caller hands over.
 *
 *     thimble_model model;
 *     thimble_error error;
 *     if (thimble_model_map(&model, "generator.thimble", &error)) ...
 *
 *     size_t byte_count = thimble_generator_byte_count(&model, 1, 1);
 *     void *memory = aligned_alloc(64, byte_count);
 *     thimble_generator *generator;
 *     if (thimble_generator_create(&model, memory, byte_count, 1, 1, &generator, &error)) ...
 *
 *     uint64_t seed = 85;
 *     if (thimble_generate_from_seeds(generator, &seed, 1, pixels, thimble_image_byte_count(&model), &error)) ...
 *
 * Whatever the machine, a seed or a latent gives the same pixels, byte for byte.
 *
 * Memory. The library allocates nothing, ever, and has no state of its own. It uses up to 32 KB of the caller's stack.
 *
 * Threads. A model that is open is only read: several threads may use it, and make generators from it, at the same time. A
 * generator is for one thread at a time; several generators do not know of each other.
 *
 * Errors. A function that can fail returns 0 when it is done and else a status above 0; then it has changed nothing but
 * `error`, which may be null and is left alone by a function that succeeds. A null pointer is refused as
 * THIMBLE_BAD_ARGUMENTS, and the queries, which cannot fail, answer 0 or null for a null model or one that is not open. What no
 * function can see: pointers that lead nowhere, and counts that are larger than what they count.
 *
 * Alignment. A model, seeds, latents and floats must be aligned as their types want it: to 8, 8, 2 and 4 bytes. What is not, a field
 * of a packed struct perhaps, is refused as THIMBLE_BAD_ARGUMENTS: `field` is "address of the seeds", `found` the address, `wanted` the
 * alignment; the queries answer as for a model that is not open. Pixels, texts, `error` and what a function sets may lie anywhere.
 *
 * Overlaps. Seeds and latents are read before the first pixel is written, and may lie where the pixels go. Refused as
 * THIMBLE_BAD_ARGUMENTS are pixels over a generator's memory, that memory over the model or its bytes, a model inside its own bytes, a
 * latent inside the model, and latents that would be written over floats that are not read yet.
 *
 * Files. If a mapped file is shortened, or its disk fails, the system sends SIGBUS to the thread that reads the missing bytes: in
 * whichever function that is. The library handles no signals. A program that cannot rule that out reads the file into memory of its
 * own and calls `thimble_model_open`, or handles SIGBUS and does not block it in any thread.
 *
 * Floating-point numbers. `thimble_latents_from_floats` alone takes some. No function computes with them, so that rounding modes and
 * flushing of small numbers change nothing.
 *
 * Integers are of a fixed width, so that the library does not depend on a compiler's size of enum, long or wchar_t.
 */
#ifndef THIMBLE_H
#define THIMBLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version that this header belongs to. */
#define THIMBLE_VERSION "0.2.0"

/** How a call ended. */
enum {
  /** Done. */
  THIMBLE_DONE = 0,
  /** A file cannot be opened, read or mapped. */
  THIMBLE_BAD_FILE = 1,
  /** The bytes are not a model of this format, or are damaged. */
  THIMBLE_BAD_FORMAT = 2,
  /** The file says something that a later version of this library may know. */
  THIMBLE_UNSUPPORTED = 3,
  /** The environment variable THIMBLE_ISA names an instruction set that is unknown, not built in or not in this machine. */
  THIMBLE_BAD_INSTRUCTION_SET = 4,
  /** Memory that is too small, or not aligned to 64. */
  THIMBLE_BAD_MEMORY = 5,
  /** A null or unaligned pointer, overlapping memory, a wrong count, a number that is none. */
  THIMBLE_BAD_ARGUMENTS = 6
};

/** How what was found should have stood to what was wanted. */
enum {
  THIMBLE_EQUAL = 0,
  THIMBLE_AT_MOST = 1,
  THIMBLE_AT_LEAST = 2,
  THIMBLE_MULTIPLE_OF = 3,
  THIMBLE_BELOW = 4,
  /** Nothing of the kind: `wanted` says nothing. */
  THIMBLE_OTHER = 5
};

/** How the numbers of a latent are distributed. */
enum {
  /** Uniform in [-1, 1]. */
  THIMBLE_UNIFORM = 0,
  /** Standard normal. */
  THIMBLE_NORMAL = 1
};

/** What was refused: one field, what was found in it, what was wanted. `thimble_error_text` makes a message of it. */
typedef struct thimble_error {
  /** THIMBLE_BAD_FILE ... THIMBLE_BAD_ARGUMENTS; what the function returned. */
  int32_t status;
  /** The layer of the file whose field it is, or -1. */
  int32_t layer;
  /** THIMBLE_EQUAL ... THIMBLE_OTHER. */
  int32_t relation;
  /** 0. */
  int32_t reserved;
  /** What was there; of THIMBLE_BAD_FILE the errno. */
  uint64_t found;
  /** What was wanted. */
  uint64_t wanted;
  /** The field or argument, zero-terminated; for the fields of a file the name in docs/reference/format.md. A constant of the library. */
  const char *field;
} thimble_error;

/**
 * A model that is open: a .thimble file, checked from the first byte to the last. The caller gives it a place, on the stack or
 * anywhere; it must not be copied or moved while it is open. What is in it is the library's.
 */
typedef struct thimble_model {
  uint64_t content[512];
} thimble_model;

/** A generator, inside the memory it was created in. */
typedef struct thimble_generator thimble_generator;

/**
 * Opens a model that lies in memory, and checks all of it.
 *
 * The bytes stay the caller's. They must not change or go away while the model or a generator made from it is in use.
 *
 * @param model       a place for the model, which is not open.
 * @param bytes       a whole .thimble file, aligned to 64.
 * @param byte_count  its size: at most 2^30.
 */
int32_t thimble_model_open(thimble_model *model, const void *bytes, size_t byte_count, thimble_error *error);

/**
 * Maps a file, read-only, and opens the model in it. The mapping is the library's until `thimble_model_close`; nobody may shorten
 * or write the file meanwhile (Files, above). A new file that is renamed over it does no harm.
 *
 * @param model  a place for the model, which is not open.
 * @param path   zero-terminated.
 */
int32_t thimble_model_map(thimble_model *model, const char *path, thimble_error *error);

/**
 * Closes a model: gives back what `thimble_model_map` mapped. Generators made from it, and pointers from `thimble_metadata`,
 * must not be used after that. Null, or a model that is closed already, is left alone.
 */
void thimble_model_close(thimble_model *model);

/** Height of an image in pixels. */
uint32_t thimble_image_height(const thimble_model *model);
/** Width of an image in pixels. */
uint32_t thimble_image_width(const thimble_model *model);
/** Channels of an image: 1 grey, 3 red, green, blue. */
uint32_t thimble_image_channels(const thimble_model *model);
/**
 * How many classes the generator knows; 0: none. A seed's class is the seed modulo the classes: `thimble_latent_of_class` gives
 * the latent of a seed with another one.
 */
uint32_t thimble_class_count(const thimble_model *model);
/** Bytes of an image: height x width x channels. */
size_t thimble_image_byte_count(const thimble_model *model);
/** Numbers of a latent, at most 1024. */
uint32_t thimble_latent_length(const thimble_model *model);
/** THIMBLE_UNIFORM or THIMBLE_NORMAL; -1 if the model is not open. */
int32_t thimble_latent_distribution(const thimble_model *model);

/**
 * What the file says of itself, a JSON object in UTF-8: name, licence and digest of the data it was trained on. Not
 * zero-terminated; it lies in the model's bytes.
 *
 * @param byte_count  set to its size; may be null.
 */
const char *thimble_metadata(const thimble_model *model, size_t *byte_count);

/**
 * The instruction set whose kernels run the model: "portable", "v2", "v3", "v3vnni", "v4vnni", "neon", "dotprod" or "armv7".
 * It is the best one of this machine, or what THIMBLE_ISA named when the model was opened. Pixels do not depend on it.
 */
const char *thimble_instruction_set(const thimble_model *model);

/**
 * Bytes of memory that a generator takes, all of its working memory included; not the pixels, which are the caller's.
 *
 * @param images   how many images it is to make at once, 1 to 65,536.
 * @param workers  how many threads will share its work, 1 to 65,536; 1 without `thimble_generator_share_work`.
 * @return 0 if a count is out of its range, or if it is more than memory can be.
 */
size_t thimble_generator_byte_count(const thimble_model *model, size_t images, size_t workers);

/**
 * Makes a generator inside the caller's memory. To end it, take the memory back: there is nothing to destroy.
 *
 * @param model              stays in use: it must not be closed before the generator's last use.
 * @param memory             aligned to 64; what is in it does not matter. It is the generator's for as long as that is used.
 * @param memory_byte_count  at least `thimble_generator_byte_count(model, images, workers)`.
 * @param images, workers    as there.
 * @param generator          set to the generator, which lies in `memory`.
 */
int32_t thimble_generator_create(const thimble_model *model, void *memory, size_t memory_byte_count, size_t images,
                                 size_t workers, thimble_generator **generator, thimble_error *error);

/**
 * Runs a loop on threads of the caller's: calls `body(body_context, i)` once for each i in 0 ... count - 1, in any order and on
 * any threads, and returns when all calls have returned. What they wrote must be visible to the caller then, as it is after
 * joining threads or leaving a barrier.
 */
typedef void (*thimble_parallel_for)(void *context, size_t count, void (*body)(void *body_context, size_t index),
                                     void *body_context);

/**
 * Lets a generator share its work among threads: each call to generate calls `run` several times for each layer. Pixels do
 * not depend on it.
 *
 * @param generator  null is left alone.
 * @param run        null: the calling thread does all the work, as in a new generator.
 * @param context    handed to `run`.
 */
void thimble_generator_share_work(thimble_generator *generator, thimble_parallel_for run, void *context);

/**
 * Makes the images of seeds.
 *
 * @param seeds             any 64-bit numbers.
 * @param count             how many: at most `images` of the generator. For 0, nothing happens.
 * @param pixels            receives u8 [count][height][width][channels].
 * @param pixel_byte_count  bytes that it has room for.
 */
int32_t thimble_generate_from_seeds(thimble_generator *generator, const uint64_t *seeds, size_t count, uint8_t *pixels,
                                    size_t pixel_byte_count, thimble_error *error);

/**
 * Makes the images of latents.
 *
 * @param latents           int16 in Q3.12, [count][latent length]: q stands for q / 4096.
 * @param count             latents: at most `images` of the generator. For 0, nothing happens.
 * @param pixels            receives u8 [count][height][width][channels].
 * @param pixel_byte_count  bytes that it has room for.
 */
int32_t thimble_generate_from_latents(thimble_generator *generator, const int16_t *latents, size_t count,
                                      uint8_t *pixels, size_t pixel_byte_count, thimble_error *error);

/**
 * Turns numbers into Q3.12: times 4096, to the nearest, halves to even; beyond -8 ... 8 - 1/4096 the nearer end, infinities too.
 *
 * @param values   floats. NaN is refused: `found` is the index, and the elements before it are written.
 * @param count    how many of either.
 * @param latents  receives them; may be the address of the values, whose memory it then takes.
 */
int32_t thimble_latents_from_floats(const float *values, size_t count, int16_t *latents, thimble_error *error);

/**
 * The latent that a seed stands for.
 *
 * @param latent  receives Q3.12.
 * @param count   numbers that it has room for: at least the latent length.
 */
int32_t thimble_latent_of_seed(const thimble_model *model, uint64_t seed, int16_t *latent, size_t count,
                               thimble_error *error);

/**
 * The latent of a seed with a class, for `thimble_generate_from_latents`.
 *
 * @param chosen  below `thimble_class_count`.
 * @param latent  room for `count` numbers, at least `thimble_latent_length`.
 */
int32_t thimble_latent_of_class(
    const thimble_model *model, uint64_t seed, uint32_t chosen, int16_t *latent, size_t count, thimble_error *error);

/** A few words on a status, zero-terminated, a constant of the library: "not a .thimble file, or damaged". */
const char *thimble_status_text(int32_t status);

/**
 * The whole message of an error in two lines without a last newline: "layer 3 kernel: found 17, wanted 16 at most", and what to
 * do about it.
 *
 * @param text        receives the message, cut if need be and always zero-terminated. May be null if `byte_count` is 0.
 * @param byte_count  bytes that it has room for; 256 is always enough.
 * @return the bytes of the whole message, without the zero at its end.
 */
size_t thimble_error_text(const thimble_error *error, char *text, size_t byte_count);

/** The version of the library, zero-terminated: THIMBLE_VERSION of its own header. */
const char *thimble_version(void);

#ifdef __cplusplus
}
#endif

#endif
