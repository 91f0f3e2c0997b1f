"""Writes the table of normal quantiles of the section Latents of format.md as a C header.

    python3 Oracle/normal_table.py Sources/Runtime/ThimbleIntrinsics/include/normal_table.h
    python3 Oracle/normal_table.py             (to standard output)

Only the standard library is used. No entry is near a rounding tie (`smallest_tie_distance`), so every accurate
probit gives the same table.
"""

import sys
from statistics import NormalDist

ONE = 4096  # Q3.12
COMMAND = "python3 Oracle/normal_table.py Sources/Runtime/ThimbleIntrinsics/include/normal_table.h"


def scaled_quantile(index):
    """4096 * probit(1/2 + index / 2048), as a float; index 0 ... 1023."""
    return ONE * NormalDist().inv_cdf(0.5 + index / 2048)


def smallest_tie_distance():
    """How near any entry comes to the middle between two integers."""
    return min(abs(scaled_quantile(i) % 1 - 0.5) for i in range(1024))


def magnitude(lower, upper, fraction):
    """The interpolation of format.md; fraction is t & 31."""
    return lower + (((upper - lower) * (2 * fraction + 1) + 32) >> 6)


def sum_of_squares(lower, upper):
    """Sum of the squared magnitudes of the 32 values of t between two entries."""
    return sum(magnitude(lower, upper, fraction) ** 2 for fraction in range(32))


def make_table():
    """The 1,025 entries T. The sign bit is symmetric: the mean is 0, and half of the 65,536 u give the variance."""
    table = [round(scaled_quantile(i)) for i in range(1024)]
    inner = sum(sum_of_squares(table[i], table[i + 1]) for i in range(1023))
    wanted = 32768 * ONE * ONE
    # The smallest T[1024] wins a tie.
    last = min(range(table[1023], 32768), key=lambda t: abs(inner + sum_of_squares(table[1023], t) - wanted))
    return table + [last]


def variance(table):
    """Variance of q / 4096 over all u."""
    return sum(sum_of_squares(table[i], table[i + 1]) for i in range(1024)) / (32768 * ONE * ONE)


def header(table):
    """The C header."""
    rows = [", ".join(f"{value:5d}" for value in table[i:i + 16]) for i in range(0, len(table), 16)]
    values = ",\n".join("    " + row for row in rows)
    return f"""\
// Quantiles of the normal distribution in Q3.12: entry i is round(4096 * probit(1/2 + i / 2048)); the last one brings
// the variance of the latents nearest to 1. docs/reference/format.md, section Latents. Made by
//
//     {COMMAND}

#ifndef THIMBLE_NORMAL_TABLE_H
#define THIMBLE_NORMAL_TABLE_H

#include <stdint.h>

#if defined(THIMBLE_FREESTANDING) && !defined(THIMBLE_NORMAL_TABLE_HERE)
// One object holds it for all that are linked with it.
extern const int16_t thimble_normal_table[1025];
#else
#if !defined(THIMBLE_FREESTANDING)
static
#endif
    const int16_t thimble_normal_table[1025] = {{
{values}
}};
#endif

/// The entry of an index in 0 ... 1024, which is not checked.
static inline int16_t thimble_normal_quantile(int32_t index) {{ return thimble_normal_table[index]; }}

#endif
"""


def main(arguments):
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print("usage: normal_table.py [PATH]", file=sys.stderr)
        return 2
    text = header(make_table())
    if arguments:
        with open(arguments[0], "w", encoding="ascii", newline="\n") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
