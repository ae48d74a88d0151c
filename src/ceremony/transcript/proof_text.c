/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/proof_text.h"

#include "base/text.h"

const char *pc_proof_heading(const pc_proof_purpose *purpose, pc_arena *arena)
{
    char hex[PC_SHA256_TEXT];

    pc_sha256_to_hex(purpose->script, hex);
    return pc_arena_format(arena, "p11cert-ceremony-proof-1\nmode %s\nscript %s\n", purpose->mode, hex);
}
