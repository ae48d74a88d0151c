/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of [NewRequest] that say how the key is kept. */
#include "inf/inf_key_store.h"

#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_report.h"

pc_status pc_inf_read_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    if (entry->was_typographic) {
        /* certreq would not read this as TRUE, so neither does p11cert: an export cannot be undone. */
        return pc_inf_bad_value(job, entry,
                                "it is in typographic quotes, which certreq treats as part of the value, so it is "
                                "neither TRUE nor FALSE",
                                "write TRUE or FALSE without quotes");
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
        .fix = "replace it with Exportable = TRUE if the key must leave the token, or remove the line",
    };

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    job->said->exportable_encrypted = wish == PC_WISH_YES;
    if (wish != PC_WISH_YES) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "not honoured here: `ExportableEncrypted = TRUE` on line %u: a token cannot distinguish it from "
                       "Exportable, and only `Exportable` makes a key exportable",
                       entry->line);
}

/* certreq has no such key, but a widely copied page tells people to write it. */
pc_status pc_inf_read_misspelt_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool value = false;

    job->store.misspelt_exportable = entry;
    job->request->wish.misspelt_line = entry->line;
    if (pc_inf_to_bool(entry->value, &value)) {
        job->request->wish.misspelt = value ? PC_WISH_YES : PC_WISH_NO;
    }
    return PC_OK;
}

pc_status pc_inf_read_machine_key_set(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->store.machine_key_set = entry;
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

static pc_status find_misspelt(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->store.misspelt_exportable;
    const pc_exportable_wish *wish = &job->request->wish;
    pc_finding head = { .id = "inf.unknown-key", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    if (pc_inf_first_entry(job, "NewRequest", "Exportable")) {
        pc_inf_fix_by_removing(&head, job->inf, entry);
    } else {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, "Exportable", entry->value));
    }
    if (wish->exportable != PC_WISH_SILENT) {
        return pc_inf_find(job->inf, &head,
                           "certreq does not know `Key Exportable` and skips it; `Exportable` on line %u counts",
                           wish->exportable_line);
    }
    return pc_inf_find(job->inf, &head,
                       "certreq does not know `Key Exportable` and skips it; the nearest key that it knows is "
                       "`Exportable`. As written the key will not be exportable");
}

static pc_status find_user_key(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->store.machine_key_set;
    pc_finding head = {
        .id = "inf.machine-key-set",
        .severity = PC_SEVERITY_INFO,
        .line = entry ? entry->line : 0,
        .fix = pc_inf_line_text(job->inf, "MachineKeySet", "TRUE"),
    };

    if (entry) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, head.fix);
    } else {
        head.edit = (pc_edit){ .action = PC_EDIT_ADD, .section = "NewRequest", .text = head.fix };
    }
    return pc_inf_find(job->inf, &head,
                       "MachineKeySet is %s: certreq would keep the key for the user who runs it; services look for it "
                       "in the computer's store",
                       entry ? "not TRUE" : "missing, which means FALSE");
}

pc_status pc_inf_finish_key_store(pc_inf_job *job)
{
    if (job->store.misspelt_exportable) {
        PC_TRY(find_misspelt(job));
    }
    return job->request->machine_key_set == PC_WISH_YES ? PC_OK : find_user_key(job);
}
