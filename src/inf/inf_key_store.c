/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of [NewRequest] that say how the key is kept and what kind of request is made. */
#include "inf/inf_job.h"

/* CRYPT_* request types of Microsoft's certreq page. */
static const struct {
    const char *name;
    unsigned long number;
    const char *why; /* NULL: it is made here */
    const char *fix;
} request_types[] = {
    { "PKCS10", 1, NULL, NULL },
    { "PKCS7", 2, "it is a renewal signed with the old certificate",
      "RequestType = PKCS10, and p11cert new --key LABEL to keep the key" },
    { "CMC", 3, "CAs take PKCS#10 as well, unless a key is archived or somebody else is enrolled for",
      "RequestType = PKCS10" },
    { "Cert", 4, "it is no request but a self-signed certificate",
      "RequestType = PKCS10, or p11cert issue --self-signed" },
    { "SCEP", 0xfd00, "it is for devices that enrol by SCEP", "RequestType = PKCS10" },
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
    size_t row = 0;

    for (size_t i = 0; i < job->inf->entry_count; i++) {
        const pc_inf_entry *entry = &job->inf->entries[i];

        if (pc_text_equal(entry->key, "RequestType") && pc_text_equal(entry->section, "NewRequest")) {
            job->said->request_type = find_type(entry->value, &row) ? request_types[row].name : NULL;
            return;
        }
    }
}

pc_status pc_inf_read_request_type(pc_inf_job *job, const pc_inf_entry *entry)
{
    size_t row = 0;
    pc_finding head = {
        .id = "inf.request-type",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "RequestType = PKCS10",
    };

    if (!find_type(entry->value, &row)) {
        return pc_inf_find(job->inf, &head, "RequestType \"%s\" is none of PKCS10, PKCS7, CMC, Cert, SCEP",
                           pc_show(entry->value).text);
    }
    if (!request_types[row].why) {
        return PC_OK;
    }
    head.fix = request_types[row].fix;
    return pc_inf_find(job->inf, &head, "RequestType \"%s\" is not made here, PKCS10 is: %s", request_types[row].name,
                       request_types[row].why);
}

pc_status pc_inf_read_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (entry->was_typographic) {
        /* certreq would not read TRUE here, so neither is it taken for TRUE: a key that got out stays out. */
        return pc_inf_bad_value(job, entry,
                                "it stands in typographic quotes, which certreq takes for part of the value, so it "
                                "is neither TRUE nor FALSE",
                                "Exportable = TRUE, or FALSE, without quotes");
    }
    job->request->wish.exportable_line = entry->line;
    return pc_inf_read_wish(job, entry, &job->request->wish.exportable);
}

pc_status pc_inf_read_exportable_encrypted(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_wish wish = PC_WISH_SILENT;
    const pc_finding head = {
        .id = "inf.not-honoured",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = "Exportable = TRUE, or --exportable",
    };

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    job->said->exportable_encrypted = wish == PC_WISH_YES;
    if (wish != PC_WISH_YES) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "not honoured here: `ExportableEncrypted = TRUE` on line %u: a token does not "
                       "tell it from Exportable, and one key is exportable only by that word",
                       entry->line);
}

/* No key of certreq's, but what a much copied page tells people to write. */
pc_status pc_inf_read_misspelt_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool value = false;

    job->misspelt_exportable = entry;
    job->request->wish.misspelt_line = entry->line;
    if (pc_inf_to_bool(entry->value, &value)) {
        job->request->wish.misspelt = value ? PC_WISH_YES : PC_WISH_NO;
    }
    return PC_OK;
}

pc_status pc_inf_read_machine_key_set(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->machine_key_set = entry;
    return pc_inf_read_wish(job, entry, &job->request->machine_key_set);
}

static pc_status keep_text(pc_inf_job *job, const pc_inf_entry *entry, const char **slot)
{
    const char *text = pc_arena_string(job->request->arena, entry->value);

    if (!text) {
        return PC_E_MEMORY;
    }
    *slot = text[0] ? text : NULL;
    return PC_OK;
}

pc_status pc_inf_read_key_container(pc_inf_job *job, const pc_inf_entry *entry)
{
    return keep_text(job, entry, &job->request->key_container);
}

pc_status pc_inf_read_friendly_name(pc_inf_job *job, const pc_inf_entry *entry)
{
    return keep_text(job, entry, &job->request->friendly_name);
}

static pc_status read_flag(pc_inf_job *job, const pc_inf_entry *entry, bool *flag)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    *flag = wish == PC_WISH_YES;
    return PC_OK;
}

pc_status pc_inf_read_smime(pc_inf_job *job, const pc_inf_entry *entry)
{
    return read_flag(job, entry, &job->request->smime);
}

pc_status pc_inf_read_pss(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->pss = entry;
    return read_flag(job, entry, &job->request->pss);
}

pc_status pc_inf_read_bool(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool unused = false;

    return read_flag(job, entry, &unused);
}
