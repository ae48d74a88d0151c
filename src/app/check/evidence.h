/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EVIDENCE_H
#define PC_APP_EVIDENCE_H

#include <p11cert/check.h>

#include "app/check/held_objects.h"
#include "app/files/pfx_password.h"
#include "base/arena.h"
#include "token/key.h"
#include "x509/auto.h"

/** One of the files given. */
typedef struct {
    const char *file;
    pc_file_use use;
    X509 **certificates; /**< those in it; borrowed */
    size_t count;
} pc_given_file;

/** A certificate that gets a report. */
typedef struct {
    X509 *certificate; /**< borrowed */
    const char *file;
} pc_given_leaf;

/** The contents of the files given. Owned; cleared with pc_files_clear. */
typedef struct {
    pc_inf *inf;
    pc_request *request; /**< made of the INF */
    X509_REQ *own_csr;   /**< the request given */
    X509_REQ *csr;       /**< the same, if it belongs to the certificate that is being checked; borrowed */
    const char *csr_file;
    bool has_pfx;
    pc_pfx pfx; /**< its certificates are among those below */
    pc_arena *pfx_arena;
    const char *pfx_file;
    STACK_OF(X509) *certificates; /**< of all files together */
    pc_given_file *given;
    size_t given_count;
    pc_given_leaf *leaves; /**< to be checked, one after the other */
    size_t leaf_count;
    X509 *leaf;             /**< the one being checked, borrowed; NULL if none */
    const char *leaf_file;  /**< or its label, if it is on a token */
    const char *leaf_token; /**< label of the token that holds it; NULL: it came from a file */
} pc_files;

/** Read and classify the files of an order. Lists are in the arena. @return as pc_check_run. */
PC_MUST_CHECK pc_status pc_files_read(const pc_check_order *order, pc_arena *arena, pc_files *ret_files, pc_error *err);

/** Select a certificate of the list, or none (index == leaf_count): the next evidence is about that. */
void pc_files_select(pc_files *files, size_t index);

/** Select the given certificate that has this public key, if there is one and none is selected. */
void pc_files_select_by_key(pc_files *files, const EVP_PKEY *public_key);

/** Note which files the certificate that is being checked uses. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_files_note_use(pc_files *files, pc_arena *arena, pc_error *err);

/** Remove the certificates that were added from a token since there were `certificate_count`. */
void pc_files_rewind(pc_files *files, int certificate_count);

void pc_files_clear(pc_files *files);

PC_AUTO_DEFINE_VALUE(pc_files, pc_files, pc_files_clear);

/** Evidence from the files alone: INF, subject, certificate, chain. In the arena, or borrowed from files. */
PC_MUST_CHECK pc_status pc_evidence_of_files(const pc_files *files, pc_arena *arena, pc_evidence *evidence,
                                             pc_error *err);

/** What to search for on a token. */
typedef struct {
    const char *key;     /**< label or URI; NULL: the key of the certificate or request */
    const pc_key *given; /**< a key of the open token, already read; NULL: it is searched for */
    unsigned needs;      /**< PC_NEEDS_* of the profile: evidence that it does not use is not read */
    bool probe;          /**< test with temporary keys of the same kind as the key, or RSA-2048 without a key */
    const pc_token_access *access; /**< opens the token if it is needed; NULL with `open` */
    const pc_token *open;          /**< a token that is already open and logged in; NULL: none */
    pc_held_objects *held;         /**< those of the token, already read; NULL: they are searched for */
} pc_token_order;

/** The evidence that a check gathers. */
typedef struct {
    pc_files *files; /**< as read; objects that the token has in place of files are added */
    pc_evidence *evidence;
    const char *key_id;  /**< its CKA_ID in hex, for the report's name; NULL likewise */
    const char *key_uri; /**< RFC 7512, of the key that was found, for the report's head; NULL if none was */
    pc_arena *arena;
} pc_gathering;

/**
 * Evidence from the token: the private key of the certificate, of the request, or the one that was named, and the
 * objects around it. If neither certificate nor request was given, the key's certificate and its issuers on the token
 * are added to files.
 */
PC_MUST_CHECK pc_status pc_evidence_of_token(const pc_token_order *order, pc_gathering *gathering, pc_error *err);

/** A key and the objects around it, while evidence about it is gathered. */
typedef struct {
    const pc_token *token;
    const pc_key *key;
    const EVP_PKEY *public_half;    /**< as the private key, or its public object, shows it; NULL: not shown */
    const EVP_PKEY *given_half;     /**< of the certificate or request; NULL if none */
    X509 *leaf;                     /**< the certificate that is being checked, or NULL */
    pc_held_objects *held;          /**< pc_token_order.held */
    pc_certificate_objects same_id; /**< certificates with the key's CKA_ID */
    bool same_id_is_read;
    pc_arena *arena;
} pc_key_surroundings;

/** Read the certificates with the key's CKA_ID, once. */
PC_MUST_CHECK pc_status pc_surroundings_read_certificates(pc_key_surroundings *surroundings, pc_error *err);

/** Add the key's current certificate (pair/own_certificate.h) and its issuers on the token to files. */
PC_MUST_CHECK pc_status pc_surroundings_take_certificate(pc_key_surroundings *surroundings, pc_files *files,
                                                         pc_error *err);

/** Gather what PC_NEEDS_* require beyond the key itself. */
PC_MUST_CHECK pc_status pc_surroundings_gather(pc_key_surroundings *surroundings, unsigned needs, pc_evidence *evidence,
                                               pc_error *err);

#endif
