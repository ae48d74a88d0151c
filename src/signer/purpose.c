/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/purpose.h"

#include <stdio.h>

#include "x509/name.h"
#include "x509/words.h"

pc_purpose pc_purpose_of(const char *words)
{
    pc_act_purpose(words, NULL);
    return (pc_purpose){ .is_stated = true };
}

static pc_purpose state(const char *kind, const X509_NAME *name, const X509 *numbered)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *subject = arena ? pc_x509_name_text(name, arena) : NULL;
    const char *serial = arena && numbered ? pc_serial_words(numbered, arena) : NULL;
    char text[512];

    (void)snprintf(text, sizeof text, "%s%s%s", serial ? serial : "", serial ? " " : "", subject ? subject : "");
    pc_act_purpose(kind, text);
    return (pc_purpose){ .is_stated = true };
}

pc_purpose pc_purpose_of_certificate(const X509 *certificate)
{
    return state("certificate", X509_get_subject_name(certificate), certificate);
}

pc_purpose pc_purpose_of_csr(const X509_REQ *csr)
{
    return state("request", X509_REQ_get_subject_name(csr), NULL);
}

pc_purpose pc_purpose_of_crl(const X509_CRL *crl)
{
    return state("CRL of", X509_CRL_get_issuer(crl), NULL);
}
