/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/xcep/xcep.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/text.h"

#define PLATFORM_PROVIDER "Microsoft Platform Crypto Provider"

static const char *const verdict_names[] = {
    [PC_TEMPLATE_FITS] = "fits",       [PC_TEMPLATE_NOTED] = "note",      [PC_TEMPLATE_WARNED] = "warning",
    [PC_TEMPLATE_REFUSED] = "refused", [PC_TEMPLATE_UNKNOWN] = "unknown",
};

const char *pc_template_verdict_name(pc_template_verdict verdict)
{
    return (size_t)verdict < PC_COUNT(verdict_names) ? verdict_names[verdict] : "unknown";
}

/* The field in which a template has its flags. */
typedef enum { KEY, SUBJECT, ENROLLMENT, GENERAL } flag_word;

static uint32_t word_of(const pc_template *judged, flag_word word)
{
    switch (word) {
    case KEY:
        return judged->private_key_flags;
    case SUBJECT:
        return judged->subject_flags;
    case ENROLLMENT:
        return judged->enrollment_flags;
    case GENERAL:
    default:
        return judged->general_flags;
    }
}

/* [MS-CRTD] sections 2.4 and 2.26 to 2.28; the meaning of each for a key on a token. */
static const struct {
    flag_word word;
    uint32_t flag;
    pc_template_verdict verdict;
    const char *words;
} rows[] = {
    { KEY, PC_TEMPLATE_KEY_ARCHIVAL, PC_TEMPLATE_REFUSED,
      "the CA archives the private key, which would have to leave the token (CA error 0x80094804)" },
    { KEY, PC_TEMPLATE_KEY_ATTEST_REQUIRED, PC_TEMPLATE_REFUSED,
      "the CA requires a proof that the key is in a TPM, which a PKCS#11 token cannot give (0x8009481a)" },
    { KEY, PC_TEMPLATE_KEY_PSS, PC_TEMPLATE_WARNED,
      "the CA requires requests signed with RSASSA-PSS: write AlternateSignatureAlgorithm = TRUE in an INF file" },
    { KEY, PC_TEMPLATE_KEY_ATTEST_PREFERRED, PC_TEMPLATE_NOTED,
      "the CA prefers a key in a TPM and accepts others: the certificate will not say that its key is in hardware" },
    { KEY, PC_TEMPLATE_KEY_EXPORTABLE, PC_TEMPLATE_NOTED,
      "the template permits an exportable key; that is a permission, and the key on the token remains non-exportable" },
    { KEY, PC_TEMPLATE_KEY_STRONG_PROTECTION, PC_TEMPLATE_NOTED,
      "the template requires protection of the key: the PIN of the token is that" },
    { KEY, PC_TEMPLATE_KEY_SAME_AT_RENEWAL, PC_TEMPLATE_NOTED, "renewals have to keep the key (0x80094816)" },
    { SUBJECT, PC_TEMPLATE_SAN_BY_ENROLLEE, PC_TEMPLATE_NOTED, "the request may name alternative names" },
    { ENROLLMENT, PC_TEMPLATE_ENROLL_PENDING, PC_TEMPLATE_NOTED, "a person at the CA approves each request" },
    { GENERAL, PC_TEMPLATE_GENERAL_MACHINE, PC_TEMPLATE_NOTED,
      "the template is for computers: the login of a user may be denied" },
    { GENERAL, PC_TEMPLATE_GENERAL_CA, PC_TEMPLATE_NOTED, "the certificate is a CA certificate" },
};

static pc_status add(pc_arena *arena, pc_template *judged, pc_template_verdict verdict, const char *words,
                     pc_error *err)
{
    pc_template_line *line = words ? PC_PUSH(arena, judged->lines, judged->line_count) : NULL;

    if (!line) {
        return pc_fail_memory(err);
    }
    *line = (pc_template_line){ .verdict = verdict, .words = words };
    judged->verdict = verdict > judged->verdict ? verdict : judged->verdict;
    return PC_OK;
}

static bool any_ca_allows(const pc_template *judged)
{
    for (size_t i = 0; i < judged->ca_count; i++) {
        if (judged->cas[i].enroll) {
            return true;
        }
    }
    return false;
}

static pc_status judge_permission(pc_arena *arena, pc_template *judged, pc_error *err)
{
    if (!judged->enroll) {
        PC_TRY(add(arena, judged, PC_TEMPLATE_REFUSED, "this login may not enroll for it (0x80094012)", err));
    }
    if (judged->ca_count == 0) {
        return add(arena, judged, PC_TEMPLATE_REFUSED, "no CA offers it", err);
    }
    return any_ca_allows(judged) ? PC_OK
                                 : add(arena, judged, PC_TEMPLATE_REFUSED,
                                       "this login may not request certificates from its CA (0x80094011)", err);
}

/* A renewal signed by the old key needs no agent if the template says so. */
static pc_status judge_signatures(pc_arena *arena, pc_template *judged, pc_error *err)
{
    if (judged->ra_signatures == 0) {
        return PC_OK;
    }
    bool may_renew = (judged->enrollment_flags & PC_TEMPLATE_ENROLL_PREVIOUS_APPROVAL) != 0;

    return add(arena, judged, PC_TEMPLATE_REFUSED,
               pc_arena_format(arena, "each request needs %u signature%s of a registration agent (0x80094809)%s",
                               judged->ra_signatures, judged->ra_signatures > 1 ? "s" : "",
                               may_renew ? "; renewals do not" : ""),
               err);
}

static bool is_ml_dsa(const char *name)
{
    return pc_text_starts(name, "ML-DSA-");
}

static bool is_algorithm_known(const char *name)
{
    return strcmp(name, "RSA") == 0 || pc_text_starts(name, "EC P-") || is_ml_dsa(name);
}

static bool openssl_has(const char *name)
{
    (void)ERR_set_mark();
    EVP_KEYMGMT *management = EVP_KEYMGMT_fetch(NULL, name, NULL);
    const bool has_it = management != NULL;

    EVP_KEYMGMT_free(management);
    (void)ERR_pop_to_mark();
    return has_it;
}

static pc_status judge_ml_dsa(pc_arena *arena, pc_template *judged, pc_error *err)
{
    if (!is_ml_dsa(judged->key_algorithm)) {
        return PC_OK;
    }
    return openssl_has(judged->key_algorithm)
               ? add(arena, judged, PC_TEMPLATE_NOTED,
                     "an ML-DSA key requires a token that generates such keys, and the signer \"native\"", err)
               : add(arena, judged, PC_TEMPLATE_REFUSED,
                     pc_arena_format(arena, "OpenSSL %s has no %s keys: ML-DSA requires OpenSSL 3.5 or later",
                                     OpenSSL_version(OPENSSL_VERSION_STRING), judged->key_algorithm),
                     err);
}

static pc_status judge_key(pc_arena *arena, pc_template *judged, pc_error *err)
{
    bool is_platform_only = judged->provider_count == 1 && pc_text_equal(judged->providers[0], PLATFORM_PROVIDER);

    if (!is_algorithm_known(judged->key_algorithm)) {
        PC_TRY(add(arena, judged, PC_TEMPLATE_REFUSED,
                   pc_arena_format(arena, "p11cert does not create keys of the algorithm %s", judged->key_algorithm),
                   err));
    }
    if (judged->archival && !(judged->private_key_flags & PC_TEMPLATE_KEY_ARCHIVAL)) {
        PC_TRY(add(arena, judged, PC_TEMPLATE_WARNED, "the template has settings for archiving keys", err));
    }
    return is_platform_only ? add(arena, judged, PC_TEMPLATE_WARNED,
                                  "the template names only the TPM's provider; the CA does not check it", err)
                            : PC_OK;
}

static pc_status judge_subject(pc_arena *arena, pc_template *judged, pc_error *err)
{
    return judged->subject_flags & PC_TEMPLATE_SUBJECT_BY_ENROLLEE
               ? PC_OK
               : add(arena, judged, PC_TEMPLATE_WARNED,
                     "the CA takes the names from the directory account that logs in, and ignores those of the request",
                     err);
}

pc_status pc_template_judge(pc_arena *arena, pc_template *judged, pc_error *err)
{
    PC_TRY(judge_permission(arena, judged, err));
    PC_TRY(judge_signatures(arena, judged, err));
    PC_TRY(judge_key(arena, judged, err));
    PC_TRY(judge_ml_dsa(arena, judged, err));
    PC_TRY(judge_subject(arena, judged, err));
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        if (word_of(judged, rows[i].word) & rows[i].flag) {
            PC_TRY(add(arena, judged, rows[i].verdict, rows[i].words, err));
        }
    }
    return PC_OK;
}
