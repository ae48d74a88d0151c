/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_RAW_TOKEN_H
#define TEST_SUPPORT_RAW_TOKEN_H

#include <p11-kit/pkcs11.h>
#include <p11cert/bytes.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * SoftHSM by bare PKCS#11 calls: with these, tests make their tokens, and independently judge what the library under
 * test did. It shares no code with the library. Any failure ends the test. It must not be open while the library has
 * the module open: a module is initialised once in a process.
 */
typedef struct {
    void *library;
    CK_FUNCTION_LIST *functions;
    CK_SESSION_HANDLE session;
} raw_token;

/** Open with login, read-write. */
void raw_open(const char *token_label, raw_token *ret_raw);
void raw_close(raw_token *raw);

void raw_make_token(const char *label, const char *so_pin, const char *user_pin);

/** Initialised tokens of that label. */
size_t raw_count_tokens(const char *label);

/** Can the user log in to the one of that label with this PIN? */
bool raw_accepts_pin(const char *label, const char *pin);

typedef enum {
    RAW_EC_P256,
    RAW_RSA_2048,
    RAW_ED25519,
} raw_kind;

typedef struct {
    raw_kind kind;
    const char *label;
    const char *id; /**< a text: its bytes are the CKA_ID; NULL: none */
    bool always_authenticate;
    bool extractable;
    bool no_sign; /**< CKA_SIGN false */
} raw_key_plan;

/** Returns the handle of the private key. */
CK_OBJECT_HANDLE raw_generate(const raw_token *raw, const raw_key_plan *plan, CK_OBJECT_HANDLE *ret_public);

/** `count` EC P-256 pairs labelled "<prefix>-0", … whose CKA_IDs are those texts, or all `id` if it is given. */
void raw_generate_many(const raw_token *raw, const char *prefix, const char *id, unsigned count);

/** A certificate object for a certificate in DER, complete except for its CKA_SUBJECT, an empty name. */
void raw_write_certificate(const raw_token *raw, const char *label, const char *id, pc_bytes der);

/** The same with its subject, DER. */
void raw_write_named_certificate(const raw_token *raw, const char *label, const char *id, pc_bytes subject,
                                 pc_bytes der);

/** A public data object with a text as its value. */
void raw_write_data(const raw_token *raw, const char *label, const char *value);

/** Objects of a class (CKO_PRIVATE_KEY, …) that have this attribute value; at most `max`. Returns how many. */
size_t raw_find(const raw_token *raw, CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE type, const void *value, size_t len,
                CK_OBJECT_HANDLE *ret_handles, size_t max);
size_t raw_count_labelled(const raw_token *raw, CK_OBJECT_CLASS class, const char *label);

/** The one object of that class and label. */
CK_OBJECT_HANDLE raw_labelled(const raw_token *raw, CK_OBJECT_CLASS class, const char *label);

/** All objects of a class. */
size_t raw_count(const raw_token *raw, CK_OBJECT_CLASS class);

/** Read an attribute; returns its length, or (size_t)-1 if the token does not show it. */
size_t raw_read(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, size_t room);

/** A CK_BBOOL: 0, 1, or -1 if the token does not show it. */
int raw_flag(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

void raw_write(const raw_token *raw, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
void raw_destroy(const raw_token *raw, CK_OBJECT_HANDLE object);

#endif
