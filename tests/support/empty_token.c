/* SPDX-License-Identifier: Apache-2.0 */

/* Destroys every object on the token that the P11CERT_ variables lead to (family.h), by bare PKCS#11 calls. */
#include "family.h"
#include "must.h"

#define AT_A_TIME 64

/* How many objects are there; at most AT_A_TIME. */
static CK_ULONG find_objects(const raw_token *raw, CK_OBJECT_HANDLE *found)
{
    CK_ULONG count = 0;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE on_token = { CKA_TOKEN, &yes, sizeof yes };

    MUST(raw->functions->C_FindObjectsInit(raw->session, &on_token, 1) == CKR_OK);
    MUST(raw->functions->C_FindObjects(raw->session, found, AT_A_TIME, &count) == CKR_OK);
    MUST(raw->functions->C_FindObjectsFinal(raw->session) == CKR_OK);
    return count;
}

/* Some tokens destroy both halves of a pair at once: the second attempt may fail. */
static CK_ULONG destroy_some(const raw_token *raw)
{
    CK_OBJECT_HANDLE found[AT_A_TIME];
    CK_ULONG count = find_objects(raw, found);
    CK_ULONG destroyed = 0;

    for (CK_ULONG i = 0; i < count; i++) {
        destroyed += raw->functions->C_DestroyObject(raw->session, found[i]) == CKR_OK;
    }
    return destroyed;
}

int main(void)
{
    raw_token raw;

    family_open(&raw);
    while (destroy_some(&raw) > 0) {
    }
    family_close(&raw);
    return 0;
}
