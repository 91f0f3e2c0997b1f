/// v2: x86-64-v2, SSE4.2.
#include "../sse.h"
