/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

static const pc_profile_rule rules[] = {
    { "CA-FORM", PC_SEVERITY_ERROR,
      "RFC 5280, sections 4.1 and 4.1.2.4: version 3, DER, names as PrintableString or UTF8String.", NULL },
    { "CA-SERIAL", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.1.2.2; CA/B Forum TLS BR 7.1: positive, at most 20 octets, at least 64 random "
      "bits.",
      NULL },
    { "CA-DIGEST", PC_SEVERITY_ERROR,
      "CA/B Forum TLS BR 7.1.3.2: SHA-256, SHA-384 or SHA-512; SHA-1 and MD5 are broken.", NULL },
    { "CA-ISSUER", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.1.2.4: the issuer is the subject of the issuer's certificate, byte for byte.", NULL },
    { "CA-DATES", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.1.2.5: UTCTime to 2049, then GeneralizedTime; an end after the beginning, and "
      "within the issuer's validity.",
      NULL },
    { "CA-DAYS", PC_SEVERITY_WARNING,
      "CA/B Forum TLS BR 6.3.2: 200 days for a TLS server from 2026-03-15, 100 from 2027-03-15, 47 from "
      "2029-03-15.",
      NULL },
    { "CA-KEY", PC_SEVERITY_ERROR,
      "CA/B Forum TLS BR 6.1.1.3, 6.1.5 and 6.1.6; NIST SP 800-56B, section 6.2: RSA with at least 2048 bits and an "
      "exponent from 65537, or EC P-256, P-384 or P-521; also Ed25519, Ed448 and ML-DSA, as NIST allows.",
      NULL },
    { "CA-KEYID", PC_SEVERITY_ERROR,
      "RFC 5280, sections 4.2.1.1 and 4.2.1.2: a subject key identifier, and the issuer's as authority "
      "key identifier.",
      NULL },
    { "CA-BC", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.2.1.9: critical basic constraints, a path length within the issuer's, and CA "
      "certificates for CAs only.",
      NULL },
    { "CA-KU", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.2.1.3; RFC 8813: a key usage that signs certificates for a CA, and for nobody else.", NULL },
    { "CA-EKU", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.2.1.12; RFC 6960, section 4.2.2.2; RFC 3161, section 2.3: the purpose of the "
      "role.",
      NULL },
    { "CA-NAMES", PC_SEVERITY_ERROR,
      "RFC 5280, section 4.2.1.6; CA/B Forum TLS BR 7.1.2.7.12: a name for a TLS server, critical where "
      "there is no subject.",
      NULL },
    { "CA-CN", PC_SEVERITY_WARNING, "CA/B Forum TLS BR 7.1.4.3: a common name is one of the alternative names.", NULL },
    { "CA-URL", PC_SEVERITY_ERROR, "RFC 5280, sections 4.2.1.13 and 4.2.2.1: places that HTTP or LDAP reaches.", NULL },
    { "CA-REVOC", PC_SEVERITY_WARNING,
      "CA/B Forum TLS BR 7.1.2.11.2: a CRL or an OCSP responder; RFC 5280 recommends a CRL.", NULL },
    { "CRL-VERSION", PC_SEVERITY_ERROR, "RFC 5280, section 5.1.2.1: version 2.", NULL },
    { "CRL-ALGORITHM", PC_SEVERITY_ERROR,
      "CA/B Forum TLS BR 7.1.3.2: SHA-256, SHA-384 or SHA-512; SHA-1 and MD5 are broken.", NULL },
    { "CRL-ISSUER", PC_SEVERITY_ERROR,
      "RFC 5280, section 5.1.2.3: the issuer is the subject of the CA's certificate, byte for byte.", NULL },
    { "CRL-RIGHT", PC_SEVERITY_ERROR, "RFC 5280, section 4.2.1.3: the CA's certificate allows cRLSign.", NULL },
    { "CRL-THIS", PC_SEVERITY_ERROR,
      "RFC 5280, section 5.1.2.4: thisUpdate is UTCTime to 2049, then GeneralizedTime; not in the future, and not "
      "before "
      "the last CRL.",
      NULL },
    { "CRL-NEXT", PC_SEVERITY_ERROR,
      "RFC 5280, section 5.1.2.5: nextUpdate, in the form for its year, after thisUpdate.", NULL },
    { "CRL-ENTRIES", PC_SEVERITY_ERROR,
      "RFC 5280, sections 5.1.2.6 and 5.3.1: each serial number once; a reason that is not critical and not "
      "unspecified.",
      NULL },
    { "CRL-KEYID", PC_SEVERITY_ERROR,
      "RFC 5280, section 5.2.1: one authority key identifier, which is the CA's subject key identifier.", NULL },
    { "CRL-NUMBER", PC_SEVERITY_ERROR, "RFC 5280, section 5.2.3: one CRL number of at most 20 octets, above the last.",
      NULL },
    { "CRL-COMPLETE", PC_SEVERITY_ERROR, "RFC 5280, section 5.2.4: a complete CRL, not a delta CRL.", NULL },
    { "CRL-POINT", PC_SEVERITY_ERROR,
      "RFC 5280, section 5.2.5: at most one issuing distribution point, which is critical.", NULL },
};

const pc_profile pc_profile_ca = {
    .name = "ca",
    .title = "what a CA checks before it signs a certificate or a CRL",
    .rules = rules,
    .count = PC_COUNT(rules),
};
