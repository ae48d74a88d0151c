/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_JOB_H
#define PC_INF_INF_JOB_H

#include <p11cert/explain.h>
#include <p11cert/inf.h>
#include <p11cert/request.h>

#include "base/arena.h"
#include "inf/findings.h"
#include "inf/inf_make.h"
#include "inf/name_map.h"
#include "inf/quoted.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

enum { PC_INF_KEYS_MAX = 96 };

/** What decides the subject. */
typedef struct {
    const pc_inf_entry *entry; /**< `Subject` */
    pc_x500_options options;   /**< by `X500NameFlags` */
} pc_inf_subject_keys;

/** What decides the key and the signature; NULL where the file has no such line. */
typedef struct {
    const pc_inf_entry *algorithm;
    const pc_inf_entry *refused_algorithm; /**< whose length cannot be evaluated */
    const pc_inf_entry *without_curve;     /**< KeyAlgorithm = ECDSA or ECDH: KeyLength may say which curve */
    const pc_inf_entry *length;
    const pc_inf_entry *hash; /**< a supported one */
    const pc_inf_entry *pss;
} pc_inf_key_keys;

/** How Windows would keep the key; NULL where the file has no such line. */
typedef struct {
    const pc_inf_entry *misspelt_exportable;
    const pc_inf_entry *machine_key_set;
    const pc_inf_entry *provider_name;
    const pc_inf_entry *provider_type;
} pc_inf_store_keys;

/** Key usage and extended key usages outside KeyUsage; NULL where the file has no such line. */
typedef struct {
    const pc_inf_entry *eku_in_section;
    const pc_inf_entry *eku_in_extensions;
    const pc_inf_entry *in_extensions; /**< 2.5.29.15 */
    unsigned bits_in_extensions;
} pc_inf_usage_keys;

/**
 * An extension, and the line that asks for it first (a claim); or one that is marked as critical, by `Critical = OID`,
 * which may be above the line that it marks, or by {critical} in a value (a mark).
 */
typedef struct {
    const char *oid;
    const pc_inf_entry *entry;
} pc_inf_extension_line;

typedef struct {
    pc_inf_extension_line *items;
    size_t count;
} pc_inf_extension_lines;

/** A policy of the issuer, and the equivalent policy of the subject. */
typedef struct {
    const char *issuer;
    const char *subject;
} pc_inf_mapping;

/** Policy mappings (RFC 5280 section 4.2.1.5), of certificate policies or of application policies. */
typedef struct {
    const pc_inf_entry *entry; /**< the first line that asks for them */
    pc_inf_mapping *items;
    size_t count;
    bool critical;
} pc_inf_mappings;

/** Sections that other ones name: inf_subs.h. */
typedef struct {
    struct pc_inf_sub *items;
    size_t count;
} pc_inf_subs;

/** The creation of a request from a file: what several keys decide together is kept until all have been read. */
typedef struct {
    pc_inf *inf;
    pc_request *request;
    pc_inf_said *said;
    size_t position;                           /**< index of the entry being read */
    size_t joined_end;                         /**< index after the last `_continue_` line that has been used */
    const pc_inf_entry *seen[PC_INF_KEYS_MAX]; /**< first entry of each [NewRequest] key, by its row */
    pc_name_map new_request;                   /**< the keys of [NewRequest], each with the index of its first entry */
    pc_inf_subject_keys subject;
    pc_inf_key_keys key;
    pc_inf_store_keys store;
    pc_inf_usage_keys usage;
    pc_inf_extension_lines claims;
    pc_inf_extension_lines marks;
    pc_inf_subs subs;
    pc_inf_mappings policy_mappings;
    pc_inf_mappings application_mappings;
} pc_inf_job;

/**
 * A reader of one entry. It returns PC_OK or PC_E_MEMORY and nothing else: what is wrong with an entry is a finding.
 */
typedef pc_status (*pc_inf_reader)(pc_inf_job *job, const pc_inf_entry *entry);

/** Note which keys [NewRequest] has, for pc_inf_first_entry. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_note_keys(pc_inf_job *job);

/** The first entry of a key in a section, without case, or NULL. */
const pc_inf_entry *pc_inf_first_entry(const pc_inf_job *job, const char *section, const char *key);

/** Set what an entry means; the last call counts. The note is static text, or inf's. */
void pc_inf_mean(pc_inf_job *job, const pc_inf_entry *entry, pc_effect effect, const char *note);

#endif
