/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_FLOWS_H
#define TEST_FAULT_FLOWS_H

#include "run.h"
#include "token_store.h"

/** How a run ended. */
typedef struct {
    bool killed; /**< by the plan; then status and text mean nothing */
    pc_status status;
    char text[2048]; /**< all that the error says */
} run_outcome;

/** A use case that is run under faults. All are about a key "server" or "ca" on a token "t". */
typedef struct {
    const char *name;

    /** Fill the reference store, of which every run gets a copy. */
    void (*prepare)(const token_store *store);

    /** @param again  the run after the faulty one: it may replace what that one wrote */
    pc_status (*run)(const token_store *reference, const token_store *store, const char *module, bool again,
                     pc_error *err);

    /** What is wrong with the state that a run left behind; NULL if nothing is. */
    const char *(*judge)(const token_store *reference, const token_store *store, const run_outcome *outcome);

    bool without_lies; /**< a module that denies the key is there would rightly be given a second one */
    bool slow;         /**< each run derives keys from a password or makes an RSA key: see sweep.c */
} flow;

extern const flow flow_new_make;
extern const flow flow_new_go_on;
extern const flow flow_new_key;
extern const flow flow_accept;
extern const flow flow_issue;
extern const flow flow_self_signed;
extern const flow flow_export;
extern const flow flow_import;
extern const flow flow_repair;

/** The public point of the only "server" key, or length 0 if there is none: to tell whether it is still the same. */
size_t flow_server_point(unsigned char out[static 128]);

#endif
