/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_AUDIT_H
#define P11CERT_AUDIT_H

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The audit log: what this process does with keys and tokens, to which object, for whom, one record for each act (a key
 * is made, an object is written or removed, a PIN is changed, a signature is made) and one for a run that fails. A
 * record has no secret: neither a PIN nor a key, nor the words of the command line.
 *
 * It is a record, not a lock: whoever can use a token can also do so with other programs.
 *
 * The process has one log. Every act of every thread is recorded, from pc_audit_start to pc_audit_stop. An act whose
 * record could not be written is refused before it begins; if the record of an act that was done is lost nevertheless,
 * further acts are refused, and pc_audit_stop says so.
 */

typedef struct {
    const char *log;  /**< "syslog", "journald", or the path of a file, appended to; NULL: none, `tell` alone */
    const char *verb; /**< what the process was asked to do, for the records: "new" */
    /** Called with each act and its result in words, one line without a line end, by the thread that did it; NULL:
     * nobody. */
    void (*tell)(void *context, const char *words);
    void *context;
} pc_audit_order;

/**
 * Open the log and begin to record. Before the first module is opened, with one thread.
 * @return PC_OK; PC_E_INPUT (the file is not an audit log, or not a regular file); PC_E_IO (it cannot be written: a
 *         full disk, no permission, a link that leads nowhere, no daemon that takes the records); PC_E_MEMORY;
 *         PC_E_INTERNAL (a log is open already).
 */
PC_MUST_CHECK pc_status pc_audit_start(const pc_audit_order *order, pc_error *err);

/**
 * Record a run that failed, if it did, and close the log. Nothing if none is open.
 * @param failure  NULL: the run did what it was asked to
 * @return PC_OK; PC_E_IO: a record of this run could not be written.
 */
PC_MUST_CHECK pc_status pc_audit_stop(const pc_error *failure, pc_error *err);

/** Calls to PKCS#11 modules since the process began. */
unsigned long pc_audit_call_count(void);

#ifdef __cplusplus
}
#endif

#endif
