/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CMS_H
#define PC_X509_CMS_H

#include <p11cert/bytes.h>

#include "base/arena.h"
#include "x509/auto.h"

/** Signed data of CMS (RFC 5652 section 5): what a signature says about itself, whether it is valid, and its
 * encoding. */

#define PC_CMS_MAX_FILE    ((size_t)256 * 1024 * 1024) /**< bytes of a signature with its content inside */
#define PC_CMS_MAX_CONTENT ((size_t)0x7fff0000)        /**< bytes; readers of DER count in int */

/**
 * Read a signature, DER or PEM.
 * @param file  for errors
 * @return PC_OK; PC_E_INPUT (not signed data of CMS); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_cms_read(pc_bytes bytes, const char *file, CMS_ContentInfo **ret_cms, pc_error *err);

/** Is the content elsewhere? */
bool pc_cms_is_detached(CMS_ContentInfo *cms);

/** What a signature is verified against. Borrowed; anchors or signer must be given. */
typedef struct {
    BIO *content;            /**< NULL: it is in the signature */
    STACK_OF(X509) *anchors; /**< the trusted roots; NULL: the signer's chain is not built */
    STACK_OF(X509) *others;  /**< intermediate issuers; may be NULL */
    X509 *signer;            /**< the only one who may have signed; NULL: anyone whose chain is valid now */
    BIO *copy;      /**< receives the content, before it is known to be genuine; NULL: the content is not written */
    bool any_usage; /**< accept signers whose key usage does not allow signatures */
} pc_cms_question;

/**
 * Verify every signature in it (RFC 5652 section 5.6), and each signer's chain as of now. Unless any_usage is
 * set, the key usage of the signers must allow signing (pc_certificate_allows_signing); extended key usage is not
 * judged, since a server's or a client's certificate may sign too.
 * @return PC_OK; PC_E_VERIFY with the reason; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_cms_verify(CMS_ContentInfo *cms, const pc_cms_question *question, pc_error *err);

/** Does the key usage of a certificate, if it has one, allow signatures on data (RFC 5280 section 4.2.1.3)? */
bool pc_certificate_allows_signing(X509 *certificate);

/** What the single signer says. Texts in the arena. */
typedef struct {
    X509 *certificate; /**< borrowed; NULL before pc_cms_verify, or if it is not known */
    int digest;        /**< NID */
    bool pss;
    pc_bytes content_digest;  /**< the signed attribute, borrowed; empty if there is none */
    const char *signing_time; /**< NULL if there is none */
} pc_cms_signer;

/** @return PC_OK; PC_E_INPUT if there is not exactly one signer; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_cms_signer_of(CMS_ContentInfo *cms, pc_arena *arena, pc_cms_signer *ret_signer,
                                         pc_error *err);

/** DER around a content, so that the content itself need not be in memory. In an arena. */
typedef struct {
    pc_bytes head;
    pc_bytes tail;
} pc_cms_envelope;

/**
 * The envelope that turns a detached signature into one that contains its content; what is signed stays the same.
 * @param detached  DER
 * @return PC_OK; PC_E_INPUT if the content is longer than PC_CMS_MAX_CONTENT; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_cms_envelop(pc_bytes detached, uint64_t content_len, pc_arena *arena,
                                       pc_cms_envelope *ret_envelope, pc_error *err);

#endif
