/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_GSSAPI_CALLS_H
#define PC_ENROLL_GSSAPI_CALLS_H

#include <gssapi/gssapi.h>

#include "base/cleanup.h"

/** The functions of MIT Kerberos that p11cert uses. It is opened when a login with a ticket needs it. */
typedef struct {
    __typeof__(gss_delete_sec_context) *delete_sec_context;
    __typeof__(gss_display_status) *display_status;
    __typeof__(gss_import_name) *import_name;
    __typeof__(gss_init_sec_context) *init_sec_context;
    __typeof__(gss_release_buffer) *release_buffer;
    __typeof__(gss_release_name) *release_name;
    gss_OID *host_based_service; /**< GSS_C_NT_HOSTBASED_SERVICE */
} pc_gssapi_calls;

#define PC_GSSAPI_MODULE   "p11cert-gssapi.so"
#define PC_GSSAPI_FUNCTION "pc_gssapi_table"

/** Load the library, unless it is loaded. @return PC_OK; PC_E_CRYPTO as pc_own_module_open. */
PC_MUST_CHECK pc_status pc_gssapi_load(pc_error *err);

/** Its functions. Only after pc_gssapi_load succeeded. */
const pc_gssapi_calls *pc_gssapi(void);

#endif
