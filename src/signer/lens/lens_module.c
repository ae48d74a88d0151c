/* SPDX-License-Identifier: Apache-2.0 */

/* The file that the engine or a provider opens: it calls back into libp11cert in the same process. It is a separate
 * file so that libp11cert itself does not export C_GetFunctionList, which another module could bind to. */
#include <string.h>

#include "signer/lens/lens.h"

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!list) {
        return CKR_ARGUMENTS_BAD;
    }
    *list = pc_lens_function_list();
    return CKR_OK;
}

/* p11-kit's header has these from 0.25 on (PKCS#11 v3.0 section 5.4.6). */
#ifndef CKF_INTERFACE_FORK_SAFE
typedef struct {
    CK_UTF8CHAR *pInterfaceName;
    void *pFunctionList;
    CK_FLAGS flags;
} CK_INTERFACE;
CK_RV C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret_interface, CK_FLAGS flags);
#endif

/* The lens has the interface of version 2.40 only. It must say so itself: pkcs11-provider searches for this function
 * with dlsym, which would otherwise find p11-kit's among the libraries that this one uses, and thus every token of the
 * machine.
 */
__attribute__((visibility("default"))) CK_RV C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version,
                                                            CK_INTERFACE **ret_interface, CK_FLAGS flags)
{
    static CK_UTF8CHAR standard[] = "PKCS 11";
    static CK_INTERFACE interface = { .pInterfaceName = (void *)standard }; /* p11-kit's has plain characters */
    union {
        CK_UTF8CHAR *bytes;
        const char *text;
    } asked = { .bytes = name };

    if (!ret_interface) {
        return CKR_ARGUMENTS_BAD;
    }
    if ((name && strcmp(asked.text, "PKCS 11") != 0) || flags != 0 ||
        (version && (version->major != 2 || version->minor != 40))) {
        return CKR_FUNCTION_FAILED;
    }
    interface.pFunctionList = pc_lens_function_list();
    *ret_interface = &interface;
    return CKR_OK;
}
