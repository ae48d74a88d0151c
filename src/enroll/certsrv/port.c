/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/certsrv.h"
#include "enroll/certsrv/revocation.h"

#define NUMBER_MAX 4294967295ul /* a DWORD in [MS-WCCE] */

/* A path with a folder "certsrv" in it, or no path at all: most people give only the host. */
static bool recognises(const char *path)
{
    static const char folder[] = "/certsrv";
    const char *found = pc_text_find(path, strlen(path), folder);
    char after = found ? found[strlen(folder)] : '\0';
    size_t len = strlen(path);

    return len == 0 || (found && (after == '\0' || after == '/')) || (len > 4 && pc_text_equal(path + len - 4, ".asp"));
}

static pc_status number_of(const char *reference, unsigned long *ret_number, pc_error *err)
{
    if (pc_text_to_number(reference, NUMBER_MAX, ret_number) && *ret_number > 0) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_USAGE, "the number of a request is a whole number from 1, as the CA assigned it");
}

static pc_status reply_of(const pc_ca_outcome *outcome, pc_arena *arena, pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_reply reply = {
        .outcome = *outcome,
        .reference = outcome->request_id ? pc_arena_format(arena, "%lu", outcome->request_id) : "",
        .state = "",
    };

    if (!reply.reference) {
        return pc_fail_memory(err);
    }
    *ret_reply = reply;
    return PC_OK;
}

static pc_status submit(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_submission *submission,
                        pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_UNKNOWN };

    PC_TRY(pc_ca_submit(connection->wire, arena, submission, &outcome, err));
    return reply_of(&outcome, arena, ret_reply, err);
}

static pc_status check(const pc_ca_connection *connection, pc_arena *arena, const pc_ca_inquiry *inquiry,
                       pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_UNKNOWN };
    unsigned long number = 0;

    PC_TRY(number_of(inquiry->reference, &number, err));
    PC_TRY(pc_ca_check(connection->wire, arena, number, &outcome, err));
    return reply_of(&outcome, arena, ret_reply, err);
}

static pc_status get_certificate(const pc_ca_connection *connection, pc_arena *arena, const char *reference,
                                 pc_ca_issued *ret_issued, pc_error *err)
{
    unsigned long number = 0;

    PC_TRY(number_of(reference, &number, err));
    return pc_ca_get_certificate(connection->wire, arena, number, ret_issued, err);
}

static pc_status get_chain(const pc_ca_connection *connection, pc_arena *arena, const char *reference,
                           pc_ca_issued *ret_issued, pc_error *err)
{
    unsigned long number = 0;

    PC_TRY(number_of(reference, &number, err));
    return pc_ca_get_chain(connection->wire, arena, number, ret_issued, err);
}

static pc_status get_ca_certificates(const pc_ca_connection *connection, pc_arena *arena,
                                     pc_ca_certificates *ret_certificates, pc_error *err)
{
    return pc_ca_get_ca_certificates(connection->wire, arena, ret_certificates, err);
}

static pc_status get_ca_chain(const pc_ca_connection *connection, pc_arena *arena, unsigned long renewal,
                              pc_bytes *ret_file, pc_error *err)
{
    return pc_ca_get_ca_chain(connection->wire, arena, renewal, ret_file, err);
}

static pc_status get_crl(const pc_ca_connection *connection, pc_arena *arena, pc_ca_crl crl, pc_bytes *ret_file,
                         pc_error *err)
{
    return pc_ca_get_crl(connection->wire, arena, crl, ret_file, err);
}

static pc_status get_templates(const pc_ca_connection *connection, pc_arena *arena, pc_ca_templates *ret_templates,
                               pc_error *err)
{
    return pc_ca_get_templates(connection->wire, arena, ret_templates, err);
}

const pc_ca_protocol pc_ca_certsrv = {
    .name = "certsrv",
    .server = "AD CS",
    .capabilities = PC_CA_CAN_LIST_TEMPLATES | PC_CA_CAN_GIVE_CRL | PC_CA_CAN_NUMBER_ITS_CAS |
                    PC_CA_CAN_FIND_BY_REFERENCE | PC_CA_CAN_TAKE_TEMPLATE | PC_CA_CAN_TAKE_ATTRIBUTES |
                    PC_CA_CAN_TAKE_PKCS7,
    .form = { .empty_path = "/certsrv", .page_suffix = ".asp", .example = "https://ca.contoso.com/certsrv" },
    .recognises = recognises,
    .submit = submit,
    .check = check,
    .get_certificate = get_certificate,
    .get_chain = get_chain,
    .get_ca_certificates = get_ca_certificates,
    .get_ca_chain = get_ca_chain,
    .get_crl = get_crl,
    .get_templates = get_templates,
    .describe_revocation = pc_certsrv_describe_revocation,
};
