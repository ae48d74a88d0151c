/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_REQUEST_H
#define P11CERT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <p11cert/bytes.h>
#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The contents of a certificate request, from an INF file or flags. Plain values; neither a token nor an X.509 library
 * is needed to create or read one. All memory that a pc_request points to belongs to the request and is freed by
 * pc_request_free.
 */

/** The key types that p11cert supports. A closed list: anything else is refused before login. */
typedef enum {
    PC_KEY_RSA_2048,
    PC_KEY_RSA_3072,
    PC_KEY_RSA_4096,
    PC_KEY_EC_P256,
    PC_KEY_EC_P384,
    PC_KEY_EC_P521,
    PC_KEY_ED25519,   /**< RFC 8410; the algorithm hashes by itself, so that pc_request.digest does not apply */
    PC_KEY_ML_DSA_44, /**< FIPS 204, RFC 9881; no digest, like Ed25519; OpenSSL 3.5 or later */
    PC_KEY_ML_DSA_65,
    PC_KEY_ML_DSA_87,
} pc_key_kind;

/** "rsa-2048", "ec-p256", …: the spelling of --key-type and of every report. */
const char *pc_key_kind_name(pc_key_kind kind);

/** Find a kind by that name, ignoring case. @return PC_OK, or PC_E_USAGE with the list of names. */
PC_MUST_CHECK pc_status pc_key_kind_from_name(const char *name, pc_key_kind *ret_kind, pc_error *err);

/** Size in bits: the modulus for RSA, the field for EC (521 for P-521; 256 for Ed25519, and the public key for ML-DSA,
 * as OpenSSL counts). */
unsigned pc_key_kind_bits(pc_key_kind kind);
bool pc_key_kind_is_rsa(pc_key_kind kind);
bool pc_key_kind_is_ml_dsa(pc_key_kind kind);

typedef enum {
    PC_DIGEST_SHA256,
    PC_DIGEST_SHA384,
    PC_DIGEST_SHA512,
} pc_digest;

/** "sha256", "sha384", "sha512". */
const char *pc_digest_name(pc_digest digest);

/** A choice with a third value for "not specified". */
typedef enum {
    PC_WISH_SILENT,
    PC_WISH_NO,
    PC_WISH_YES,
} pc_wish;

/** Key usage as certreq writes it: the CERT_*_KEY_USAGE bits (RFC 5280 section 4.2.1.3, first bit highest). */
enum {
    PC_KU_DIGITAL_SIGNATURE = 0x80,
    PC_KU_NON_REPUDIATION = 0x40,
    PC_KU_KEY_ENCIPHERMENT = 0x20,
    PC_KU_DATA_ENCIPHERMENT = 0x10,
    PC_KU_KEY_AGREEMENT = 0x08,
    PC_KU_KEY_CERT_SIGN = 0x04,
    PC_KU_CRL_SIGN = 0x02,
    PC_KU_ENCIPHER_ONLY = 0x01,
    PC_KU_DECIPHER_ONLY = 0x8000, /**< the ninth bit */
    PC_KU_ALL = 0x80ff,
};

/** The RFC 5280 name of one key usage bit ("digitalSignature"), or NULL for another value. */
const char *pc_key_usage_name(unsigned bit);

#define PC_OID_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define PC_OID_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

/** How to encode a name attribute's value. */
typedef enum {
    PC_VALUE_TEXT, /**< UTF-8 text; the builder chooses the string type as Windows does */
    PC_VALUE_DER,  /**< `text` is upper- or lower-case hex of an OCTET STRING's content ("#…" in an X.500 string) */
} pc_value_form;

typedef struct {
    const char *oid;  /**< dotted: "2.5.4.3" */
    const char *key;  /**< as written: "CN" */
    const char *text; /**< UTF-8, unquoted */
    pc_value_form form;
} pc_name_attribute;

/** One relative distinguished name; more than one attribute if the string joined them with '+'. */
typedef struct {
    pc_name_attribute *attributes;
    size_t count;
} pc_rdn;

/** A distinguished name in the order it will be encoded. Empty (count 0) is a valid name. */
typedef struct {
    pc_rdn *rdns;
    size_t count;
} pc_name;

typedef enum {
    PC_ALT_DNS,       /**< text: ASCII host name, a leading "*." allowed */
    PC_ALT_IP,        /**< text: IPv4 or IPv6 address */
    PC_ALT_EMAIL,     /**< text: ASCII mail address */
    PC_ALT_UPN,       /**< text: UTF-8 user principal name (otherName 1.3.6.1.4.1.311.20.2.3) */
    PC_ALT_URI,       /**< text: ASCII URI */
    PC_ALT_RID,       /**< text: dotted OID */
    PC_ALT_DIRECTORY, /**< directory: a name; text: as written */
    PC_ALT_GUID,      /**< bytes: 16, as in memory on Windows (otherName 1.3.6.1.4.1.311.25.1, OCTET STRING) */
    PC_ALT_OTHER,     /**< otherName of any type: oid, form, and text or bytes */
} pc_alt_name_kind;

/** What the value of an otherName is encoded as. */
typedef enum {
    PC_OTHER_UTF8,   /**< UTF8String of `text` */
    PC_OTHER_OCTETS, /**< OCTET STRING of `bytes` */
    PC_OTHER_DER,    /**< `bytes` are the DER of the value itself */
} pc_other_name_form;

typedef struct {
    pc_alt_name_kind kind;
    const char *text;
    pc_name directory; /**< PC_ALT_DIRECTORY only */
    const char *oid;   /**< PC_ALT_OTHER only: dotted */
    pc_other_name_form form;
    pc_bytes bytes;
} pc_alt_name;

/** Basic constraints, RFC 5280 section 4.2.1.9. */
typedef struct {
    bool present;
    bool critical;
    bool is_ca;
    bool has_path_length;
    unsigned path_length;
} pc_basic_constraints;

/** Name constraints, section 4.2.1.10. An IP constraint's text is "address/mask" or "address/bits". */
typedef struct {
    bool present;
    bool critical;
    pc_alt_name *permitted;
    size_t permitted_count;
    pc_alt_name *excluded;
    size_t excluded_count;
} pc_name_constraints;

/** One policy of a certificate policies extension, section 4.2.1.4. */
typedef struct {
    const char *oid;
    const char **urls; /**< CPS pointers, ASCII */
    size_t url_count;
    const char **notices; /**< explicit texts, UTF-8 */
    size_t notice_count;
} pc_policy_statement;

/** 2.5.29.32, and Microsoft's application policies 1.3.6.1.4.1.311.21.10, which use the same syntax. */
typedef struct {
    pc_policy_statement *items;
    size_t count; /**< 0: no such extension */
    bool critical;
} pc_policy_statements;

/** Microsoft's certificate template, version 2 (1.3.6.1.4.1.311.21.7). */
typedef struct {
    const char *oid; /**< NULL: no such extension */
    unsigned major;
    bool has_minor;
    unsigned minor;
} pc_template_version;

/** An extension given by its encoding. */
typedef struct {
    const char *oid; /**< dotted */
    bool critical;
    pc_bytes der; /**< content of extnValue */
} pc_raw_extension;

/** A [RequestAttributes] line, e.g. CertificateTemplate = WebServer. */
typedef struct {
    const char *name;
    const char *value;
} pc_request_attribute;

/** The file's settings for an exportable key, and their lines. */
typedef struct {
    pc_wish exportable;       /**< `Exportable`, which certreq reads */
    unsigned exportable_line; /**< 1-based, 0 if absent */
    pc_wish misspelt;         /**< `Key Exportable`, which certreq ignores */
    unsigned misspelt_line;
} pc_exportable_wish;

typedef struct pc_request {
    pc_name subject;
    const char *subject_text; /**< the X.500 string as given, unquoted; "" if none */
    pc_alt_name *alt_names;
    size_t alt_name_count;
    bool alt_names_critical;
    pc_key_kind key_kind;
    pc_digest digest;
    bool has_key_usage;
    unsigned key_usage; /**< PC_KU_* bits */
    const char **ekus;  /**< dotted OIDs, in order, without duplicates */
    size_t eku_count;
    bool eku_critical;
    bool key_usage_not_critical; /**< as requested; certreq's default is critical */
    pc_basic_constraints basic_constraints;
    pc_name_constraints name_constraints;
    pc_policy_statements policies;
    pc_policy_statements application_policies;
    bool smime;                /**< S/MIME capabilities (1.2.840.113549.1.9.15) are requested */
    const char *template_name; /**< 1.3.6.1.4.1.311.20.2, in [Extensions]; NULL if none */
    pc_template_version template_version;
    pc_raw_extension *raw_extensions;
    size_t raw_extension_count;
    bool pss; /**< AlternateSignatureAlgorithm = TRUE: RSASSA-PSS (RFC 4055) */
    pc_request_attribute *request_attributes;
    size_t request_attribute_count;
    pc_exportable_wish wish;
    const char *key_container; /**< KeyContainer: becomes the label; NULL if none */
    const char *friendly_name; /**< NULL if none */

    /* Settings that only affect Windows; kept for the policy check. */
    bool has_key_spec;
    unsigned key_spec; /**< 0 AT_NONE, 1 AT_KEYEXCHANGE, 2 AT_SIGNATURE */
    pc_wish machine_key_set;
    const char *provider_name; /**< NULL if none */
    bool has_provider_type;
    unsigned provider_type;

    struct pc_arena *arena; /**< owns every pointer above */
} pc_request;

/** A request with certreq's defaults: RSA 2048, SHA-256, nothing else. NULL when out of memory. */
pc_request *pc_request_new(void);

/** Frees the request and everything it points to. Accepts NULL. */
void pc_request_free(pc_request *request);

/**
 * Set the subject from an X.500 string as certreq reads it (CertStrToName): "CN=a,O=b" keeps its order.
 * @return PC_OK; PC_E_INPUT with the position if the string is invalid; PC_E_MEMORY. The request is unchanged on
 *         failure.
 */
PC_MUST_CHECK pc_status pc_request_set_subject(pc_request *request, const char *x500, pc_error *err);

/**
 * Add a subject alternative name, validated for its kind (a DNS name with '=' or a space and an invalid IP address are
 * refused). A duplicate is not added; at most 1,000 are accepted.
 * @return PC_OK; PC_E_INPUT with the part named; PC_E_MEMORY. The request is unchanged on failure.
 */
PC_MUST_CHECK pc_status pc_request_add_alt_name(pc_request *request, pc_alt_name_kind kind, const char *text,
                                                pc_error *err);

/**
 * Add an extended key usage by dotted OID, unless already present; at most 250 are accepted.
 * @return PC_OK; PC_E_INPUT (not an OID, or too many); PC_E_MEMORY. The request is unchanged on failure.
 */
PC_MUST_CHECK pc_status pc_request_add_eku(pc_request *request, const char *oid, pc_error *err);

/** The first CN of the subject, or NULL. Borrowed. */
const char *pc_request_common_name(const pc_request *request);

#ifdef __cplusplus
}
#endif

#endif
