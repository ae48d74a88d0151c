/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FAULT_SCENE_H
#define TEST_FAULT_SCENE_H

#include <openssl/x509.h>

#include "flows.h"
#include "raw_token.h"

/** Common parts of the flows: made by OpenSSL and bare PKCS#11 calls, and judged by them. */

#define SCENE_OUT       "out/result.pem"
#define SCENE_BYSTANDER "precious"
#define SCENE_PASSWORD  "correct horse Battery 9 staple"

/** The caller's; valid for ten days. */
X509 *scene_certificate(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key, bool is_ca);
void scene_write_certificate(const token_store *store, const char *name, X509 *certificate);
size_t scene_der(const X509 *certificate, unsigned char out[static 2048]);

/** A request of CN=client.contoso.com for a new key. */
void scene_write_request(const token_store *store, const char *name);

/** Add the objects of others to the token with that label: a key pair, a certificate, a data object. */
void scene_add_bystanders(const char *token);

/** Objects of a class, without those of others. */
size_t scene_count(const raw_token *raw, CK_OBJECT_CLASS class);

/** The path of the file that a flow writes; its folder exists. */
const char *scene_out(const token_store *store, char path[static 128]);

/** "file:..." with SCENE_PASSWORD, which the flow has written as "password". */
const char *scene_password_source(const token_store *reference, char source[static 160]);

/* What is wrong; NULL if nothing is. */

/** A file exists if the run succeeded, and none if it failed; nothing else is left. */
const char *scene_judge_presence(const token_store *store, const run_outcome *outcome, bool *ret_present);

/** As that; and a file is a request for the key "server". */
const char *scene_judge_request(const token_store *store, const raw_token *raw, const run_outcome *outcome);

/** As scene_judge_presence; and a file is a certificate by that key. */
const char *scene_judge_certificate(const token_store *store, const raw_token *raw, const char *ca_label,
                                    const run_outcome *outcome);

/** For a key pair "server" that the run makes: at most one, complete, and the error mentions it. */
const char *scene_judge_made_key(const raw_token *raw, const run_outcome *outcome);

/** By OpenSSL's own reader: a PFX with the key "server", its certificate, and its root at most. */
bool scene_is_whole_pfx(const char *path, const raw_token *raw);

/** How often the certificate of a file of the reference is on the token. @param id  its CKA_ID; NULL: any */
size_t scene_count_same(const raw_token *raw, const token_store *reference, const char *name, const char *id);

#endif
