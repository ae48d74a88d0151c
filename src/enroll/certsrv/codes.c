/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/codes.h"

#include "base/cleanup.h"

static const pc_certsrv_code codes[] = {
    { 0x80094001, PC_CA_ERROR, "CERTSRV_E_BAD_REQUESTSUBJECT",
      "the subject is empty or unusable: give the request a subject that the CA accepts, at least a CN" },
    { 0x80094003, PC_CA_ERROR, "CERTSRV_E_BAD_REQUESTSTATUS",
      "the state of the request does not allow this: check it in the CA's console" },
    { 0x80094004, PC_CA_ERROR, "CERTSRV_E_PROPERTY_EMPTY",
      "the CA has no such request, or no certificate for it: check the request number, and that it belongs to this "
      "CA" },
    { 0x80094005, PC_CA_ERROR, "CERTSRV_E_INVALID_CA_CERTIFICATE",
      "the CA's own certificate is not valid: its administrator must renew it" },
    { 0x80090006, PC_CA_ERROR, "NTE_BAD_SIGNATURE",
      "the signature of the request does not verify: create the request again" },
    { 0x80094804, PC_CA_DENIED, "CERTSRV_E_ARCHIVED_KEY_REQUIRED",
      "the template archives private keys, which a token does not release: ask for a template that does not" },
    { 0x8009480d, PC_CA_DENIED, "CERTSRV_E_SUBJECT_DIRECTORY_GUID_REQUIRED",
      "the directory account has no object GUID that the template requires: ask the administrator for another "
      "template" },
    { 0x80094816, PC_CA_DENIED, "CERTSRV_E_RENEWAL_BAD_PUBLIC_KEY",
      "the template renews only with the same key: keep the key" },
    { 0x80094817, PC_CA_DENIED, "CERTSRV_E_INVALID_EK",
      "the template requires a key in a TPM: ask for a template that does not" },
    { 0x8009481a, PC_CA_DENIED, "CERTSRV_E_KEY_ATTESTATION",
      "the template requires a proof that the key is in a TPM: ask for a template that does not" },
    { 0x803d0005, PC_CA_ERROR, "WS_E_ENDPOINT_ACCESS_DENIED",
      "the web service refuses the login: check the account, and that the address is the one for this kind of login" },
    { 0x803d0006, PC_CA_ERROR, "WS_E_OPERATION_TIMED_OUT", "the web service took too long: try again later" },
    { 0x800706ba, PC_CA_ERROR, "RPC_S_SERVER_UNAVAILABLE",
      "the web service does not reach the CA: check at its server that the CA runs and is reachable" },
    { 0x80094006, PC_CA_ERROR, "CERTSRV_E_SERVER_SUSPENDED", "the CA is suspended: try again later" },
    { 0x80094011, PC_CA_DENIED, "CERTSRV_E_ENROLL_DENIED",
      "the account may not request certificates from this CA: the CA's administrator must grant it \"Request "
      "Certificates\"" },
    { 0x80094012, PC_CA_DENIED, "CERTSRV_E_TEMPLATE_DENIED",
      "the account has no Enroll permission on the template: have it granted, or use another account or template" },
    { 0x80094014, PC_CA_DENIED, "CERTSRV_E_ADMIN_DENIED_REQUEST",
      "an administrator of the CA denied the request: ask them why, then submit a new one" },
    { 0x80094800, PC_CA_DENIED, "CERTSRV_E_UNSUPPORTED_CERT_TYPE",
      "the CA does not issue that template: check its name (not its display name), and that the CA publishes it" },
    { 0x80094801, PC_CA_DENIED, "CERTSRV_E_NO_CERT_TYPE",
      "the request names no certificate template, and an Enterprise CA requires one: name a template" },
    { 0x80094802, PC_CA_DENIED, "CERTSRV_E_TEMPLATE_CONFLICT",
      "the request names one template and the submission another: name only one" },
    { 0x80094803, PC_CA_DENIED, "CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED",
      "the template requires a subject alternative name: add it to the request" },
    { 0x80094806, PC_CA_DENIED, "CERTSRV_E_BAD_RENEWAL_SUBJECT",
      "a renewal must keep the subject of the certificate that signs it: create a new request instead" },
    { 0x80094809, PC_CA_DENIED, "CERTSRV_E_SIGNATURE_POLICY_REQUIRED",
      "the template requires the signature of an enrolment agent (registration authority) on the request: use another "
      "template" },
    { 0x8009480a, PC_CA_DENIED, "CERTSRV_E_SIGNATURE_COUNT",
      "the template requires more signatures of enrolment agents on the request: use another template" },
    { 0x8009480f, PC_CA_DENIED, "CERTSRV_E_SUBJECT_DNS_REQUIRED",
      "the template takes the DNS name from the account in Active Directory, which has none: use a template that takes "
      "the subject from the request" },
    { 0x80094811, PC_CA_DENIED, "CERTSRV_E_KEY_LENGTH",
      "the key is shorter than the template allows: create a longer one" },
    { 0x8007000d, PC_CA_ERROR, "ERROR_INVALID_DATA",
      "the CA cannot read the request: check that the file is a complete certificate request" },
    { 0x80070005, PC_CA_UNKNOWN, "E_ACCESSDENIED",
      "the account lacks a permission on the CA, or the web server lacks its delegation to the CA" },
    { 0x80070057, PC_CA_ERROR, "E_INVALIDARG",
      "the CA does not accept one of the values: check request number and attributes" },
    { 0x800706ba, PC_CA_ERROR, "RPC_S_SERVER_UNAVAILABLE",
      "the web server cannot reach the CA service, which may be stopped: try again later or tell its administrator" },
    { 0x80092013, PC_CA_ERROR, "CRYPT_E_REVOCATION_OFFLINE",
      "the CA cannot fetch a revocation list, often its own: its administrator must publish the CRL" },
    { 0x8009310b, PC_CA_ERROR, "CRYPT_E_ASN1_BADTAG",
      "the CA cannot read the request: check that the file is a complete certificate request" },
    { 0x800b0109, PC_CA_ERROR, "CERT_E_UNTRUSTEDROOT",
      "the CA does not trust the root of a chain, its own or that of the certificate that signs the request: its "
      "administrator must install the root" },
};

const pc_certsrv_code *pc_certsrv_code_find(unsigned long code)
{
    for (size_t i = 0; i < PC_COUNT(codes); i++) {
        if (codes[i].code == code) {
            return &codes[i];
        }
    }
    return NULL;
}
