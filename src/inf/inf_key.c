/* SPDX-License-Identifier: Apache-2.0 */
/* KeyAlgorithm, KeyLength, HashAlgorithm, KeySpec and AlternateSignatureAlgorithm of [NewRequest]. */
#include "inf/inf_key.h"

#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_report.h"

#define COLON "certreq puts a colon before the number of the parameter set"

/* ML-DSA as Windows Server 2025 writes it: Microsoft, "Configure certificate templates for ML-DSA", with an INF file.
 */
static const struct {
    const char *name;
    bool supported;
    pc_key_kind kind;    /* of RSA: the default length */
    const char *why;     /* not supported */
    const char *instead; /* the value that was meant; NULL: any of the usual ones */
} algorithms[] = {
    { "RSA", true, PC_KEY_RSA_2048, NULL, NULL },
    { "ECDSA_P256", true, PC_KEY_EC_P256, NULL, NULL },
    { "ECDSA_P384", true, PC_KEY_EC_P384, NULL, NULL },
    { "ECDSA_P521", true, PC_KEY_EC_P521, NULL, NULL },
    { "ECDH_P256", true, PC_KEY_EC_P256, NULL, NULL },
    { "ECDH_P384", true, PC_KEY_EC_P384, NULL, NULL },
    { "ECDH_P521", true, PC_KEY_EC_P521, NULL, NULL },
    { "ML-DSA:44", true, PC_KEY_ML_DSA_44, NULL, NULL },
    { "ML-DSA:65", true, PC_KEY_ML_DSA_65, NULL, NULL },
    { "ML-DSA:87", true, PC_KEY_ML_DSA_87, NULL, NULL },
    { "DH", false, PC_KEY_RSA_2048, "a DH key cannot sign, and a PKCS#10 request is signed with its key", NULL },
    { "DSA", false, PC_KEY_RSA_2048, "DSA is obsolete, and CAs refuse it", NULL },
    { "ECDSA", false, PC_KEY_EC_P256, "it names no curve", NULL },
    { "ECDH", false, PC_KEY_EC_P256, "it names no curve", NULL },
    { "ML-DSA", false, PC_KEY_RSA_2048, "it names no parameter set", "ML-DSA:65" },
    { "ML-DSA-44", false, PC_KEY_RSA_2048, COLON, "ML-DSA:44" },
    { "ML-DSA-65", false, PC_KEY_RSA_2048, COLON, "ML-DSA:65" },
    { "ML-DSA-87", false, PC_KEY_RSA_2048, COLON, "ML-DSA:87" },
};

static const struct {
    const char *name;
    bool supported;
    pc_digest digest;
    const char *why;
} hashes[] = {
    { "sha256", true, PC_DIGEST_SHA256, NULL },
    { "sha384", true, PC_DIGEST_SHA384, NULL },
    { "sha512", true, PC_DIGEST_SHA512, NULL },
    { "2.16.840.1.101.3.4.2.1", true, PC_DIGEST_SHA256, NULL },
    { "2.16.840.1.101.3.4.2.2", true, PC_DIGEST_SHA384, NULL },
    { "2.16.840.1.101.3.4.2.3", true, PC_DIGEST_SHA512, NULL },
    { "sha1", false, PC_DIGEST_SHA256, "SHA-1 collisions can be created, and CAs refuse it" },
    { "md5", false, PC_DIGEST_SHA256, "MD5 is broken" },
    { "md4", false, PC_DIGEST_SHA256, "MD4 is broken" },
    { "md2", false, PC_DIGEST_SHA256, "MD2 is broken" },
};

#define NO_HASH     "NoHash" /* what the templates of Windows Server 2025 have beside ML-DSA */
#define CHOOSE_HASH "choose sha256, sha384 or sha512"

static const pc_inf_symbol key_specs[] = { { "AT_NONE", 0 }, { "AT_KEYEXCHANGE", 1 }, { "AT_SIGNATURE", 2 } };

static const pc_inf_symbols key_spec_symbols = { key_specs, PC_COUNT(key_specs), 3 };

static bool is_of_curve(pc_key_kind kind)
{
    return !pc_key_kind_is_rsa(kind) && !pc_key_kind_is_ml_dsa(kind);
}

/* The algorithm of an elliptic curve key of that length; NULL if there is none. */
static const char *algorithm_of_length(const pc_inf_entry *length)
{
    unsigned long bits = 0;

    for (size_t i = 0; length && i < PC_COUNT(algorithms); i++) {
        if (algorithms[i].supported && is_of_curve(algorithms[i].kind) &&
            pc_text_to_number(length->value, 65536, &bits) && bits == pc_key_kind_bits(algorithms[i].kind)) {
            return algorithms[i].name;
        }
    }
    return NULL;
}

static pc_status find_algorithm(pc_inf_job *job, const pc_inf_entry *entry, const char *why, const char *instead)
{
    pc_finding head = { .id = "inf.key-algorithm", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    if (instead) {
        pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, entry->key, instead));
    } else {
        pc_inf_fix_value(&head, job->inf, entry, "choose RSA, ECDSA_P256, ECDSA_P384 or ECDSA_P521");
    }
    return pc_inf_find(job->inf, &head, "KeyAlgorithm \"%s\" is not supported: %s", pc_quote(entry->value).text, why);
}

pc_status pc_inf_read_key_algorithm(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < PC_COUNT(algorithms); i++) {
        if (!pc_text_equal(entry->value, algorithms[i].name)) {
            continue;
        }
        job->said->key_algorithm = algorithms[i].name;
        if (!algorithms[i].supported && !pc_key_kind_is_rsa(algorithms[i].kind)) {
            job->key.without_curve = entry;
            return PC_OK;
        }
        if (!algorithms[i].supported) {
            job->key.refused_algorithm = entry;
            return find_algorithm(job, entry, algorithms[i].why, algorithms[i].instead);
        }
        job->key.algorithm = entry;
        job->request->key_kind = algorithms[i].kind;
        return PC_OK;
    }
    job->key.refused_algorithm = entry;
    return find_algorithm(job, entry, "it is not known", NULL);
}

pc_status pc_inf_read_key_length(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long bits = 0;

    job->key.length = entry;
    job->said->key_bits = pc_text_to_number(entry->value, 65536, &bits) ? (unsigned)bits : 0;
    return PC_OK;
}

static bool find_rsa_kind(unsigned long bits, pc_key_kind *ret_kind)
{
    for (pc_key_kind kind = PC_KEY_RSA_2048; kind <= PC_KEY_RSA_4096; kind++) {
        if (pc_key_kind_bits(kind) == bits) {
            *ret_kind = kind;
            return true;
        }
    }
    return false;
}

static pc_status find_pss(pc_inf_job *job)
{
    pc_finding head = { .id = "inf.signature-algorithm", .severity = PC_SEVERITY_ERROR, .line = job->key.pss->line };

    pc_inf_fix_by_replacing(&head, job->inf, job->key.pss, pc_inf_line_text(job->inf, job->key.pss->key, "FALSE"));

    return pc_inf_find(job->inf, &head,
                       "AlternateSignatureAlgorithm asks for an RSASSA-PSS signature, which only RSA keys can make");
}

/* The file may come from a machine where the provider or its type was thought to select the algorithm. */
static pc_status find_missing_algorithm(pc_inf_job *job, const char *wanted)
{
    const pc_inf_entry *length = job->key.length;
    pc_finding head = { .id = "inf.key-length", .severity = PC_SEVERITY_ERROR, .line = length->line };
    const char *line = pc_inf_line_text(job->inf, "KeyAlgorithm", wanted);

    pc_inf_fix_by_replacing(&head, job->inf, length,
                            pc_inf_fix(job->inf, "%s\n%s", pc_inf_line_text(job->inf, length->key, length->value),
                                       line));
    return pc_inf_find(
        job->inf, &head,
        "KeyLength \"%s\" is the length of an elliptic curve key, and without KeyAlgorithm certreq makes an "
        "RSA key",
        pc_quote(length->value).text);
}

static pc_status match_length(pc_inf_job *job)
{
    pc_request *request = job->request;
    bool is_rsa = pc_key_kind_is_rsa(request->key_kind);
    unsigned long bits = 0;

    if (!job->key.length || job->key.refused_algorithm || job->key.without_curve) {
        return PC_OK;
    }
    if (!job->key.algorithm && algorithm_of_length(job->key.length)) {
        return find_missing_algorithm(job, algorithm_of_length(job->key.length));
    }
    bool is_number = pc_text_to_number(job->key.length->value, 65536, &bits);

    if (is_number && is_rsa ? find_rsa_kind(bits, &request->key_kind) : bits == pc_key_kind_bits(request->key_kind)) {
        return PC_OK;
    }
    pc_finding head = { .id = "inf.key-length", .severity = PC_SEVERITY_ERROR, .line = job->key.length->line };

    if (is_rsa) {
        pc_inf_fix_value(&head, job->inf, job->key.length, "choose 2048, 3072 or 4096");
    } else {
        pc_inf_fix_by_removing(&head, job->inf, job->key.length);
    }
    return pc_inf_find(job->inf, &head, "KeyLength \"%s\" is not a supported length of %s",
                       pc_quote(job->key.length->value).text,
                       is_rsa               ? "RSA keys (2048, 3072, 4096)"
                       : job->key.algorithm ? job->key.algorithm->value
                                            : "this key");
}

static bool is_no_hash(const pc_inf_entry *entry)
{
    return pc_text_equal(entry->value, NO_HASH);
}

/* A hash is named where the key signs whole messages, or none where the key signs a digest. */
static pc_status match_hash(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->key.hash;
    bool signs_messages = pc_key_kind_is_ml_dsa(job->request->key_kind);

    if (!entry || job->key.refused_algorithm || job->key.without_curve || signs_messages == is_no_hash(entry)) {
        return PC_OK;
    }
    pc_finding head = { .id = "inf.hash-algorithm", .line = entry->line };

    if (!signs_messages) {
        head.severity = PC_SEVERITY_ERROR;
        pc_inf_fix_value(&head, job->inf, entry, CHOOSE_HASH);
        return pc_inf_find(job->inf, &head,
                           "HashAlgorithm \"" NO_HASH "\" is for ML-DSA keys only; %s keys sign a hash",
                           job->key.algorithm ? job->key.algorithm->value : "RSA");
    }
    head.severity = PC_SEVERITY_WARNING;
    pc_inf_fix_by_replacing(&head, job->inf, entry, pc_inf_line_text(job->inf, entry->key, NO_HASH));
    return pc_inf_find(job->inf, &head,
                       "HashAlgorithm has no effect: an ML-DSA key signs the whole message, not a hash");
}

static pc_status find_without_curve(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->key.without_curve;

    return entry ? find_algorithm(job, entry, "it names no curve", algorithm_of_length(job->key.length)) : PC_OK;
}

/* These keys may be in any order, so they are compared when all have been read. */
pc_status pc_inf_finish_key(pc_inf_job *job)
{
    PC_TRY(find_without_curve(job));
    PC_TRY(match_length(job));
    PC_TRY(match_hash(job));
    return job->request->pss && !pc_key_kind_is_rsa(job->request->key_kind) ? find_pss(job) : PC_OK;
}

pc_status pc_inf_read_hash_algorithm(pc_inf_job *job, const pc_inf_entry *entry)
{
    const char *why = "it is not known";
    pc_finding head = { .id = "inf.hash-algorithm", .severity = PC_SEVERITY_ERROR, .line = entry->line };

    if (is_no_hash(entry)) {
        job->said->hash = NO_HASH;
        job->key.hash = entry;
        return PC_OK;
    }
    for (size_t i = 0; i < PC_COUNT(hashes); i++) {
        if (!pc_text_equal(entry->value, hashes[i].name)) {
            continue;
        }
        job->said->hash = hashes[i].supported ? pc_digest_name(hashes[i].digest) : hashes[i].name;
        if (hashes[i].supported) {
            job->request->digest = hashes[i].digest;
            job->key.hash = entry;
            return PC_OK;
        }
        why = hashes[i].why;
    }
    pc_inf_fix_value(&head, job->inf, entry, CHOOSE_HASH);
    return pc_inf_find(job->inf, &head, "HashAlgorithm \"%s\" is not supported: %s", pc_quote(entry->value).text, why);
}

pc_status pc_inf_read_key_spec(pc_inf_job *job, const pc_inf_entry *entry)
{
    unsigned long number = 0;
    pc_span bad = { .len = 0 };

    if (!pc_inf_to_bits(entry->value, &key_spec_symbols, &number, &bad)) {
        return pc_inf_bad_symbol(job, entry, bad, &key_spec_symbols);
    }
    if (number > 2) {
        return pc_inf_bad_value(job, entry, "it is not 0, 1, 2, AT_NONE, AT_KEYEXCHANGE or AT_SIGNATURE",
                                "choose one of these");
    }
    job->request->has_key_spec = true;
    job->request->key_spec = (unsigned)number;
    return PC_OK;
}

pc_status pc_inf_read_pss(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->key.pss = entry;
    return pc_inf_read_flag(job, entry, &job->request->pss);
}
