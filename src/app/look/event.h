/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EVENT_H
#define PC_APP_EVENT_H

/** An event of the source "OpsMgr Connector" in the log "Operations Manager". */
typedef struct {
    unsigned id;
    const char *title;
    const char *meaning;
    const char *remedy;
    const char *rules; /**< ids of our rules that find the cause beforehand, separated by blanks; NULL if none does */
} pc_scom_event;

/** NULL if it is not known. */
const pc_scom_event *pc_scom_event_find(unsigned long id);

#endif
