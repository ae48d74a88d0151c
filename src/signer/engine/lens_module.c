/* SPDX-License-Identifier: Apache-2.0 */

/* The file that the engine opens: it leads back into libp11cert of the same process. It stands apart
 * so that libp11cert itself exports no C_GetFunctionList, which another module could bind to. */
#include "signer/engine/lens.h"

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (!list) {
        return CKR_ARGUMENTS_BAD;
    }
    *list = pc_lens_function_list();
    return CKR_OK;
}
