/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_FLOWS_H
#define TEST_FAULT_FLOWS_H

#include "run.h"
#include "token_store.h"

/** How a run ended. */
typedef struct {
    bool killed; /**< by the plan; then status and text mean nothing */
    pc_status status;
    char text[2048]; /**< everything that the error says */
} run_outcome;

#define FLOW_MAY_CHANGE(class) (1ul << (class))

/**
 * A use case that is run under faults. All are about a key "server" or "ca" on a token "t", which also contains a key
 * pair, a certificate and a data object of others, each labelled "precious".
 */
typedef struct {
    const char *name;
    unsigned runs;         /**< of the 10,000 that CI has time for (see cases.h) */
    size_t keys;           /**< private keys that a complete run adds to the store */
    unsigned long changes; /**< classes of its own objects that it may change or, except for private keys, remove */

    /** Fill the reference store, of which every run gets a copy; NULL: nothing is needed. */
    void (*prepare)(const token_store *store);

    /** @param again the run after the faulty one: it may replace the files of that one */
    pc_status (*run)(const token_store *reference, const token_store *store, const char *module, bool again,
                     pc_error *err);

    /** What is wrong with the state that a run left; NULL if nothing is. */
    const char *(*judge)(const token_store *reference, const token_store *store, const run_outcome *outcome);

    const char *second_token; /**< the one that it writes to; NULL: it writes to "t" */

    bool makes_token;  /**< there is no token "t" at the start; the objects of others are on a token "other" */
    bool destroys;     /**< its own objects, including private keys, may be removed */
    bool without_lies; /**< if the module denies that the key exists, a second one is rightly made */
} flow;

extern const flow flow_new_make;
extern const flow flow_new_go_on;
extern const flow flow_new_key;
extern const flow flow_accept;
extern const flow flow_issue;
extern const flow flow_self_signed;
extern const flow flow_export;
extern const flow flow_import;
extern const flow flow_copy;
extern const flow flow_repair;
extern const flow flow_batch;
extern const flow flow_batch_issue;
extern const flow flow_batch_accept;
extern const flow flow_init;
extern const flow flow_pin;
extern const flow flow_retire;
extern const flow flow_kit;
extern const flow flow_list;
extern const flow flow_tokens;
extern const flow flow_doctor;
extern const flow flow_check;

/* These need mini_ca_start. */
extern const flow flow_submit;
extern const flow flow_retrieve;
extern const flow flow_enroll;
extern const flow flow_renew;
extern const flow flow_renew_key;

#endif
