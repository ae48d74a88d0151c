/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EVENT_H
#define PC_APP_EVENT_H

/** An event of the source "OpsMgr Connector" in the log "Operations Manager". */
typedef struct {
    unsigned id;
    const char *title;
    const char *meaning;
    const char *remedy;
    const char *rules; /**< ids of the rules that detect the cause in advance, separated by spaces; NULL if none does */
} pc_scom_event;

/** NULL if the event is not known. */
const pc_scom_event *pc_scom_event_find(unsigned long id);

#endif
