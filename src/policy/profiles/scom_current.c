/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

#define PAGE \
    "Microsoft Learn, \"Obtain a certificate for use with Windows Servers and System Center Operations " \
    "Manager\", current edition"
#define FROM(section) " (" section "; " PAGE ")"
#define NOT_ON_PAGE   "Not on the current page. "
#define CHECKER       "Test-SCOMCertificate.ps1 (blakedrumm/SCOM-Scripts-and-SQL, February 2026)"
#define EVENTS        "Microsoft Learn, troubleshooting of SCOM agents, event "

/* Today's documentation: it requires a key that is not exportable, and says that a KSP is not supported. */
static const pc_profile_rule rules[] = {
    { "SUBJ-EMPTY", PC_SEVERITY_ERROR, "SCOM takes the machine's name from the CN: " CHECKER, NULL },
    { "SUBJ-CN", PC_SEVERITY_ERROR, "The CN is the machine's FQDN as in DNS: " EVENTS "20052; " CHECKER, NULL },
    { "SUBJ-FIRST", PC_SEVERITY_WARNING,
      NOT_ON_PAGE "If there are several CNs, SCOM uses only the first: Blake Drumm's guides to SCOM certificates",
      NULL },
    { "SUBJ-DUP", PC_SEVERITY_ERROR, NOT_ON_PAGE "Two CNs with the same first label are refused by " CHECKER, NULL },
    { "SAN-FIRST", PC_SEVERITY_ERROR, NOT_ON_PAGE "If there are DNS names, the first must be the machine's: " CHECKER,
      NULL },
    { "SAN-FQDN", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "If there are DNS names, TLS uses them and not the CN: RFC 6125, section 6.4.4", NULL },
    { "KEY-PRIV", PC_SEVERITY_ERROR, "The certificate has its private key: " EVENTS "20068 and 20077; " CHECKER, NULL },
    { "KEY-ALG", PC_SEVERITY_ERROR, "SCOM \"relies on legacy providers\" (" PAGE "), which hold RSA keys", NULL },
    { "KEY-LEN", PC_SEVERITY_ERROR, "2048 or 4096 bits" FROM("Prerequisites"), NULL },
    { "HASH", PC_SEVERITY_WARNING, "SHA-256" FROM("Prerequisites"), NULL },
    { "EKU", PC_SEVERITY_ERROR, "Server and client authentication, both: " EVENTS "20050; " CHECKER, NULL },
    { "EKU-POLICY", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "\"If a certificate has an extension containing an application policy and also has an EKU extension, "
                  "the EKU extension is ignored\": Microsoft Learn, Application Policy",
      NULL },
    { "EKU-CHAIN", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "The extended key usage of an issuer restricts what it issues: Microsoft Learn, "
                  "CERT_TRUST_STATUS, CERT_TRUST_IS_NOT_VALID_FOR_USAGE; OpenSSL applies the same rule",
      NULL },
    { "KU", PC_SEVERITY_ERROR, "Digital signature and key encipherment: " EVENTS "20049; " CHECKER, NULL },
    { "KU-CRIT", PC_SEVERITY_INFO, "The template marks key usage as critical (" PAGE ")", NULL },
    { "TIME", PC_SEVERITY_ERROR, "Valid now: " EVENTS "20051; " CHECKER, NULL },
    { "DATES", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "A certificate is valid from notBefore through notAfter: RFC 5280, section 4.1.2.5", NULL },
    { "EXPIRY", PC_SEVERITY_WARNING,
      "SCOM raises an alert when a certificate is about to expire" FROM(
          "Renew a Certificate") ". (The page gives no number; the 30 days are p11cert's.)",
      NULL },
    { "SERIAL", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "A positive number of at most 20 octets: RFC 5280, section 4.1.2.2. SCOM finds its certificate by "
                  "it",
      NULL },
    { "CHAIN", PC_SEVERITY_ERROR, "Each end trusts the root of the other: " EVENTS "20072 and 21003; " CHECKER, NULL },
    { "ISSUER", PC_SEVERITY_WARNING, "Each machine has its own certificate, from a CA that both ends trust (" PAGE ")",
      NULL },
    { "REVOC", PC_SEVERITY_INFO, NOT_ON_PAGE "Schannel may check revocation; " CHECKER " builds the chain without it",
      NULL },
    { "REVOC-HTTP", PC_SEVERITY_INFO,
      NOT_ON_PAGE
      "SCOM uses certificates for hosts outside the domain, which cannot ask its directory; the URL schemes "
      "of a distribution point: RFC 5280, section 4.2.1.13",
      NULL },
    { "TMPL", PC_SEVERITY_INFO, "Renewing from the console works only with template information (" PAGE ")", NULL },
    { "KEY-SPEC", PC_SEVERITY_ERROR, "KeySpec is AT_KEYEXCHANGE: " EVENTS "20069; " CHECKER, NULL },
    { "KEY-CSP", PC_SEVERITY_ERROR, "\"KSP isn't supported\"; SCOM \"relies on legacy providers\" (" PAGE ")", NULL },
    { "KEY-MACHINE", PC_SEVERITY_ERROR, "The key is in the machine's store: " CHECKER, NULL },
    { "PFX-MAC", PC_SEVERITY_WARNING, NOT_ON_PAGE "A MAC shows that a file was not changed: RFC 7292, section 4",
      NULL },
    { "PFX-ENCRYPTION", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "Windows imports TripleDES-SHA1 and AES256-SHA256: Microsoft Learn, PFXImportCertStore", NULL },
    { "PFX-CHAIN", PC_SEVERITY_INFO,
      "Each end trusts the root of the other, and finds the issuers between: " EVENTS "20072 and 21003", NULL },
    { "REG", PC_SEVERITY_INFO,
      "The registry holds the serial number reversed, under \"Machine Settings\", with a space: " CHECKER, NULL },
    { "EXP-1", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "The file specifies the key, and p11cert does not deviate from it: a key that differs from its file "
                  "was made for another purpose, or from another file",
      NULL },
    { "EXP-2", PC_SEVERITY_WARNING,
      "\"Exportable\" is the name of the key in [NewRequest]: Microsoft Learn, "
      "certreq",
      NULL },
    { "EXP-3", PC_SEVERITY_ERROR,
      "\"KSP isn't supported\"; SCOM \"relies on legacy providers\" (" PAGE "). A key that cannot leave its token "
      "cannot be "
      "in the store that SCOM reads",
      NULL },
    { "EXP-4", PC_SEVERITY_INFO,
      "Not exportable, \"unless creating on a domain machine for a non-domain machine\" (" PAGE "); its INF file says "
      "to "
      "leave TRUE only if the key is exported for another machine, else to change it to FALSE",
      NULL },
    { "EXP-6", PC_SEVERITY_WARNING,
      NOT_ON_PAGE "CKA_NEVER_EXTRACTABLE shows whether a key was ever extractable: PKCS#11 Base Specification "
                  "Version 2.40, section 4.9",
      NULL },
    { "EXP-7", PC_SEVERITY_WARNING,
      "Not exportable, \"unless creating on a domain machine for a non-domain machine\" (" PAGE "; there the value is "
      "misspelt as FASLE)",
      NULL },
};

const pc_profile pc_profile_scom_current = {
    .name = "scom-current",
    .title = "what System Center Operations Manager requires of a certificate, according to its current documentation",
    .rules = rules,
    .count = PC_COUNT(rules),
};
