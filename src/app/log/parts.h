/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_LOG_PARTS_H
#define PC_APP_LOG_PARTS_H

#include "app/log/log.h"
#include "ceremony/transcript/record.h"

/** The last CRL number that a CA drew. */
typedef struct {
    const char *issuer_spki;
    const char *number; /**< decimal, without leading zeros */
    bool is_unfinished; /**< the log does not record the outcome */
} pc_logged_crl;

struct pc_issuance_log {
    pc_arena *arena;
    const char *path;
    int fd;
    off_t size;    /**< of the complete lines */
    bool is_stuck; /**< a write failed: the contents of the file are unknown, so no line may follow */
    int64_t seq;   /**< of the last line */
    pc_sha256 head;
    pc_logged_certificate **items; /**< in the order of the log */
    size_t count;
    pc_logged_crl **crls; /**< one for each CA */
    size_t crl_count;
    /* tsearch(3) trees of the members above: a log has many lines, and most of them refer to an earlier one. */
    void *by_serial;
    void *by_key; /**< of what was issued */
    void *by_ca;
};

pc_status pc_issuance_log_fail_io(const pc_issuance_log *log, const char *what, pc_error *err);

/** Process the next record. @return PC_OK; PC_E_VERIFY; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_issuance_log_take(pc_issuance_log *log, const pc_record *record, pc_error *err);

/** Free the trees. */
void pc_issuance_log_forget(pc_issuance_log *log);

/** NULL if the log does not contain it. */
pc_logged_certificate *pc_issuance_log_by_serial(const pc_issuance_log *log, const char *issuer_spki,
                                                 const char *serial);
const pc_logged_certificate *pc_issuance_log_by_key(const pc_issuance_log *log, const char *issuer_spki,
                                                    const char *spki);
pc_logged_crl *pc_issuance_log_by_ca(const pc_issuance_log *log, const char *issuer_spki);

#endif
