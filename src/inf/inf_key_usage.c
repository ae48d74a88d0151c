/* SPDX-License-Identifier: Apache-2.0 */
/* KeyUsage of [NewRequest]: numbers and CERT_*_KEY_USAGE symbols joined by '|', and the comment behind them. */
#include <string.h>

#include "inf/inf_job.h"
#include "inf/nearest.h"

static const struct {
    const char *name;
    unsigned bits;
} symbols[] = {
    { "CERT_DIGITAL_SIGNATURE_KEY_USAGE", PC_KU_DIGITAL_SIGNATURE },
    { "CERT_NON_REPUDIATION_KEY_USAGE", PC_KU_NON_REPUDIATION },
    { "CERT_KEY_ENCIPHERMENT_KEY_USAGE", PC_KU_KEY_ENCIPHERMENT },
    { "CERT_DATA_ENCIPHERMENT_KEY_USAGE", PC_KU_DATA_ENCIPHERMENT },
    { "CERT_KEY_AGREEMENT_KEY_USAGE", PC_KU_KEY_AGREEMENT },
    { "CERT_KEY_CERT_SIGN_KEY_USAGE", PC_KU_KEY_CERT_SIGN },
    { "CERT_CRL_SIGN_KEY_USAGE", PC_KU_CRL_SIGN },
    { "CERT_OFFLINE_CRL_SIGN_KEY_USAGE", PC_KU_CRL_SIGN },
    { "CERT_ENCIPHER_ONLY_KEY_USAGE", PC_KU_ENCIPHER_ONLY },
    { "CERT_DECIPHER_ONLY_KEY_USAGE", PC_KU_DECIPHER_ONLY },
};

/* What people call the bits in comments, in lower case without blanks, hyphens and underscores. */
static const struct {
    const char *word;
    unsigned bit;
} words[] = {
    { "digitalsignature", PC_KU_DIGITAL_SIGNATURE },
    { "nonrepudiation", PC_KU_NON_REPUDIATION },
    { "contentcommitment", PC_KU_NON_REPUDIATION },
    { "keyencipherment", PC_KU_KEY_ENCIPHERMENT },
    { "dataencipherment", PC_KU_DATA_ENCIPHERMENT },
    { "keyagreement", PC_KU_KEY_AGREEMENT },
    { "certsign", PC_KU_KEY_CERT_SIGN },
    { "certificatesigning", PC_KU_KEY_CERT_SIGN },
    { "crlsign", PC_KU_CRL_SIGN },
};

static bool find_symbol(const char *word, unsigned *bits)
{
    unsigned long number = 0;

    if (pc_text_to_number(word, PC_KU_ALL, &number) && (number & ~(unsigned long)PC_KU_ALL) == 0) {
        *bits |= (unsigned)number;
        return true;
    }
    for (size_t i = 0; i < PC_COUNT(symbols); i++) {
        if (pc_text_equal(word, symbols[i].name)) {
            *bits |= symbols[i].bits;
            return true;
        }
    }
    return false;
}

static pc_status find_unknown(pc_inf_job *job, const pc_inf_entry *entry, const char *word)
{
    pc_nearest nearest = pc_nearest_to(word);

    for (size_t i = 0; i < PC_COUNT(symbols); i++) {
        pc_nearest_offer(&nearest, symbols[i].name);
    }
    const pc_finding head = {
        .id = "inf.key-usage",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = nearest.best ? nearest.best : "KeyUsage = 0xa0",
    };

    return pc_inf_find(job->inf, &head, "\"%s\" in KeyUsage is neither a number of key usage bits nor one of the "
                       "CERT_…_KEY_USAGE symbols", pc_show(word).text);
}

/* The RFC 5280 names of bits, for people. */
static pc_shown name_bits(unsigned bits)
{
    pc_shown shown = { "" };
    size_t used = 0;

    for (unsigned bit = 0x8000; bit; bit >>= 1) {
        const char *name = bits & bit ? pc_key_usage_name(bit) : NULL;

        if (name && used + strlen(name) + 3 < sizeof shown.text) {
            used = (size_t)(stpcpy(stpcpy(shown.text + used, used ? ", " : ""), name) - shown.text);
        }
    }
    return shown;
}

static unsigned bits_in_comment(const char *comment)
{
    char plain[256];
    size_t len = 0;
    unsigned bits = 0;

    for (; *comment && len + 1 < sizeof plain; comment++) {
        if (pc_is_alnum(*comment)) {
            plain[len++] = pc_to_lower(*comment);
        } else if (!pc_is_space(*comment) && *comment != '-' && *comment != '_') {
            plain[len++] = '.';
        }
    }
    plain[len] = '\0';
    for (size_t i = 0; i < PC_COUNT(words); i++) {
        bits |= strstr(plain, words[i].word) ? words[i].bit : 0;
    }
    return bits;
}

static pc_status compare_comment(pc_inf_job *job, const pc_inf_entry *entry, unsigned bits)
{
    unsigned named = entry->comment ? bits_in_comment(entry->comment) : 0;

    if (named == 0 || named == bits) {
        return PC_OK;
    }
    const pc_finding head = {
        .id = "inf.usage-comment",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "KeyUsage = 0x%x", named),
    };

    return pc_inf_find(job->inf, &head, "KeyUsage = %s sets %s, but the comment names %s (0x%x); the value counts",
                       pc_show(entry->value).text, name_bits(bits).text, name_bits(named).text, named);
}

pc_status pc_inf_read_key_usage(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *at = entry->value;
    unsigned bits = 0;

    for (bool more = true; more;) {
        size_t len = strcspn(at, "|");
        pc_span word = pc_span_trim((pc_span){ .at = at, .len = len });
        char *text = pc_arena_text(job->inf->arena, word.at, word.len);

        if (!text) {
            return PC_E_MEMORY;
        }
        if (!find_symbol(text, &bits)) {
            return find_unknown(job, entry, text);
        }
        more = at[len] == '|';
        at += len + more;
    }
    job->request->has_key_usage = bits != 0;
    job->request->key_usage = bits;
    return compare_comment(job, entry, bits);
}
