/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/certsrv.h"

#include <string.h>

#include "base/text.h"
#include "enroll/certsrv/page.h"
#include "enroll/http/curl_calls.h"

/* --- pages ----------------------------------------------------------------------------------- */

static pc_status refuse_login(pc_error *err)
{
    (void)pc_fail(err, PC_E_AUTH, "the server answers with a page that says \"access is denied\"");
    return pc_hint(err, PC_E_AUTH, "check the account and its permission to use these pages");
}

/* A page where a file was expected, or the answer to a form. @param request_id as in pc_certsrv_page */
static pc_status read_page(pc_arena *arena, const pc_wire_answer *answer, unsigned long request_id,
                           pc_ca_outcome *ret_outcome, pc_error *err)
{
    const pc_certsrv_page page = { .bytes = answer->bytes, .len = answer->len, .request_id = request_id };

    PC_TRY(pc_certsrv_page_read(arena, &page, ret_outcome, err));
    if (ret_outcome->disposition == PC_CA_UNKNOWN && pc_certsrv_page_refuses_login(arena, answer->bytes, answer->len)) {
        return refuse_login(err);
    }
    return PC_OK;
}

static pc_status fail_cut(const char *page, pc_error *err)
{
    (void)pc_fail(err, PC_E_CA, "what the CA sent for \"%s\" is cut short, or has data after its end", page);
    return pc_hint(err, PC_E_CA, "try again; if that fails, check the server and any proxy on the way to it");
}

/* A page where a file was expected, as a failure: in the CA's words if there are any. */
static pc_status fail_page(pc_arena *arena, const char *page, const pc_wire_answer *answer, pc_error *err)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_UNKNOWN };

    PC_TRY(read_page(arena, answer, 0, &outcome, err));
    if (outcome.code) {
        (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_WINDOWS, outcome.code,
                           "the CA does not provide \"%s\": %s (0x%08lx)", page,
                           outcome.message ? outcome.message : "it gives no reason", outcome.code);
        return outcome.advice ? pc_hint(err, PC_E_CA, "%s", outcome.advice) : PC_E_CA;
    }
    (void)pc_fail(err, PC_E_CA, "the server answers \"%s\" with a page that is not from AD CS", page);
    return pc_hint(err, PC_E_CA,
                   "check that the address is that of the enrolment pages, such as https://ca.contoso.com/certsrv");
}

static pc_status get(pc_wire *wire, pc_arena *arena, const char *page, pc_wire_answer *ret_answer, pc_error *err)
{
    return page ? pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = page, .of_iis = true }, ret_answer, err)
                : pc_fail_memory(err);
}

/* A file, or the failure that the page in its place reports. */
static pc_status get_file(pc_wire *wire, pc_arena *arena, const char *page, pc_bytes *ret_file, pc_error *err)
{
    pc_wire_answer answer;

    PC_TRY(get(wire, arena, page, &answer, err));
    switch (pc_certsrv_file_kind(answer.bytes, answer.len)) {
    case PC_CERTSRV_FILE_DER:
    case PC_CERTSRV_FILE_PEM:
        *ret_file = (pc_bytes){ answer.bytes, answer.len };
        return PC_OK;
    case PC_CERTSRV_FILE_CUT:
        return fail_cut(page, err);
    case PC_CERTSRV_FILE_NONE:
    default:
        return fail_page(arena, page, &answer, err);
    }
}

/* --- submitting ------------------------------------------------------------------------------ */

static pc_status add_attribute(pc_arena *arena, const char *name, const char *value, const char **attributes,
                               pc_error *err)
{
    /* A line break would start another attribute, which nobody has reviewed. */
    if (strpbrk(value, "\r\n")) {
        return pc_fail(err, PC_E_USAGE, "an attribute of the request contains a line break: \"%s\"", value);
    }
    *attributes = pc_arena_format(arena, "%s%s%s\r\n", *attributes, name, value);
    return *attributes ? PC_OK : pc_fail_memory(err);
}

typedef struct {
    const char *name;
    const char *value;
} form_field;

/* application/x-www-form-urlencoded. A "+" of base64 that was not encoded would reach the CA as a blank. */
static pc_status encode_form(pc_arena *arena, const form_field *fields, size_t count, const char **ret_form,
                             pc_error *err)
{
    const char *form = "";

    for (size_t i = 0; i < count; i++) {
        PC_AUTO(curl_text) char *value = pc_curl()->easy_escape(NULL, fields[i].value, 0);

        form = value ? pc_arena_format(arena, "%s%s%s=%s", form, i ? "&" : "", fields[i].name, value) : NULL;
        if (!form) {
            return pc_fail_memory(err);
        }
    }
    *ret_form = form;
    return PC_OK;
}

static pc_status write_form(pc_arena *arena, const pc_ca_submission *submission, const char **ret_form, pc_error *err)
{
    const char *attributes = "";

    if (submission->template_name) {
        PC_TRY(add_attribute(arena, "CertificateTemplate:", submission->template_name, &attributes, err));
    }
    for (size_t i = 0; i < submission->request_attribute_count; i++) {
        PC_TRY(add_attribute(arena, "", submission->request_attributes[i], &attributes, err));
    }
    const form_field fields[] = {
        { "Mode", "newreq" },         { "CertRequest", submission->request },
        { "CertAttrib", attributes }, { "FriendlyType", "Saved-Request Certificate" },
        { "ThumbPrint", "" },         { "TargetStoreFlags", "0" },
        { "SaveCert", "yes" },
    };

    return encode_form(arena, fields, PC_COUNT(fields), ret_form, err);
}

pc_status pc_ca_submit(pc_wire *wire, pc_arena *arena, const pc_ca_submission *submission, pc_ca_outcome *ret_outcome,
                       pc_error *err)
{
    pc_wire_request request = { .page = "certfnsh.asp", .of_iis = true };
    pc_wire_answer answer;

    PC_TRY(write_form(arena, submission, &request.form, err));
    pc_status status = pc_wire_fetch(wire, arena, &request, &answer, err);

    return status == PC_OK ? read_page(arena, &answer, 0, ret_outcome, err) : pc_ca_note_lost(wire, status, err);
}

pc_status pc_ca_check(pc_wire *wire, pc_arena *arena, unsigned long request_id, pc_ca_outcome *ret_outcome,
                      pc_error *err)
{
    const char *number = pc_arena_format(arena, "%lu", request_id);
    pc_wire_request request = { .page = "certfnsh.asp", .of_iis = true };
    pc_wire_answer answer;

    if (!number) {
        return pc_fail_memory(err);
    }
    const form_field fields[] = {
        { "Mode", "chkpnd" },
        { "ReqID", number ? number : "" },
        { "SaveCert", "yes" },
        { "TargetStoreFlags", "0" },
    };

    if (!number) {
        return pc_fail_memory(err);
    }
    PC_TRY(encode_form(arena, fields, PC_COUNT(fields), &request.form, err));
    PC_TRY(pc_wire_fetch(wire, arena, &request, &answer, err));
    return read_page(arena, &answer, request_id, ret_outcome, err);
}

/* --- files of a request ---------------------------------------------------------------------- */

/* @param issued has the number of the request; the rest is filled in */
static pc_status get_issued(pc_wire *wire, pc_arena *arena, const char *page, pc_ca_issued *issued, pc_error *err)
{
    pc_wire_answer answer;
    unsigned long request_id = issued->outcome.request_id;

    PC_TRY(get(wire, arena, page, &answer, err));
    switch (pc_certsrv_file_kind(answer.bytes, answer.len)) {
    case PC_CERTSRV_FILE_DER:
    case PC_CERTSRV_FILE_PEM:
        issued->outcome.disposition = PC_CA_ISSUED;
        issued->file = (pc_bytes){ answer.bytes, answer.len };
        return PC_OK;
    case PC_CERTSRV_FILE_CUT:
        return fail_cut(page, err);
    case PC_CERTSRV_FILE_NONE:
    default:
        break;
    }
    PC_TRY(read_page(arena, &answer, request_id, &issued->outcome, err));
    if (issued->outcome.disposition == PC_CA_ISSUED) { /* a page with a link is not a certificate */
        issued->outcome = (pc_ca_outcome){ .request_id = request_id, .page = answer.bytes, .page_len = answer.len };
    }
    return PC_OK;
}

pc_status pc_ca_get_certificate(pc_wire *wire, pc_arena *arena, unsigned long request_id, pc_ca_issued *ret_issued,
                                pc_error *err)
{
    const char *page = pc_arena_format(arena, "certnew.cer?ReqID=%lu&Enc=bin", request_id);

    *ret_issued = (pc_ca_issued){ .outcome = { .request_id = request_id } };
    return get_issued(wire, arena, page, ret_issued, err);
}

pc_status pc_ca_get_chain(pc_wire *wire, pc_arena *arena, unsigned long request_id, pc_ca_issued *ret_issued,
                          pc_error *err)
{
    const char *page = pc_arena_format(arena, "certnew.p7b?ReqID=%lu&Enc=bin", request_id);

    *ret_issued = (pc_ca_issued){ .outcome = { .request_id = request_id } };
    return get_issued(wire, arena, page, ret_issued, err);
}

/* --- files of the CA ------------------------------------------------------------------------- */

static pc_status get_newest(pc_wire *wire, pc_arena *arena, unsigned long *ret_newest, pc_error *err)
{
    pc_wire_answer answer;

    PC_TRY(get(wire, arena, "certcarc.asp", &answer, err));
    if (!pc_certsrv_renewals(answer.bytes, answer.len, ret_newest)) {
        return fail_page(arena, "certcarc.asp", &answer, err);
    }
    if (*ret_newest >= PC_CA_RENEWALS_MAX) {
        return pc_fail(err, PC_E_CA, "the CA claims %lu renewals, which is not plausible", *ret_newest);
    }
    return PC_OK;
}

pc_status pc_ca_get_ca_certificates(pc_wire *wire, pc_arena *arena, pc_ca_certificates *ret_certificates, pc_error *err)
{
    pc_ca_certificates certificates = { .items = NULL };

    PC_TRY(get_newest(wire, arena, &certificates.newest, err));
    for (unsigned long renewal = 0; renewal <= certificates.newest; renewal++) {
        const char *page = pc_arena_format(arena, "certnew.cer?ReqID=CACert&Renewal=%lu&Enc=bin", renewal);
        pc_wire_answer answer;

        PC_TRY(get(wire, arena, page, &answer, err));
        pc_certsrv_file kind = pc_certsrv_file_kind(answer.bytes, answer.len);

        if (kind == PC_CERTSRV_FILE_CUT) {
            return fail_cut(page, err);
        }
        if (kind == PC_CERTSRV_FILE_NONE && (renewal < certificates.newest || certificates.count > 0)) {
            continue; /* an old one may have been removed from the CA's store */
        }
        if (kind == PC_CERTSRV_FILE_NONE) {
            return fail_page(arena, page, &answer, err);
        }
        pc_ca_certificate *item = PC_PUSH(arena, certificates.items, certificates.count);

        if (!item) {
            return pc_fail_memory(err);
        }
        *item = (pc_ca_certificate){ .renewal = renewal, .file = { answer.bytes, answer.len } };
    }
    *ret_certificates = certificates;
    return PC_OK;
}

pc_status pc_ca_get_ca_chain(pc_wire *wire, pc_arena *arena, unsigned long renewal, pc_bytes *ret_file, pc_error *err)
{
    const char *page = pc_arena_format(arena, "certnew.p7b?ReqID=CACert&Renewal=%lu&Enc=bin", renewal);

    return get_file(wire, arena, page, ret_file, err);
}

pc_status pc_ca_get_crl(pc_wire *wire, pc_arena *arena, pc_ca_crl crl, pc_bytes *ret_file, pc_error *err)
{
    const char *page = pc_arena_format(arena, "certcrl.crl?Type=%s&ReqID=CACert&Renewal=%lu&Enc=bin",
                                       crl.is_delta ? "delta" : "base", crl.renewal);

    return get_file(wire, arena, page, ret_file, err);
}

pc_status pc_ca_get_templates(pc_wire *wire, pc_arena *arena, pc_ca_templates *ret_templates, pc_error *err)
{
    static const char page[] = "certrqxt.asp";
    pc_wire_answer answer;
    pc_ca_templates templates;

    PC_TRY(get(wire, arena, page, &answer, err));
    PC_TRY(pc_certsrv_templates(arena, answer.bytes, answer.len, &templates, err));
    if (!templates.is_form) {
        return fail_page(arena, page, &answer, err);
    }
    *ret_templates = templates;
    return PC_OK;
}
