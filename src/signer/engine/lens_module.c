/* SPDX-License-Identifier: Apache-2.0 */

/* The file that the engine opens: it calls back into libp11cert in the same process. It is a separate file so that
 * libp11cert itself does not export C_GetFunctionList, which another module could bind to. */
#include "signer/engine/lens.h"

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!list) {
        return CKR_ARGUMENTS_BAD;
    }
    *list = pc_lens_function_list();
    return CKR_OK;
}
