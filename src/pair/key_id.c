/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/key_id.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

#include "x509/openssl_error.h"

static pc_status choose_random(pc_key_plan *plan, pc_error *err)
{
    plan->id_len = PC_KEY_ID_LEN;
    plan->id_is_given = false;
    return RAND_bytes(plan->id, PC_KEY_ID_LEN) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "cannot generate a random CKA_ID");
}

pc_status pc_key_id_choose(const char *hex, pc_key_plan *plan, pc_error *err)
{
    if (!hex) {
        return choose_random(plan, err);
    }
    size_t digit_count = strlen(hex);
    bool is_hex = digit_count > 0 && digit_count % 2 == 0 && strspn(hex, "0123456789abcdefABCDEF") == digit_count;

    if (!is_hex || digit_count / 2 > sizeof plan->id ||
        OPENSSL_hexstr2buf_ex(plan->id, sizeof plan->id, &plan->id_len, hex, '\0') != 1) {
        return pc_fail(err, PC_E_USAGE, "a CKA_ID is 1 to %zu bytes in hexadecimal, two digits each, such as 01ab",
                       sizeof plan->id);
    }
    plan->id_is_given = true;
    return PC_OK;
}
