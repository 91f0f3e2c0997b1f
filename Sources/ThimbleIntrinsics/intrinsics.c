#include "ThimbleIntrinsics.h"
