/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_ADCS_CA_WORLD_H
#define P11CERT_TESTS_ADCS_CA_WORLD_H

#include "harness.h"

/**
 * A world (harness.h) with a token "servers" and the addresses of the stand-in CA that tests/adcs/with started. The
 * program is run as installed; pkcs11-tool, openssl and the requests that the CA received show what it did.
 */

/** The stand-in's environment (README.md). */
typedef struct {
    const char *dir;
    const char *https;
    const char *certificate;
    const char *wrong_name;
    const char *expired;
    const char *middle;
    const char *old_tls;
    const char *http;
    const char *proxy;
    const char *cacert;
    const char *pin;
} ca_place;

extern ca_place ca;

/** cmocka fixtures. */
int ca_world_new(void **state);
int ca_world_remove(void **state);

/** "HOST/WHERE/certsrv", WHERE as in "kerberos/enterprise"; lives until the world is removed. */
const char *ca_url(const char *host, const char *where);

/** Skip the test where libcurl is built on another major version of OpenSSL than p11cert (test_other_openssl). */
void only_with_one_openssl(void);

/** A formatted text that lives until the world is removed. */
const char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** A key LABEL on the token, EC P-256, and its request LABEL.req for CN=LABEL, DNS:LABEL. */
void make_request(const char *label);

/** p11cert VERB, with the options for token and CA before the words. */
const run_result *run_ca(const char *verb, const char *url, const char *const *words);

#define SUBMIT(url, ...) run_ca("submit", url, WORDS(__VA_ARGS__))
#define RETRIEVE(...)    run_ca("retrieve", NULL, WORDS(__VA_ARGS__))
#define ENTERPRISE       ca_url(ca.https, "kerberos/enterprise")
#define STANDALONE       ca_url(ca.https, "kerberos/standalone")
#define TEMPLATE         "--template", "WebServer"
#define NOBODY           "--auth", "none"

/** The number that the CA gave, from "pending: request 17" or "issued: request 17". */
const char *number_in(const run_result *result);
void approve(const char *number);
void deny(const char *number);
void reopen(const char *number); /**< a denied one */

/** How many records of requests pkcs11-tool finds on the token. */
size_t records_on_token(void);

/** What comes of a submission to a stand-in that answers in this mood. */
typedef struct {
    const char *mood;
    int exit_code;
    const char *says; /**< in the error */
    size_t records;   /**< of requests, left on the token */
} ca_answer;

/** Expects that of the result, and that FILE, where a certificate would have been written, does not exist. */
void expect_answer(const run_result *result, const ca_answer *answer, const char *file);

/** Remove all data objects of an application, as somebody with the token's own tool may. */
void forget_data(const char *application);

/** Remove everything from this machine except the token and what is needed to reach it. */
void move_to_another_machine(void);

/** Discard the stand-in's records of the requests that reached it. */
void forget_seen(void);

/**
 * Run the tests of a protocol: those that are not sweeps, or with an argument those that match it, so that the sweeps,
 * whose names begin with "killed", can run beside the rest.
 */
#define RUN_TESTS(tests, argc, argv) \
    (cmocka_set_test_filter((argc) > 1 ? (argv)[1] : NULL), cmocka_set_skip_filter((argc) > 1 ? NULL : "killed*"), \
     cmocka_run_group_tests((tests), NULL, NULL))

/** Expects that nothing is pending, and that the only key LABEL has one certificate of its own, the one in the file. */
void expect_bound(const char *label, const char *file);

/** Run a shell line that must succeed. */
void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
