/* SPDX-License-Identifier: Apache-2.0 */
/* RequestType of [NewRequest]. */
#include "inf/inf_request_type.h"

#include "base/text.h"
#include "inf/fix.h"
#include "base/nearest.h"

/* CRYPT_* request types of Microsoft's certreq page. */
static const struct {
    const char *name;
    unsigned long number;
    const char *why; /* NULL: it is created here */
    const char *fix; /* NULL: RequestType = PKCS10 */
} request_types[] = {
    { "PKCS10", 1, NULL, NULL },
    { "PKCS7", 2,
      "it is a request signed with a certificate, to renew that certificate (RenewalCert) or on behalf of another user "
      "(RequesterName)",
      "use certreq on Windows; to renew a certificate of a key on the token, use p11cert renew" },
    { "CMC", 3,
      "CAs accept PKCS#10 as well, except to archive a key (PrivateKeyArchive) or on behalf of another user "
      "(RequesterName)",
      NULL },
    { "Cert", 4, "it is not a request but a self-signed certificate",
      "use p11cert issue --self-signed, or RequestType = PKCS10 for a request" },
    { "SCEP", 0xfd00, "it is for devices that enrol by SCEP", NULL },
};

static bool find_type(const char *text, size_t *ret_row)
{
    unsigned long number = 0;
    bool is_number = pc_text_to_number(text, 0xffff, &number);

    for (size_t i = 0; i < PC_COUNT(request_types); i++) {
        if (is_number ? number == request_types[i].number : pc_text_equal(text, request_types[i].name)) {
            *ret_row = i;
            return true;
        }
    }
    return false;
}

void pc_inf_look_for_request_type(pc_inf_job *job)
{
    const pc_inf_entry *entry = pc_inf_first_entry(job, "NewRequest", "RequestType");
    size_t row = 0;

    if (entry && find_type(entry->value, &row)) {
        job->said->request_type = request_types[row].name;
    }
}

/* A misspelt type counts as the type that it is closest to. */
static pc_status find_unknown(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->value);
    pc_finding head = {
        .id = "inf.request-type",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "write RequestType = PKCS10 for a request, or remove the line",
    };

    for (size_t i = 0; i < PC_COUNT(request_types); i++) {
        pc_nearest_offer(&nearest, request_types[i].name);
    }
    if (nearest.best == request_types[0].name) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, entry->key, nearest.best));
    }
    return pc_inf_find(job->inf, &head, "RequestType \"%s\" is not PKCS10, PKCS7, CMC, Cert or SCEP",
                       pc_quote(entry->value).text);
}

pc_status pc_inf_read_request_type(pc_inf_job *job, const pc_inf_entry *entry)
{
    size_t row = 0;
    pc_finding head = { .id = "inf.request-type", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    if (!find_type(entry->value, &row)) {
        return find_unknown(job, entry);
    }
    if (!request_types[row].why) {
        return PC_OK;
    }
    if (request_types[row].fix) {
        head.fix = request_types[row].fix;
    } else {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, "RequestType", "PKCS10"));
    }
    return pc_inf_find(job->inf, &head, "RequestType \"%s\" is not supported, only PKCS10 is: %s",
                       request_types[row].name, request_types[row].why);
}
