/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/gssapi_calls.h"

#include "base/own_module.h"

/* Outlives a call, as the library itself does. */
static pc_own_module module = { .file = PC_GSSAPI_MODULE,
                                .function = PC_GSSAPI_FUNCTION,
                                .table_size = sizeof(pc_gssapi_calls),
                                .version = P11CERT_VERSION };

pc_status pc_gssapi_load(pc_error *err)
{
    return pc_own_module_open(&module, err);
}

const pc_gssapi_calls *pc_gssapi(void)
{
    return atomic_load(&module.table);
}
