/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_WINDOWS_H
#define PC_X509_WINDOWS_H

#include "x509/auto.h"

/**
 * Microsoft's own extensions and request attributes: their object identifiers, and their syntax as OpenSSL ASN.1
 * templates, for writing and reading.
 *
 * Source: [MS-WCCE] sections 2.2.2.7 (attributes) and 2.2.2.7.7 (extensions); Microsoft, "Cryptography OIDs".
 */

#define PC_OID_OS_VERSION           "1.3.6.1.4.1.311.13.2.3" /**< IA5String "10.0.20348.2" */
#define PC_OID_CLIENT_INFO          "1.3.6.1.4.1.311.21.20"  /**< PC_CLIENT_INFO */
#define PC_OID_CSP                  "1.3.6.1.4.1.311.13.2.2" /**< PC_CSP_INFO */
#define PC_OID_NAME_VALUE_PAIR      "1.3.6.1.4.1.311.13.2.1" /**< PC_NAME_VALUE */
#define PC_OID_RENEWAL_CERTIFICATE  "1.3.6.1.4.1.311.13.1"   /**< Certificate */
#define PC_OID_TEMPLATE_NAME        "1.3.6.1.4.1.311.20.2"   /**< BMPString */
#define PC_OID_TEMPLATE_VERSION     "1.3.6.1.4.1.311.21.7"   /**< PC_TEMPLATE_INFO */
#define PC_OID_APPLICATION_POLICIES "1.3.6.1.4.1.311.21.10"  /**< CertificatePolicies, RFC 5280 section 4.2.1.4 */
#define PC_OID_SMIME_CAPABILITIES   "1.2.840.113549.1.9.15"  /**< SMIMECapabilities, RFC 8551 section 2.5.2 */
#define PC_OID_SID                  "1.3.6.1.4.1.311.25.2"   /**< GeneralNames with one otherName */
#define PC_OID_SID_VALUE            "1.3.6.1.4.1.311.25.2.1" /**< OCTET STRING "S-1-5-21-…" */
#define PC_OID_UPN                  "1.3.6.1.4.1.311.20.2.3" /**< otherName, UTF8String */
#define PC_OID_GUID                 "1.3.6.1.4.1.311.25.1"   /**< otherName, OCTET STRING of 16 bytes */

/** One request attribute of an INF file, [MS-WCCE] 2.2.2.7.10. */
typedef struct {
    ASN1_BMPSTRING *name;
    ASN1_BMPSTRING *value;
} PC_NAME_VALUE;
DECLARE_ASN1_FUNCTIONS(PC_NAME_VALUE)

/** The client that created a request, [MS-WCCE] 2.2.2.7.4. */
typedef struct {
    ASN1_INTEGER *client_id;
    ASN1_UTF8STRING *machine;
    ASN1_UTF8STRING *user;
    ASN1_UTF8STRING *process;
} PC_CLIENT_INFO;
DECLARE_ASN1_FUNCTIONS(PC_CLIENT_INFO)

/** The provider that holds the key, [MS-WCCE] 2.2.2.7.2. */
typedef struct {
    ASN1_INTEGER *key_spec;
    ASN1_BMPSTRING *provider;
    ASN1_BIT_STRING *signature; /**< always empty */
} PC_CSP_INFO;
DECLARE_ASN1_FUNCTIONS(PC_CSP_INFO)

/** A certificate template of version 2 or later, [MS-WCCE] 2.2.2.7.7.2. */
typedef struct {
    ASN1_OBJECT *id;
    ASN1_INTEGER *major;
    ASN1_INTEGER *minor; /**< NULL if absent */
} PC_TEMPLATE_INFO;
DECLARE_ASN1_FUNCTIONS(PC_TEMPLATE_INFO)

PC_AUTO_DEFINE(PC_NAME_VALUE, PC_NAME_VALUE, PC_NAME_VALUE_free);
PC_AUTO_DEFINE(PC_CLIENT_INFO, PC_CLIENT_INFO, PC_CLIENT_INFO_free);
PC_AUTO_DEFINE(PC_CSP_INFO, PC_CSP_INFO, PC_CSP_INFO_free);
PC_AUTO_DEFINE(PC_TEMPLATE_INFO, PC_TEMPLATE_INFO, PC_TEMPLATE_INFO_free);

/**
 * Set a BMPString from UTF-8. @return false if it is not UTF-8, has characters outside UCS-2, or when out of memory.
 */
bool pc_bmp_string_set(ASN1_BMPSTRING *string, const char *utf8);

/** Set a UTF8String. @return false when out of memory. */
bool pc_utf8_string_set(ASN1_UTF8STRING *string, const char *utf8);

#endif
