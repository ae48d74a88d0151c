/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_share.h"

#include <stdlib.h>
#include <sys/random.h>

#include "must.h"

#define PER_CENT 100u

unsigned long sweep_seed(void)
{
    static unsigned long seed;
    const char *given = getenv("P11CERT_SWEEP_SEED");
    unsigned drawn = 0;

    if (!seed) {
        MUST(getrandom(&drawn, sizeof drawn, 0) == sizeof drawn);
        seed = given ? strtoul(given, NULL, 10) : (unsigned long)drawn + 1;
    }
    return seed;
}

static unsigned percent(void)
{
    const char *given = getenv("P11CERT_SWEEP_PERCENT");

    return given ? (unsigned)strtoul(given, NULL, 10) : PER_CENT;
}

unsigned sweep_share(unsigned whole)
{
    return whole * percent() / PER_CENT;
}

bool sweep_takes(unsigned number)
{
    const unsigned place = number + (unsigned)(sweep_seed() % PER_CENT);

    return sweep_share(place + 1) != sweep_share(place);
}
