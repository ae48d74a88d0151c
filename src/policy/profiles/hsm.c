/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"
#include "policy/profiles/probe.h"

#define CLULOW        "J. Clulow, On the Security of PKCS#11, CHES 2003"
#define TOOKAN        "Bortolozzo, Centenaro, Focardi, Steel, Attacking and Fixing PKCS#11 Security Tokens (Tookan), CCS 2010"
#define V240(section) "PKCS#11 Base Specification Version 2.40, section " section
#define OURS          "p11cert's own: "

/* Hygiene of keys that sign, and of the token that keeps them. What a module reports is its claim (see --probe). */
static const pc_profile_rule rules[] = {
    { "TOKEN-LOGIN", PC_SEVERITY_WARNING,
      "CKF_LOGIN_REQUIRED is true \"if there are some cryptographic functions that a user must be logged in to "
      "perform\" (" V240("3.2") ")",
      NULL },
    { "TOKEN-PIN", PC_SEVERITY_WARNING,
      "CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_TO_BE_CHANGED, CKF_SO_PIN_TO_BE_CHANGED: a PIN that is the default, or "
      "has expired, is to be changed (" V240("3.2") ")",
      NULL },
    { "TOKEN-LABEL", PC_SEVERITY_WARNING,
      OURS "the token is named by its label, so the label must distinguish it from others", NULL },
    { "MECH-WEAK", PC_SEVERITY_WARNING,
      "Wrapping in ECB or CBC, oracles of PKCS#1 v1.5 and CBC padding, raw RSA, DES, MD5 and "
      "SHA-1: " CLULOW "; " TOOKAN,
      NULL },
    { "KEY-PRIV", PC_SEVERITY_ERROR, OURS "the policy judges one key, so there must be one", NULL },
    { "KEY-STRENGTH", PC_SEVERITY_ERROR,
      "112 bits of security at least, which is RSA with 2048 bits or EC with 224 (NIST SP 800-57 part 1, section "
      "5.6.1); an RSA public exponent over 65536 (NIST SP 800-56B, section 6.2)",
      NULL },
    { "ID-UNIQUE", PC_SEVERITY_ERROR,
      "CKA_ID distinguishes the key pairs of one subject, so only one pair may have it (" V240("4.8") ")", NULL },
    { "PUB-MATCH", PC_SEVERITY_ERROR,
      "Public key, private key and certificate should have the same CKA_ID, so that programs can find one from another "
      "(" V240("4.8") ")",
      NULL },
    { "CERT-MATCH", PC_SEVERITY_ERROR,
      "The CKA_ID of a certificate is that of its key; CKA_CERTIFICATE_CATEGORY says whose it is; CKA_TRUSTED is for "
      "certificates that an application may rely on (" V240("4.6") ")",
      NULL },
    { "ATTR-TOKEN", PC_SEVERITY_ERROR, "CKA_TOKEN: a token object outlives its session (" V240("4.4") ")", NULL },
    { "ATTR-PRIVATE", PC_SEVERITY_ERROR,
      "CKA_PRIVATE: \"a user may not access the object until the user has been authenticated\" "
      "(" V240("4.4") ")",
      NULL },
    { "ATTR-SENSITIVE", PC_SEVERITY_ERROR,
      "A key that is not sensitive can be read in the clear: " V240("4.9") "; " TOOKAN " found such tokens", NULL },
    { "ATTR-EXTRACTABLE", PC_SEVERITY_ERROR,
      "An extractable key can be wrapped under any key that an attacker brings in: " CLULOW "; " V240("4.9"), NULL },
    { "ATTR-ALWAYS-SENSITIVE", PC_SEVERITY_ERROR,
      "CKA_ALWAYS_SENSITIVE: CKA_SENSITIVE was never false "
      "(" V240("4.9") ")",
      NULL },
    { "ATTR-NEVER-EXTRACTABLE", PC_SEVERITY_ERROR,
      "CKA_NEVER_EXTRACTABLE: CKA_EXTRACTABLE was never true (" V240("4.9") ")", NULL },
    { "ATTR-LOCAL", PC_SEVERITY_ERROR,
      "CKA_LOCAL: made on the token by C_GenerateKey or C_GenerateKeyPair, not imported (" V240("4.7") ")", NULL },
    { "ATTR-SIGN-DECRYPT", PC_SEVERITY_ERROR,
      "One key, one use: NIST SP 800-57 part 1, section 5.2; RSA keys that do both are attacked in " CLULOW ", and "
      "in " TOOKAN,
      NULL },
    { "ATTR-DERIVE", PC_SEVERITY_ERROR, "Keys derived from related data give away the base key: " CLULOW, NULL },
    { "ATTR-WRAP-DECRYPT", PC_SEVERITY_ERROR, "The wrap/decrypt attack: " CLULOW "; " TOOKAN, NULL },
    { "ATTR-UNWRAP-ENCRYPT", PC_SEVERITY_ERROR, "The encrypt/unwrap attack: " TOOKAN, NULL },
    { "ATTR-WRAP-TRUSTED", PC_SEVERITY_ERROR,
      "CKA_TRUSTED \"can only be set to CK_TRUE by the SO user\"; with CKA_WRAP_WITH_TRUSTED a key leaves only under "
      "such keys (" V240("4.8") " and 4.9)",
      NULL },
    { "ATTR-WRAP-TEMPLATE", PC_SEVERITY_WARNING,
      "CKA_WRAP_TEMPLATE and CKA_UNWRAP_TEMPLATE limit what a key may wrap, and how the keys that it unwraps may be "
      "used (" V240("4.8") " to 4.10)",
      NULL },
    { "ATTR-MODIFIABLE", PC_SEVERITY_WARNING,
      "CKA_MODIFIABLE: a modifiable key can be given conflicting uses later: " TOOKAN "; " V240("4.4"), NULL },
    { "ATTR-COPYABLE", PC_SEVERITY_WARNING, "CKA_COPYABLE: a copy may be given other attributes: " V240("4.4"), NULL },
    { "ATTR-DESTROYABLE", PC_SEVERITY_WARNING, "CKA_DESTROYABLE (" V240("4.4") "); for CA keys only", NULL },
    { "ATTR-ALWAYS-AUTHENTICATE", PC_SEVERITY_WARNING,
      "CKA_ALWAYS_AUTHENTICATE: \"the user has to supply the PIN for each use\" of the key (" V240("4.9") ")", NULL },
    { "ATTR-ALLOWED-MECHANISMS", PC_SEVERITY_WARNING,
      "CKA_ALLOWED_MECHANISMS: \"a list of mechanisms allowed to be used with this key\" (" V240("4.7") ")", NULL },
    { "ATTR-DATES", PC_SEVERITY_WARNING, "CKA_START_DATE and CKA_END_DATE (" V240("4.7") ")", NULL },
    { "ATTR-UNKNOWN", PC_SEVERITY_WARNING, OURS "what a module does not report cannot be proved", NULL },
    PC_PROFILE_PROBE_ROWS,
};

const pc_profile pc_profile_hsm = {
    .name = "hsm",
    .title = "attributes of a signing key and its token, in view of the known attacks on PKCS#11",
    .rules = rules,
    .count = PC_COUNT(rules),
};
