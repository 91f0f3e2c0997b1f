/// Names that an array in C must not have: the compiler, a header or the C library has them already. An array called `time` would
/// compile, and would then stand where the program calls the function.
enum ReservedNames {
  /// Words of C and C++, and macros that compilers define by themselves.
  private static let words = """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case
    catch char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast
    continue contract_assert co_await co_return co_yield decltype default delete do double dynamic_cast else
    enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept
    not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires restrict
    return short signed sizeof static static_assert static_cast struct switch synchronized template this
    thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void
    volatile wchar_t while xor xor_eq fortran near far main linux unix i386 mips sparc NULL EOF TRUE
    FALSE DEBUG NDEBUG FILE DIR std assert offsetof unreachable errno stdin stdout stderr setjmp longjmp
    va_start va_arg va_end va_copy complex imaginary I noreturn
    """
  /// Functions and variables of the C library, of POSIX and of `thimble.h`.
  private static let functions = """
    isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower
    toupper feclearexcept fegetexceptflag feraiseexcept fesetexceptflag fetestexcept fegetround fesetround
    fegetenv feholdexcept fesetenv feupdateenv imaxabs imaxdiv strtoimax strtoumax wcstoimax wcstoumax setlocale
    localeconv signal raise remove rename tmpfile tmpnam fclose fflush fopen freopen setbuf setvbuf fprintf
    fscanf printf scanf snprintf sprintf sscanf vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf fgetc
    fgets fputc fputs getc getchar gets putc putchar puts ungetc fread fwrite fgetpos fseek fsetpos ftell rewind
    clearerr feof ferror perror atof atoi atol atoll strtod strtof strtold strtol strtoll strtoul strtoull rand
    srand aligned_alloc calloc free malloc realloc abort atexit at_quick_exit exit quick_exit getenv system
    bsearch qsort abs labs llabs div ldiv lldiv mblen mbtowc wctomb mbstowcs wcstombs memcpy memmove memchr
    memcmp memset memccpy memset_explicit strcpy strncpy strcat strncat strcmp strcoll strncmp strxfrm strchr
    strcspn strpbrk strrchr strspn strstr strtok strerror strlen strdup strndup thrd_create thrd_exit thrd_join
    thrd_sleep thrd_yield mtx_init mtx_lock mtx_unlock cnd_init cnd_wait tss_create tss_get tss_set call_once
    clock difftime mktime time timegm timespec_get timespec_getres asctime ctime gmtime localtime strftime btowc
    mbrlen mbrtowc mbsinit mbsrtowcs wcrtomb wcscat wcschr wcscmp wcscpy wcslen wcsncpy wcsstr wctob wmemcpy
    wmemset towlower towupper access alarm bcmp bcopy bzero chdir chmod chown close closedir creat dup dup2
    environ execl execv execve fcntl fdopen fork fsync ftruncate getcwd getopt getpid getuid index ioctl kill
    link listen lseek mkdir mmap mount munmap nanosleep nice open opendir optarg optind pause pipe poll popen
    pread pwrite random read readdir readlink recv rindex rmdir sbrk select send setenv sigaction sleep socket
    srandom stat strsep swab symlink sync syslog times truncate ttyname umask uname unlink unsetenv usleep utime
    wait waitpid write j0 j1 jn y0 y1 yn gamma lgamma tgamma signgam drem significand daylight timezone tzname
    brk end etext edata thimble_class_count thimble_error_text thimble_generate_from_latents
    thimble_generate_from_seeds thimble_generator_byte_count thimble_generator_create
    thimble_generator_share_work thimble_image_byte_count thimble_image_channels thimble_image_height
    thimble_image_width thimble_instruction_set thimble_latent_distribution thimble_latent_length
    thimble_latent_of_class thimble_latent_of_seed thimble_latents_from_floats thimble_metadata
    thimble_model_close thimble_model_map thimble_model_open thimble_status_text thimble_version
    """
  /// Functions that are there for `float` and `long double` too, with an `f` or an `l` at the end.
  private static let mathematics = """
    acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 exp10 frexp ilogb ldexp log
    log10 log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma tgamma ceil floor
    nearbyint rint lrint llrint round lround llround trunc fmod remainder remquo copysign nan nextafter
    nexttoward fdim fmax fmin fma cacos casin catan ccos csin ctan cacosh casinh catanh ccosh csinh ctanh cexp
    clog cabs cpow csqrt carg cimag conj cproj creal
    """

  private static func list(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  private static let all = Set(
    list(words) + list(functions) + list(mathematics).flatMap { [$0, $0 + "f", $0 + "l"] })

  /// Why C or C++ keeps a name for itself; nil if it does not.
  static func reason(_ name: String) -> String? {
    if all.contains(name) { return "C or its library has this name already" }
    if name.hasSuffix("_t") { return "names that end in _t are types" }
    if name.contains("__") || name.hasPrefix("_") {
      return "names with __, or with _ at the beginning, belong to the compiler"
    }
    return nil
  }
}
