/* SPDX-License-Identifier: Apache-2.0 */
/* KeyUsage of [NewRequest]: numbers and CERT_*_KEY_USAGE symbols joined by '|', and the comment after them. */
#include "inf/inf_key_usage.h"

#include <string.h>

#include "inf/fix.h"
#include "inf/inf_extension.h"
#include "inf/inf_report.h"

static const pc_inf_symbol symbol_names[] = {
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

static const pc_inf_symbols symbols = { symbol_names, PC_COUNT(symbol_names), PC_KU_ALL };

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
    { "encipheronly", PC_KU_ENCIPHER_ONLY },
    { "decipheronly", PC_KU_DECIPHER_ONLY },
};

static pc_status find_unknown(pc_inf_job *job, const pc_inf_entry *entry, pc_span word)
{
    size_t len = strlen(entry->value);
    bool is_in_value = word.start >= entry->value && word.start + word.len <= entry->value + len;
    const char *nearest =
        pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR) ? NULL : pc_inf_nearest_symbol(word, &symbols);
    pc_finding head = { .id = "inf.key-usage", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    if (nearest && is_in_value) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_with(job->inf, entry, word, nearest));
    } else {
        pc_inf_fix_value(&head, job->inf, entry,
                         nearest ? nearest : "write a number such as 0xa0, or CERT_…_KEY_USAGE symbols joined by '|'");
    }
    return pc_inf_find(job->inf, &head,
                       "\"%s\" in KeyUsage is neither a number of key usage bits nor one of the "
                       "CERT_…_KEY_USAGE symbols",
                       pc_quote_span(word).text);
}

/* All nine names and what separates them. */
typedef struct {
    char text[192];
} bit_names;

/* The RFC 5280 names of bits, for people. */
static bit_names name_bits(unsigned bits)
{
    bit_names names = { "" };
    size_t used = 0;

    for (unsigned bit = 0x8000; bit; bit >>= 1) {
        const char *name = bits & bit ? pc_key_usage_name(bit) : NULL;

        if (name && used + strlen(name) + 3 < sizeof names.text) {
            used = (size_t)(stpcpy(stpcpy(names.text + used, used ? ", " : ""), name) - names.text);
        }
    }
    return names;
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
    pc_finding head = { .id = "inf.usage-comment", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_replacing(&head, job->inf, entry,
                            pc_inf_fix(job->inf, "%s = %s ; %s", entry->key, entry->value, name_bits(bits).text));
    return pc_inf_find(job->inf, &head, "KeyUsage = %s sets %s, but the comment names %s (0x%x); the value counts",
                       pc_quote(entry->value).text, name_bits(bits).text, name_bits(named).text, named);
}

pc_status pc_inf_read_key_usage(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long bits = 0;
    pc_span bad = { .len = 0 };

    if (!pc_inf_to_bits(entry->value, &symbols, &bits, &bad)) {
        return find_unknown(job, entry, bad);
    }
    job->request->has_key_usage = bits != 0;
    job->request->key_usage = (unsigned)bits;
    return compare_comment(job, entry, (unsigned)bits);
}

pc_status pc_inf_read_usage_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    unsigned long bits = 0;
    pc_span bad = { .len = 0 };

    if (!pc_inf_to_bits(text, &symbols, &bits, &bad)) {
        return find_unknown(job, entry, bad);
    }
    job->usage.bits_in_extensions = (unsigned)bits;
    return PC_OK;
}

/* Key usage is in KeyUsage, or in [Extensions], or the same in both. */
pc_status pc_inf_finish_usage(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->usage.in_extensions;
    pc_request *request = job->request;

    if (!entry || (request->has_key_usage && request->key_usage == job->usage.bits_in_extensions)) {
        return PC_OK;
    }
    if (!request->has_key_usage) {
        request->has_key_usage = job->usage.bits_in_extensions != 0;
        request->key_usage = job->usage.bits_in_extensions;
        request->key_usage_not_critical = true;
        return PC_OK;
    }
    const pc_finding head = {
        .id = "inf.extension-twice",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "keep KeyUsage in [NewRequest] or 2.5.29.15 under [Extensions], whichever is right",
    };

    return pc_inf_find(job->inf, &head, "2.5.29.15 sets %s (0x%x), but KeyUsage in [NewRequest] sets 0x%x",
                       name_bits(job->usage.bits_in_extensions).text, job->usage.bits_in_extensions,
                       request->key_usage);
}
