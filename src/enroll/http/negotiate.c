/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/negotiate.h"

#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <string.h>

#include "base/text.h"
#include "enroll/http/channel_binding.h"
#include "enroll/http/gssapi_calls.h"

#define WORDS_MAX 256u /* bytes of one message of Kerberos */

struct pc_negotiate {
    gss_ctx_id_t context;
    gss_name_t service;
    gss_buffer_desc token;
    char host[256];
    size_t binding_len;
    unsigned char binding[PC_CHANNEL_BINDING_MAX];
};

/* RFC 4178 section 3.1, RFC 4121 section 1. */
static const gss_OID_desc spnego = { .length = 6, .elements = (void *)(uintptr_t) "\x2b\x06\x01\x05\x05\x02" };
static const gss_OID_desc kerberos = { .length = 9,
                                       .elements = (void *)(uintptr_t) "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" };

/* --- errors ---------------------------------------------------------------------------------------------------- */

static pc_status hint_for(const pc_negotiate *login, OM_uint32 minor, pc_error *err)
{
    switch ((krb5_error_code)minor) {
    case KRB5KRB_AP_ERR_TKT_EXPIRED:
        return pc_hint(err, PC_E_AUTH, "the ticket has expired: get a new one with kinit");
    case KRB5KRB_AP_ERR_SKEW:
        return pc_hint(err, PC_E_AUTH,
                       "set the clocks of this machine, of the KDC and of the CA's server: Kerberos allows them to "
                       "differ by five minutes");
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_REALM_UNKNOWN:
        return pc_hint(err, PC_E_AUTH, "check the network to the KDC, and the realm in /etc/krb5.conf");
    case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
        return pc_hint(err, PC_E_AUTH,
                       "check with klist that the ticket is for the CA's realm, and use the host name under which the "
                       "CA's server is registered; its administrator can add this one: setspn -S HTTP/%s ACCOUNT",
                       login->host);
    default:
        return pc_hint(err, PC_E_AUTH,
                       "get a ticket with kinit and check with klist that it is for the CA's realm, or choose another "
                       "login");
    }
}

/* The first message about a code; "" if there is none. */
static void describe(OM_uint32 code, int type, char words[static WORDS_MAX])
{
    OM_uint32 minor = 0;
    OM_uint32 more = 0;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

    words[0] = '\0';
    if (!GSS_ERROR(pc_gssapi()->display_status(&minor, code, type, GSS_C_NO_OID, &more, &text)) && text.value) {
        pc_text_escape_into(text.value, strnlen(text.value, text.length), words, WORDS_MAX);
    }
    (void)pc_gssapi()->release_buffer(&minor, &text);
}

static pc_status fail(const pc_negotiate *login, OM_uint32 major, OM_uint32 minor, pc_error *err)
{
    char general[WORDS_MAX];
    char detail[WORDS_MAX];

    describe(major, GSS_C_GSS_CODE, general);
    describe(minor, GSS_C_MECH_CODE, detail);
    if (GSS_ROUTINE_ERROR(major) == GSS_S_FAILURE && *detail) {
        general[0] = '\0'; /* it says only that there is a detail */
    }
    (void)pc_fail(err, PC_E_AUTH, "%s%s%s", general, *general && *detail ? ": " : "", detail);
    return hint_for(login, minor, err);
}

/* --- the exchange ---------------------------------------------------------------------------------------------- */

static void wipe_token(pc_negotiate *login)
{
    OM_uint32 minor = 0;

    if (login->token.value) {
        explicit_bzero(login->token.value, login->token.length);
        (void)pc_gssapi()->release_buffer(&minor, &login->token);
    }
}

/* SPNEGO hides why it has no token: its codes are numbers of its own. Kerberos without it tells. */
static pc_status fail_first(const pc_negotiate *login, OM_uint32 major, OM_uint32 minor, pc_error *err)
{
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 detail = 0;
    OM_uint32 ignored = 0;
    OM_uint32 result =
        pc_gssapi()->init_sec_context(&detail, GSS_C_NO_CREDENTIAL, &context, login->service,
                                      (gss_OID)(uintptr_t)&kerberos, GSS_C_MUTUAL_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS,
                                      GSS_C_NO_BUFFER, NULL, &token, NULL, NULL);
    pc_status status = GSS_ERROR(result) ? fail(login, result, detail, err) : fail(login, major, minor, err);

    (void)pc_gssapi()->release_buffer(&ignored, &token);
    (void)pc_gssapi()->delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
    return status;
}

static pc_status step(pc_negotiate *login, pc_bytes received, OM_uint32 *ret_major, pc_error *err)
{
    struct gss_channel_bindings_struct bindings = {
        .application_data = { .length = login->binding_len, .value = login->binding },
    };
    gss_buffer_desc input = { .length = received.len, .value = (void *)(uintptr_t)received.data };
    OM_uint32 minor = 0;

    wipe_token(login);
    *ret_major = pc_gssapi()->init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &login->context, login->service,
                                               (gss_OID)(uintptr_t)&spnego, GSS_C_MUTUAL_FLAG, 0,
                                               login->binding_len > 0 ? &bindings : GSS_C_NO_CHANNEL_BINDINGS, &input,
                                               NULL, &login->token, NULL, NULL);
    if (!GSS_ERROR(*ret_major)) {
        return PC_OK;
    }
    if (received.len == 0) {
        return fail_first(login, *ret_major, minor, err);
    }
    (void)fail(login, *ret_major, minor, err);
    return pc_hint(err, PC_E_AUTH,
                   "the reason is the server's: its clock and that of this machine may differ by five minutes, and its "
                   "account must have the service HTTP/%s (setspn -Q HTTP/%s)",
                   login->host, login->host);
}

static pc_status import_service(pc_negotiate *login, pc_error *err)
{
    char name[sizeof login->host + 8];
    OM_uint32 minor = 0;

    (void)snprintf(name, sizeof name, "HTTP@%s", login->host);
    gss_buffer_desc text = { .length = strlen(name), .value = name };
    OM_uint32 major = pc_gssapi()->import_name(&minor, &text, *pc_gssapi()->host_based_service, &login->service);

    return GSS_ERROR(major) ? fail(login, major, minor, err) : PC_OK;
}

pc_status pc_negotiate_new(const char *host, pc_bytes binding, pc_negotiate **ret_login, pc_bytes *ret_token,
                           pc_error *err)
{
    PC_TRY(pc_gssapi_load(err));
    PC_AUTO(pc_negotiate) pc_negotiate *login = calloc(1, sizeof *login);
    OM_uint32 major = 0;

    if (!login || binding.len > sizeof login->binding) {
        return pc_fail_memory(err);
    }
    (void)snprintf(login->host, sizeof login->host, "%s", host);
    login->binding_len = binding.len;
    if (binding.len > 0) {
        memcpy(login->binding, binding.data, binding.len);
    }
    PC_TRY(import_service(login, err));
    PC_TRY(step(login, (pc_bytes){ .len = 0 }, &major, err));
    *ret_token = (pc_bytes){ login->token.value, login->token.length };
    *ret_login = PC_TAKE(login);
    return PC_OK;
}

pc_status pc_negotiate_finish(pc_negotiate *login, pc_bytes token, pc_error *err)
{
    OM_uint32 major = 0;

    PC_TRY(step(login, token, &major, err));
    if (major == GSS_S_COMPLETE) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_AUTH, "the server asks for another message, which is not part of a login with a ticket");
    return pc_hint(err, PC_E_AUTH, "ask the CA's administrator whether the server accepts Kerberos");
}

void pc_negotiate_free(pc_negotiate *login)
{
    OM_uint32 minor = 0;

    if (!login) {
        return;
    }
    wipe_token(login);
    (void)pc_gssapi()->delete_sec_context(&minor, &login->context, GSS_C_NO_BUFFER);
    (void)pc_gssapi()->release_name(&minor, &login->service);
    free(login);
}
