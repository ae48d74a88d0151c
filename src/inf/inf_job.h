/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_JOB_H
#define PC_INF_INF_JOB_H

#include <p11cert/explain.h>
#include <p11cert/inf.h>
#include <p11cert/request.h>

#include "base/arena.h"
#include "inf/findings.h"
#include "inf/inf_make.h"
#include "inf/inf_number.h"
#include "inf/shown.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

enum { PC_INF_KEYS_MAX = 96, PC_INF_SUBS_MAX = 250 };

/** An extension that the file asks for, and where it does so first. */
typedef struct {
    const char *oid;
    const pc_inf_entry *entry;
} pc_inf_claim;

/** `Critical = OID` under [Extensions], which may stand above what it marks, or {critical} in a value. */
typedef struct {
    const char *oid;
    const pc_inf_entry *entry;
} pc_inf_mark;

/** What a section is for that another one names: `Policies = A` makes [A] one. */
typedef enum {
    PC_INF_SUB_POLICY,
    PC_INF_SUB_APPLICATION_POLICY,
    PC_INF_SUB_PERMITTED,
    PC_INF_SUB_EXCLUDED,
} pc_inf_sub_role;

typedef struct {
    const char *name;
    const pc_inf_entry *head; /* the line that names it */
    pc_inf_sub_role role;
    size_t policy; /* index of its policy; used for the first two roles */
} pc_inf_sub;

/** The making of a request from a file: what several keys decide together is kept until all are read. */
typedef struct {
    pc_inf *inf;
    pc_request *request;
    pc_inf_said *said;
    size_t at;                                 /**< index of the entry being read */
    size_t joined_end;                         /**< index behind the last `_continue_` line that has been used */
    const pc_inf_entry *seen[PC_INF_KEYS_MAX]; /**< first entry of each [NewRequest] key, by its row */
    const pc_inf_entry *subject;
    pc_x500_options subject_options;
    const pc_inf_entry *algorithm;
    const pc_inf_entry *length;
    const pc_inf_entry *pss;
    const pc_inf_entry *misspelt_exportable;
    const pc_inf_entry *machine_key_set;
    const pc_inf_entry *provider_name;
    const pc_inf_entry *provider_type;
    const pc_inf_entry *eku_in_section;
    const pc_inf_entry *eku_in_extensions;
    const pc_inf_entry *usage_in_extensions;
    unsigned extension_usage;
    pc_inf_claim *claims;
    size_t claim_count;
    pc_inf_mark *marks;
    size_t mark_count;
    pc_inf_sub *subs;
    size_t sub_count;
} pc_inf_job;

/*
 * Readers of one entry. They return PC_OK or PC_E_MEMORY and nothing else: what is wrong with an
 * entry is a finding.
 */
typedef pc_status (*pc_inf_reader)(pc_inf_job *job, const pc_inf_entry *entry);

PC_MUST_CHECK pc_status pc_inf_read_version(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_new_request(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_extensions(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_basic_constraints(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_name_constraints(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_policies(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_application_policies(pc_inf_job *job, const pc_inf_entry *entry);

/* Keys of [NewRequest]. */
PC_MUST_CHECK pc_status pc_inf_read_subject(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_x500_flags(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_subject_name_flags(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_usage(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_length(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_hash_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_spec(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_provider_name(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_provider_type(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_request_type(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_exportable(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_exportable_encrypted(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_misspelt_exportable(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_machine_key_set(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_container(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_friendly_name(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_smime(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_pss(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_bool(pc_inf_job *job, const pc_inf_entry *entry);

/** The first RequestType of [NewRequest], which decides what other keys are for. */
void pc_inf_look_for_request_type(pc_inf_job *job);

/* What is decided once all entries are read. */
PC_MUST_CHECK pc_status pc_inf_finish_new_request(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_subject(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_key(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_provider(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_ekus(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_usage(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_extensions(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_policies(pc_inf_job *job);

/** Remember the sections that `Policies`, `Include` and `Exclude` name. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_name_subs(pc_inf_job *job);

/** Is there a line that names the section? */
bool pc_inf_is_sub(const pc_inf_job *job, const char *section);

/** Read an entry of a section that others name. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_sub(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_policy_entry(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_constraint(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry);

/** The list of policies that a role is for. */
pc_policy_statements *pc_inf_policies_of(pc_request *request, pc_inf_sub_role role);

/** Read "OID=1.2.3&URL=https://x/&Notice=text&OID=…" into a list of policies. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_policy_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text,
                                                pc_policy_statements *list);

/** TRUE, FALSE, yes, no, 1, 0 without case. false if it is none of them. */
bool pc_inf_to_bool(const char *text, bool *ret_value);

/** The same as a wish; anything else is a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_wish(pc_inf_job *job, const pc_inf_entry *entry, pc_wish *wish);

/** The entry's value with the `_continue_` lines right below it. NULL when out of memory. */
const char *pc_inf_joined_value(pc_inf_job *job, const pc_inf_entry *entry);

/** The line that the character at `offset` of a joined value stands on. */
unsigned pc_inf_joined_line(const pc_inf_job *job, const pc_inf_entry *entry, size_t offset);

/** The next item of a list with commas, trimmed; false at the end. Empty items are skipped. */
bool pc_inf_next_item(const char **list, pc_span *ret_item);

/** Say what an entry means; the last word counts. The note is static text, or inf's. */
void pc_inf_mean(pc_inf_job *job, const pc_inf_entry *entry, pc_effect effect, const char *note);

/**
 * Say that an extension is asked for here.
 * @param ret_first  false if it has been asked for before: there is then a finding, and it must not be made again
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_claim_extension(pc_inf_job *job, const char *oid, const pc_inf_entry *entry,
                                               bool *ret_first);

/** Say that a value cannot be read. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const char *reason,
                                         const char *fix);

/** Say that a word in a value is no symbol that belongs there. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_bad_symbol(pc_inf_job *job, const pc_inf_entry *entry, pc_span word,
                                          const pc_inf_symbols *symbols);

/** Say that a key is not known, with the nearest known one or NULL. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_unknown_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest);

/** A key that belongs into another section. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_wrong_section(pc_inf_job *job, const pc_inf_entry *entry, const char *section,
                                             const char *fix);

/** A `_continue_` line: used by the entry above, or else a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry);

#endif
