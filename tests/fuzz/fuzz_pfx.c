/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a PFX. The seeds have the password "pass". */
#include <assert.h>
#include <openssl/err.h>
#include <string.h>

#include "base/secret_auto.h"
#include "x509/pfx/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static pc_secret *password;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_pfx) pc_pfx pfx = { .key = NULL };
    pc_error err = { 0 };

    if (!arena || (!password && pc_secret_new(16, &password, &err) != PC_OK)) {
        return 0;
    }
    memcpy(pc_secret_bytes(password), "pass", 4);
    pc_secret_set_len(password, 4);
    (void)pc_pfx_recognise((pc_bytes){ bytes, len });
    pc_status status = pc_pfx_read(&(pc_file_bytes){ "f.pfx", { bytes, len } }, password, arena, &pfx, &err);

    assert(status == PC_OK || err.frame_count > 0);
    assert(status != PC_OK || (pfx.chain && (pfx.key || pfx.leaf) && pfx.protection));
    assert(status != PC_E_INTERNAL);
    assert(ERR_peek_error() == 0);
    return 0;
}
