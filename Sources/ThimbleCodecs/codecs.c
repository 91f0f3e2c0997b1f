#include "ThimbleCodecs.h"
