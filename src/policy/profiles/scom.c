/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/profile.h"

#define PAGE \
    "Microsoft Learn, \"Obtain a certificate for use with Windows Servers and System Center Operations " \
    "Manager\", 28 January 2023"
#define FROM(section) " (" section "; " PAGE ")"
#define PREREQUISITES FROM("Prerequisites")
#define INF_FILE      FROM("Create a setup information (.inf) file")
#define RENEW         FROM("Renew a Certificate")
#define NOT_ON_PAGE   "Not on the page of 28 January 2023. "
#define CHECKER       "Test-SCOMCertificate.ps1 (blakedrumm/SCOM-Scripts-and-SQL, February 2026)"

/* The page's own words, by the rules that can be judged without Windows. */
static const pc_profile_rule rules[] = {
    { "SUBJ-EMPTY", PC_SEVERITY_ERROR, "Subject=\"CN=server.contoso.com\"" PREREQUISITES, NULL },
    { "SUBJ-CN", PC_SEVERITY_ERROR, "\"this should be the FQDN or how the system shows in DNS\"" PREREQUISITES, NULL },
    { "SUBJ-FIRST", PC_SEVERITY_WARNING,
      NOT_ON_PAGE "If there are several CNs, SCOM uses only the first: Blake Drumm's guides to SCOM certificates",
      NULL },
    { "SUBJ-DUP", PC_SEVERITY_ERROR, NOT_ON_PAGE "Two CNs with the same first label are refused by " CHECKER, NULL },
    { "SAN-FIRST", PC_SEVERITY_ERROR, NOT_ON_PAGE "If there are DNS names, the first must be the machine's: " CHECKER,
      NULL },
    { "SAN-FQDN", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "If there are DNS names, TLS uses them and not the CN: RFC 6125, section 6.4.4", NULL },
    { "KEY-PRIV", PC_SEVERITY_ERROR,
      "\"Operations Manager communications requires private key as the outgoing data needs to be encrypted.\"" FROM(
          "Add the certificate to the Certificate Store"),
      NULL },
    { "KEY-ALG", PC_SEVERITY_ERROR, "\"Algorithm name: RSA\"" PREREQUISITES, NULL },
    { "KEY-LEN", PC_SEVERITY_ERROR,
      "\"Minimum Key Size: 2048 ; (2048 or 4096 as per security requirement.)\"" PREREQUISITES
      ". (Request a certificate using Certificate Manager says \"at least 1024 or 2048\"; the stricter text "
      "applies.)",
      NULL },
    { "HASH", PC_SEVERITY_WARNING, "\"HashAlgorithm = SHA256\"" PREREQUISITES, NULL },
    { "EKU", PC_SEVERITY_ERROR,
      "\"OID=1.3.6.1.5.5.7.3.1 ; Server Authentication\" and \"OID=1.3.6.1.5.5.7.3.2 ; Client "
      "Authentication\"" PREREQUISITES,
      NULL },
    { "EKU-POLICY", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "\"If a certificate has an extension containing an application policy and also has an EKU extension, "
                  "the EKU extension is ignored\": Microsoft Learn, Application Policy",
      NULL },
    { "EKU-CHAIN", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "The extended key usage of an issuer restricts what it issues: Microsoft Learn, "
                  "CERT_TRUST_STATUS, CERT_TRUST_IS_NOT_VALID_FOR_USAGE; OpenSSL applies the same rule",
      NULL },
    { "KU", PC_SEVERITY_ERROR,
      "\"Under Key usage, ensure to select Digital Signature and Key encipherment option\"" FROM(
          "Request a certificate using Certificate Manager") ". (Prerequisites says \"KeyUsage=0xf0\"; two of its four "
                                                             "bits are these.)",
      NULL },
    { "KU-CRIT", PC_SEVERITY_INFO,
      "\"Make this extension critical\"" FROM("Create a certificate template for System Center Operations "
                                              "Manager"),
      NULL },
    { "TIME", PC_SEVERITY_ERROR,
      "\"renew or create a new certificate for the servers before the expiration date\"" RENEW, NULL },
    { "DATES", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "A certificate is valid from notBefore through notAfter: RFC 5280, section 4.1.2.5", NULL },
    { "EXPIRY", PC_SEVERITY_WARNING,
      "\"The Operations Manager generates an alert when an imported certificate for Management Servers and Gateways is "
      "nearing expiration.\"" RENEW ". (The page gives no number; the 30 days are p11cert's.)",
      NULL },
    { "SERIAL", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "A positive number of at most 20 octets: RFC 5280, section 4.1.2.2. SCOM finds its certificate by "
                  "it",
      NULL },
    { "CHAIN", PC_SEVERITY_ERROR,
      "\"the target machine needs to have a copy of the Root Certificate in its Trusted Root Store\"" FROM(
          "Download and Import the Root Certificate from the CA"),
      NULL },
    { "ISSUER", PC_SEVERITY_WARNING,
      "\"AD-CS installed and configured in the environment with web services or a third party Certificate "
      "Authority\"" PREREQUISITES,
      NULL },
    { "REVOC", PC_SEVERITY_INFO, NOT_ON_PAGE "Schannel may check revocation; " CHECKER " builds the chain without it",
      NULL },
    { "REVOC-HTTP", PC_SEVERITY_INFO,
      NOT_ON_PAGE
      "SCOM uses certificates for hosts outside the domain, which cannot ask its directory; the URL schemes "
      "of a distribution point: RFC 5280, section 4.2.1.13",
      NULL },
    { "TMPL", PC_SEVERITY_INFO,
      "\"This will only work if the certificate contains template information (from an Enterprise CA).\"" RENEW, NULL },
    { "KEY-SPEC", PC_SEVERITY_ERROR, "\"KeySpec = 1  ; Key Exchange – Required for encryption\"" INF_FILE, NULL },
    { "KEY-CSP", PC_SEVERITY_ERROR, "\"Provider Category: Legacy Cryptography Service Provider\"" PREREQUISITES, NULL },
    { "KEY-MACHINE", PC_SEVERITY_ERROR, "\"MachineKeySet=TRUE\"" PREREQUISITES, NULL },
    { "PFX-MAC", PC_SEVERITY_WARNING, NOT_ON_PAGE "A MAC shows that a file was not changed: RFC 7292, section 4",
      NULL },
    { "PFX-ENCRYPTION", PC_SEVERITY_ERROR,
      NOT_ON_PAGE "Windows imports TripleDES-SHA1 and AES256-SHA256: Microsoft Learn, PFXImportCertStore", NULL },
    { "PFX-CHAIN", PC_SEVERITY_INFO,
      "\"the target machine needs to have a copy of the Root Certificate in its Trusted Root Store\"" FROM(
          "Download and Import the Root Certificate from the CA"),
      NULL },
    { "REG", PC_SEVERITY_INFO,
      "\"MOMCertImport updates this registry location to contain the value that matches the reverse of the serial "
      "number shown on the certificate\"" FROM(
          "Import the certificate into Operations Manager") ". (The page prints the key as \"MachineSettings\"; its "
                                                            "name is \"Machine Settings\", with a space.)",
      NULL },
    { "EXP-1", PC_SEVERITY_ERROR, "\"Key Exportable = TRUE  ; Private key is exportable\"" INF_FILE, NULL },
    { "EXP-2", PC_SEVERITY_WARNING,
      "\"Exportable\" is the name of the key in [NewRequest]: Microsoft Learn, certreq. The page of 28 January 2023 "
      "itself uses \"Key Exportable\"",
      NULL },
    { "EXP-3", PC_SEVERITY_ERROR,
      "\"Provider Category: Legacy Cryptography Service Provider\"" PREREQUISITES
      "; and, for a key made elsewhere, \"Yes, export the private key\"" FROM(
          "Use the AD-CS web portal to request a certificate") ". The current edition of the page adds that a KSP is "
                                                               "not supported",
      NULL },
    { "EXP-4", PC_SEVERITY_INFO,
      NOT_ON_PAGE "The current edition of the page requires that the key is not exportable, unless it is made on one "
                  "machine for another",
      NULL },
    { "EXP-5", PC_SEVERITY_ERROR,
      "\"Key Exportable=TRUE ; This setting is required for Server Authentication\"" PREREQUISITES, NULL },
    { "EXP-6", PC_SEVERITY_WARNING,
      NOT_ON_PAGE "CKA_NEVER_EXTRACTABLE shows whether a key was ever extractable: PKCS#11 Base Specification "
                  "Version 2.40, section 4.9",
      NULL },
};

const pc_profile pc_profile_scom = {
    .name = "scom",
    .title =
        "what System Center Operations Manager requires of a certificate, according to the page of 28 January 2023",
    .rules = rules,
    .count = PC_COUNT(rules),
};
