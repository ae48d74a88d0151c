/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_AUDIT_DESTINATION_H
#define PC_APP_AUDIT_DESTINATION_H

#include <p11cert/error.h>

/** Where the records of an audit log go: a file, syslog or journald. Not thread-safe. */
typedef struct pc_audit_destination pc_audit_destination;

/** The beginning of each line of the file; the members of a record follow. */
#define PC_AUDIT_MARK "{\"log\":\"p11cert-audit-1\","

#define PC_JOURNAL_SOCKET "/run/systemd/journal/socket"
#define PC_SYSLOG_SOCKET  "/dev/log"

/** Sockets to use instead of the system's; NULL: the system's. For tests. */
typedef struct {
    const char *journal;
    const char *syslog; /**< only checked for existence; syslog(3) connects by itself */
} pc_audit_sockets;

/**
 * @param log      "syslog", "journald" or a path
 * @param sockets  NULL: the system's
 * @return PC_OK; PC_E_INPUT, PC_E_IO, PC_E_MEMORY as pc_audit_start.
 */
PC_MUST_CHECK pc_status pc_audit_destination_open(const char *log, const pc_audit_sockets *sockets,
                                                  pc_audit_destination **ret_destination, pc_error *err);

/**
 * Make sure that a record can be written: there is room in the file, a daemon listens.
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_audit_destination_claim(pc_audit_destination *destination, pc_error *err);

/**
 * Write a record; in a file it is on the disk when this returns.
 * @param json   one line, which begins with PC_AUDIT_MARK
 * @param words  the same in words, for people who read the journal
 * @return PC_OK; PC_E_IO: no part of it is in the file.
 */
PC_MUST_CHECK pc_status pc_audit_destination_put(pc_audit_destination *destination, const char *json, const char *words,
                                                 pc_error *err);

/** Accepts NULL. */
void pc_audit_destination_close(pc_audit_destination *destination);

#endif
