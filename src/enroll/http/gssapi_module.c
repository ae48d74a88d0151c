/* SPDX-License-Identifier: Apache-2.0 */

/* The module that is linked to MIT Kerberos's GSS-API. It needs nothing of libp11cert. */
#include "base/own_module.h"
#include "enroll/http/gssapi_calls.h"

static const pc_gssapi_calls calls = {
    .delete_sec_context = gss_delete_sec_context,
    .display_status = gss_display_status,
    .import_name = gss_import_name,
    .init_sec_context = gss_init_sec_context,
    .release_buffer = gss_release_buffer,
    .release_name = gss_release_name,
    .host_based_service = &GSS_C_NT_HOSTBASED_SERVICE,
};

pc_own_module_function pc_gssapi_table;

__attribute__((visibility("default"))) const void *pc_gssapi_table(size_t *ret_size, const char **ret_version)
{
    *ret_version = P11CERT_VERSION;
    *ret_size = sizeof calls;
    return &calls;
}
