/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_JOB_H
#define PC_INF_INF_JOB_H

#include <p11cert/inf.h>
#include <p11cert/request.h>

#include "base/arena.h"
#include "inf/findings.h"
#include "inf/shown.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

enum { PC_INF_KEYS_MAX = 96 };

/** The making of a request from a file: what several keys decide together is kept until all are read. */
typedef struct {
    pc_inf *inf;
    pc_request *request;
    size_t at;             /**< index of the entry being read */
    size_t joined_end;     /**< index behind the last `_continue_` line that has been used */
    const pc_inf_entry *seen[PC_INF_KEYS_MAX];  /**< first entry of each [NewRequest] key, by its row */
    const pc_inf_entry *algorithm;
    const pc_inf_entry *length;
    const pc_inf_entry *misspelt_exportable;
    const pc_inf_entry *machine_key_set;
    const pc_inf_entry *provider_name;
    const pc_inf_entry *provider_type;
    const pc_inf_entry *eku_in_section;
    const pc_inf_entry *eku_in_extensions;
} pc_inf_job;

/*
 * Readers of one entry. They return PC_OK or PC_E_MEMORY and nothing else: what is wrong with an
 * entry is a finding.
 */
typedef pc_status (*pc_inf_reader)(pc_inf_job *job, const pc_inf_entry *entry);

PC_MUST_CHECK pc_status pc_inf_read_new_request(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_eku_section(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_extensions(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_attribute(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_usage(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_length(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_hash_algorithm(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_key_spec(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_provider_name(pc_inf_job *job, const pc_inf_entry *entry);
PC_MUST_CHECK pc_status pc_inf_read_provider_type(pc_inf_job *job, const pc_inf_entry *entry);

/* What is decided once all entries are read. */
PC_MUST_CHECK pc_status pc_inf_finish_new_request(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_key(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_provider(pc_inf_job *job);
PC_MUST_CHECK pc_status pc_inf_finish_ekus(pc_inf_job *job);

/** TRUE, FALSE, yes, no, 1, 0 without case. false if it is none of them. */
bool pc_inf_to_bool(const char *text, bool *ret_value);

/** The entry's value with the `_continue_` lines right below it. NULL when out of memory. */
const char *pc_inf_joined_value(pc_inf_job *job, const pc_inf_entry *entry);

/** Say that a value cannot be read. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const char *reason,
                                         const char *fix);

/** Say that a key is not known, with the nearest known one or NULL. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_unknown_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest);

/** A `_continue_` line: used by the entry above, or else a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry);

#endif
