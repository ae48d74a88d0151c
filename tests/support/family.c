/* SPDX-License-Identifier: Apache-2.0 */
#include "family.h"

#include <dlfcn.h>
#include <string.h>

#include "must.h"

pc_token_access family_access(void)
{
    return (pc_token_access){
        .module = getenv("P11CERT_MODULE"),
        .init_args = getenv("P11CERT_MODULE_INIT_ARGS"),
        .token = getenv("P11CERT_TOKEN"),
        .pin_source = getenv("P11CERT_PIN_SOURCE"),
        .signer = getenv("P11CERT_SIGNER"),
    };
}

static void load(raw_token *raw)
{
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry;
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = getenv("P11CERT_MODULE_INIT_ARGS") };

    MUST(getenv("P11CERT_MODULE"));
    /* opencryptoki cannot be unloaded and loaded again. */
    raw->library = dlopen(getenv("P11CERT_MODULE"), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    MUST(raw->library);
    entry.symbol = dlsym(raw->library, "C_GetFunctionList");
    MUST(entry.symbol && entry.function(&raw->functions) == CKR_OK);
    MUST(raw->functions->C_Initialize(&args) == CKR_OK);
}

static CK_SLOT_ID find_slot(const raw_token *raw, const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64;
    char padded[33];

    MUST(snprintf(padded, sizeof padded, "%-32s", label) == 32);
    MUST(raw->functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        MUST(raw->functions->C_GetTokenInfo(slots[i], &info) == CKR_OK);
        if (memcmp(info.label, padded, 32) == 0) {
            return slots[i];
        }
    }
    const bool some_token_has_that_label = false;

    MUST(some_token_has_that_label);
    return 0;
}

static size_t read_pin(CK_UTF8CHAR *out, size_t room)
{
    const char *source = getenv("P11CERT_PIN_SOURCE");

    MUST(source && strncmp(source, "file:", 5) == 0);
    FILE *file = fopen(source + 5, "re");

    MUST(file);
    size_t len = fread(out, 1, room, file);

    (void)fclose(file);
    MUST(len > 1 && out[len - 1] == '\n');
    return len - 1;
}

void family_open(raw_token *ret_raw)
{
    CK_UTF8CHAR pin[64];
    size_t len = read_pin(pin, sizeof pin);

    load(ret_raw);
    CK_SLOT_ID slot = find_slot(ret_raw, getenv("P11CERT_TOKEN"));

    MUST(ret_raw->functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &ret_raw->session) ==
         CKR_OK);
    MUST(ret_raw->functions->C_Login(ret_raw->session, CKU_USER, pin, len) == CKR_OK);
}

void family_close(raw_token *raw)
{
    raw_close(raw);
}
