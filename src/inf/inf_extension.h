/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_EXTENSION_H
#define PC_INF_INF_EXTENSION_H

#include "inf/inf_job.h"
#include "inf/inf_value.h"

#define PC_INF_OID_KEY_USAGE            "2.5.29.15"
#define PC_INF_OID_ALT_NAMES            "2.5.29.17"
#define PC_INF_OID_BASIC_CONSTRAINTS    "2.5.29.19"
#define PC_INF_OID_NAME_CONSTRAINTS     "2.5.29.30"
#define PC_INF_OID_POLICIES             "2.5.29.32"
#define PC_INF_OID_POLICY_MAPPINGS      "2.5.29.33"
#define PC_INF_OID_EKU                  "2.5.29.37"
#define PC_INF_OID_TEMPLATE_NAME        "1.3.6.1.4.1.311.20.2"
#define PC_INF_OID_TEMPLATE             "1.3.6.1.4.1.311.21.7"
#define PC_INF_OID_APPLICATION_POLICIES "1.3.6.1.4.1.311.21.10"
#define PC_INF_OID_APPLICATION_MAPPINGS "1.3.6.1.4.1.311.21.11"

/*
 * Readers of an extension's {text} form. `text` is the end of a joined value, after its tags; what is
 * wrong with it is a finding. They return PC_OK or PC_E_MEMORY.
 */
typedef pc_status (*pc_inf_text_reader)(pc_inf_job *job, const pc_inf_entry *entry, const char *text);

PC_MUST_CHECK pc_status pc_inf_read_usage_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_alt_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_eku_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_constraints_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_name_constraints_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_mappings_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_policies_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_app_policies_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_template_name_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);
PC_MUST_CHECK pc_status pc_inf_read_template_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);

/** Report what is wrong with the names of a text form that p11cert does not use itself. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_check_alt_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text);

/*
 * Readers of an extension's DER. They return PC_OK, with the request changed; PC_E_INPUT, with it unchanged,
 * if the content is not one that they can decode: it is then kept as it is encoded; or PC_E_MEMORY.
 */
typedef pc_status (*pc_inf_der_reader)(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der);

PC_MUST_CHECK pc_status pc_inf_read_usage_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der);
PC_MUST_CHECK pc_status pc_inf_read_alt_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der);
PC_MUST_CHECK pc_status pc_inf_read_eku_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der);
PC_MUST_CHECK pc_status pc_inf_read_constraints_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der);

/** Add an extension by its encoding, which is copied. What is wrong is a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_add_raw(pc_inf_job *job, const pc_inf_entry *entry, const char *oid, pc_bytes der);

/** The DER of policy mappings (RFC 5280 section 4.2.1.5). @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_mappings_der(pc_arena *arena, const pc_inf_mappings *mappings, pc_bytes *ret_der);

/** An entry of [Extensions]. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_extensions(pc_inf_job *job, const pc_inf_entry *entry);

#endif
