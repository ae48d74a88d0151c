/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the body of an EST answer, and as what a CA requires of requests. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/est/est.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    pc_arena *arena = pc_arena_new();
    pc_est_requirements requirements = { .key_count = 0 };
    pc_bytes der = { .len = 0 };

    if (arena && pc_est_decode(arena, (pc_bytes){ bytes, len }, &der, NULL) == PC_OK) {
        assert(der.len > 0 && der.len <= len);
        (void)pc_est_requirements_read(der, &requirements, NULL);
        assert(requirements.key_count <= PC_EST_KEYS_MAX);
    }
    (void)pc_est_requirements_read((pc_bytes){ bytes, len }, &requirements, NULL);
    assert(requirements.key_count <= PC_EST_KEYS_MAX);
    pc_arena_free(arena);
    return 0;
}
