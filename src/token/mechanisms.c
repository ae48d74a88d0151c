/* SPDX-License-Identifier: Apache-2.0 */
#include "token/mechanisms.h"

#include <string.h>

#include "base/kept_error.h"
#include "token/ckr.h"

/* A place in the list that the module counted but did not fill holds no mechanism. */
static bool is_filled(const unsigned long *list, CK_ULONG count)
{
    CK_ULONG filled = 0;

    while (filled < count && list[filled] != CK_UNAVAILABLE_INFORMATION) {
        filled++;
    }
    return filled == count;
}

CK_RV pc_mechanisms_list(pc_mechanism_source source, CK_MECHANISM_TYPE *room, CK_ULONG most, CK_ULONG *ret_count)
{
    CK_ULONG count = most;

    memset(room, 0xff, most * sizeof *room);
    CK_RV rv = source.functions->C_GetMechanismList(source.slot, room, &count);

    if (rv == CKR_BUFFER_TOO_SMALL) {
        count = most;
        rv = source.functions->C_GetMechanismList(source.slot, room, &count);
    }
    if (rv == CKR_OK && (count > most || !is_filled(room, count))) {
        return CKR_FUNCTION_FAILED;
    }
    *ret_count = rv == CKR_OK ? count : 0;
    return rv;
}

pc_status pc_mechanisms_read(pc_mechanism_source source, pc_arena *arena, pc_mechanisms *ret_mechanisms, pc_error *err)
{
    CK_ULONG count = 0;
    unsigned long *list = pc_arena_alloc(arena, PC_MECHANISMS_MOST * sizeof *list);

    if (!list) {
        return pc_fail_memory(err);
    }
    bool is_read = pc_mechanisms_list(source, list, PC_MECHANISMS_MOST, &count) == CKR_OK;

    *ret_mechanisms = (pc_mechanisms){ .items = list, .count = is_read ? count : 0, .read = is_read };
    return PC_OK;
}

#define UNTOUCHED_SIZE ((CK_ULONG)0xa5a5a5a5UL) /* no key has that many bits */

/* The flags start as zero: SoftHSM 2.6.1 only sets bits in the existing value. */
pc_status pc_mechanism_describe(pc_mechanism_source source, unsigned long mechanism, CK_MECHANISM_INFO *ret_info,
                                pc_error *err)
{
    CK_MECHANISM_INFO info = { .ulMinKeySize = UNTOUCHED_SIZE, .ulMaxKeySize = UNTOUCHED_SIZE };
    CK_RV rv = source.functions->C_GetMechanismInfo(source.slot, mechanism, &info);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_GetMechanismInfo");
    }
    if (!info.flags && info.ulMinKeySize == UNTOUCHED_SIZE && info.ulMaxKeySize == UNTOUCHED_SIZE) {
        return pc_fail(err, PC_E_TOKEN, "C_GetMechanismInfo: the module returned CKR_OK and no information");
    }
    *ret_info = info;
    return PC_OK;
}

pc_status pc_mechanism_flags(const pc_token *token, unsigned long mechanism, unsigned long *ret_flags, pc_error *err)
{
    CK_MECHANISM_INFO info = { .flags = 0 };
    pc_error why = { .status = PC_OK };
    pc_status status = pc_mechanism_describe(pc_mechanisms_of(token), mechanism, &info, &why);

    if (status != PC_OK && !(why.origin == PC_ORIGIN_PKCS11 && why.code == CKR_MECHANISM_INVALID)) {
        pc_error_pass(err, &why);
        return status;
    }
    *ret_flags = info.flags;
    return PC_OK;
}
