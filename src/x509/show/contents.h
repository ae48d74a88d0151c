/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CONTENTS_H
#define PC_X509_CONTENTS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

/** A part of what was signed. In an arena. */
typedef struct {
    const char *name;  /**< "subject", "Key Usage", "revoked 4711"; unique in its list, safe to print */
    const char *value; /**< in words; safe to print */
    pc_bytes der;      /**< the whole part */
} pc_content;

/** All parts of it, except for their order. */
typedef struct {
    pc_content *items;
    size_t count;
} pc_contents;

/**
 * Take the part to be signed of a certificate, a request or a CRL to pieces: names, times, key, signature algorithm,
 * each extension, attribute and revoked certificate.
 * @return PC_OK; PC_E_CRYPTO (a part cannot be encoded); PC_E_INPUT (the extensions of a request cannot be read);
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_contents_of_certificate(const X509 *certificate, pc_arena *arena, pc_contents *ret_contents,
                                                   pc_error *err);
PC_MUST_CHECK pc_status pc_contents_of_request(X509_REQ *csr, pc_arena *arena, pc_contents *ret_contents,
                                               pc_error *err);
PC_MUST_CHECK pc_status pc_contents_of_crl(X509_CRL *crl, pc_arena *arena, pc_contents *ret_contents, pc_error *err);

/** Two objects that should be the same. Borrowed. */
typedef struct {
    const pc_contents *ordered;
    const pc_contents *made;
} pc_contents_pair;

/** A part in which they differ. */
typedef struct {
    const char *name;
    const char *ordered; /**< in words; NULL: it has no such part */
    const char *made;    /**< the same */
} pc_contents_difference;

typedef struct {
    pc_contents_difference *items;
    size_t count;
} pc_contents_differences;

/** @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_contents_compare(const pc_contents_pair *pair, pc_arena *arena,
                                            pc_contents_differences *ret_differences, pc_error *err);

#endif
