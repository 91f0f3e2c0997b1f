/// armv7: 32-bit Arm with NEON. Only where instructions differ does it differ from aarch64's.
#include "neon.h"
