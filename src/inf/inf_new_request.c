/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of [NewRequest], by Microsoft's certreq page. */
#include <string.h>

#include "inf/inf_job.h"
#include "base/nearest.h"

/* When a key that is not used here says nothing that matters. */
typedef enum {
    HARMLESS_NEVER,
    HARMLESS_FALSE,
    HARMLESS_ZERO,
} harmless;

/* What a key that is not used here raises where it says something. */
typedef struct {
    const char *id;
    pc_severity severity;
    const char *words;
    const char *fix;      /* NULL: to leave it out */
    const char *only_for; /* request type that the key is for, or NULL */
} unused;

static const unused ignored = { "inf.ignored", PC_SEVERITY_INFO, "ignored", NULL, NULL };
static const unused left_out = { "inf.not-honoured", PC_SEVERITY_WARNING, "not honoured here", NULL, NULL };
static const unused cert_only = { "inf.cert-only", PC_SEVERITY_WARNING, "ignored", NULL, "Cert" };
static const unused cmc_only = { "inf.cmc-only", PC_SEVERITY_WARNING, "ignored", NULL, "CMC" };
static const unused scep_only = { "inf.scep-only", PC_SEVERITY_WARNING, "ignored", NULL, "SCEP" };
static const unused archive = { "inf.cmc-only", PC_SEVERITY_ERROR, "refused", NULL, NULL };
static const unused renewal = { "inf.renewal", PC_SEVERITY_ERROR, "refused",
                                "p11cert new --key LABEL --subject …, for a request with the key that is there", NULL };

typedef struct {
    const char *name;
    pc_inf_reader read; /* NULL: the key is not used here */
    pc_effect effect;
    const char *note; /* what it becomes, or why not */
    const unused *unused;
    harmless harmless;
} key_row;

#define HONOURED(name, read, note) \
    { \
        name, read, PC_EFFECT_HONOURED, note, NULL, HARMLESS_NEVER \
    }
#define MAPPED(name, read, note) \
    { \
        name, read, PC_EFFECT_MAPPED, note, NULL, HARMLESS_NEVER \
    }
#define IGNORED(name, read, note) \
    { \
        name, read, PC_EFFECT_IGNORED, note, NULL, HARMLESS_NEVER \
    }
#define UNUSED(name, row, harmless, note) \
    { \
        name, NULL, PC_EFFECT_IGNORED, note, &row, harmless \
    }

#define ON_WINDOWS "it is about how Windows keeps the key; a token has its own way"
#define ONLY_CERT  "certreq reads it for RequestType=Cert only; the CA decides how long a certificate is valid"
#define ONLY_CMC   "certreq reads it for RequestType=CMC only"
#define ONLY_SCEP  "certreq reads it for RequestType=SCEP only"
#define CURVE      "curves are chosen by KeyAlgorithm here: ECDSA_P256, ECDSA_P384, ECDSA_P521"
#define ATTESTED   "the request is made without an attestation of the key by Windows"
#define OLD_KEY    "a new key would be made where the file asks for one that is there"

static const key_row keys[] = {
    HONOURED("Subject", pc_inf_read_subject, "the subject of the request"),
    HONOURED("X500NameFlags", pc_inf_read_x500_flags, "how the Subject is cut into its parts"),
    MAPPED("Exportable", pc_inf_read_exportable, "CKA_EXTRACTABLE of the private key"),
    HONOURED("KeyAlgorithm", pc_inf_read_key_algorithm, "the algorithm of the key"),
    HONOURED("KeyLength", pc_inf_read_key_length, "the length of the key in bits"),
    HONOURED("HashAlgorithm", pc_inf_read_hash_algorithm, "the digest that the request is signed with"),
    HONOURED("AlternateSignatureAlgorithm", pc_inf_read_pss, "TRUE: signed by RSASSA-PSS; FALSE: by PKCS#1 v1.5"),
    HONOURED("KeyUsage", pc_inf_read_key_usage, "the extension key usage (2.5.29.15), critical"),
    HONOURED("SMIME", pc_inf_read_smime, "TRUE: the extension S/MIME capabilities (1.2.840.113549.1.9.15)"),
    HONOURED("RequestType", pc_inf_read_request_type, "the format of the request: PKCS#10"),
    HONOURED("SuppressDefaults", pc_inf_read_bool,
             "p11cert adds none of the attributes that describe a Windows machine"),
    MAPPED("KeyContainer", pc_inf_read_key_container, "CKA_LABEL of the key"),
    IGNORED("FriendlyName", pc_inf_read_friendly_name,
            "a property of the certificate on Windows; no PKCS#10 holds it"),
    IGNORED("KeySpec", pc_inf_read_key_spec,
            "keys on a token have no such kind; kept for the checks of the Windows side"),
    IGNORED("MachineKeySet", pc_inf_read_machine_key_set,
            "the key is kept on the token; the word is kept for the checks of the Windows side"),
    IGNORED("ProviderName", pc_inf_read_provider_name, "the token takes the provider's place"),
    IGNORED("ProviderType", pc_inf_read_provider_type, "the token takes the provider's place"),
    IGNORED("ExportableEncrypted", pc_inf_read_exportable_encrypted,
            "Exportable alone decides whether the key may leave the token"),
    IGNORED("SubjectNameFlags", pc_inf_read_subject_name_flags, "names come from Subject and [Extensions] alone"),
    IGNORED("Key Exportable", pc_inf_read_misspelt_exportable, "no key of certreq's, which skips it; `Exportable` is"),
    IGNORED("_continue_", pc_inf_read_continue, "no value of [NewRequest] goes on like this"),
    UNUSED("Silent", ignored, HARMLESS_FALSE, "Windows dialogues do not occur here"),
    UNUSED("UserProtected", ignored, HARMLESS_FALSE, ON_WINDOWS),
    UNUSED("UIContextMessage", ignored, HARMLESS_NEVER, ON_WINDOWS),
    UNUSED("KeyProtection", ignored, HARMLESS_ZERO, ON_WINDOWS),
    UNUSED("KeyUsageProperty", ignored, HARMLESS_NEVER, ON_WINDOWS),
    UNUSED("ReaderName", ignored, HARMLESS_NEVER, ON_WINDOWS),
    UNUSED("SecurityDescriptor", ignored, HARMLESS_NEVER, ON_WINDOWS),
    UNUSED("ValidityPeriod", cert_only, HARMLESS_NEVER, ONLY_CERT),
    UNUSED("ValidityPeriodUnits", cert_only, HARMLESS_NEVER, ONLY_CERT),
    UNUSED("NotBefore", cert_only, HARMLESS_NEVER, ONLY_CERT),
    UNUSED("NotAfter", cert_only, HARMLESS_NEVER, ONLY_CERT),
    UNUSED("SerialNumber", cert_only, HARMLESS_NEVER, ONLY_CERT),
    UNUSED("RequesterName", cmc_only, HARMLESS_NEVER, ONLY_CMC),
    UNUSED("EncryptionAlgorithm", cmc_only, HARMLESS_NEVER, ONLY_CMC),
    UNUSED("EncryptionLength", cmc_only, HARMLESS_NEVER, ONLY_CMC),
    UNUSED("CAThumbprint", scep_only, HARMLESS_NEVER, ONLY_SCEP),
    UNUSED("CACerts", scep_only, HARMLESS_NEVER, ONLY_SCEP),
    UNUSED("CACapabilities", scep_only, HARMLESS_NEVER, ONLY_SCEP),
    UNUSED("ChallengePassword", scep_only, HARMLESS_NEVER, ONLY_SCEP),
    UNUSED("EncipherOnly", left_out, HARMLESS_FALSE, "only Windows XP and Server 2003 read it"),
    UNUSED("AttestPrivateKey", left_out, HARMLESS_FALSE, ATTESTED),
    UNUSED("EndorsementKey", left_out, HARMLESS_NEVER, ATTESTED),
    UNUSED("PublicKey", left_out, HARMLESS_NEVER, "the public key is that of the key on the token"),
    UNUSED("PublicKeyParameters", left_out, HARMLESS_NEVER, "the public key is that of the key on the token"),
    UNUSED("KeyAlgorithmParameters", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_P", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_A", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_B", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_Seed", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_Base", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_Order", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParameters_Cofactor", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("EccKeyParametersType", left_out, HARMLESS_NEVER, CURVE),
    UNUSED("RenewalCert", renewal, HARMLESS_NEVER,
           "a new request is made, not a renewal signed with the old certificate"),
    UNUSED("UseExistingKeySet", renewal, HARMLESS_FALSE, OLD_KEY),
    UNUSED("PrivateKeyArchive", archive, HARMLESS_FALSE,
           "it needs RequestType=CMC, and a key on a token is not sent to a CA"),
};

_Static_assert(PC_COUNT(keys) <= PC_INF_KEYS_MAX, "pc_inf_job.seen holds an entry for every key");

/* Keys that are in the table to be recognised, but are not certreq's. */
static bool is_real(const key_row *row)
{
    return row->read != pc_inf_read_misspelt_exportable && row->read != pc_inf_read_continue;
}

/* Known keys that people put here and that certreq reads elsewhere. */
static const struct {
    const char *key;
    const char *section;
} strays[] = {
    { "OID", "EnhancedKeyUsageExtension" },
    { "CertificateTemplate", "RequestAttributes" },
    { "SAN", "Extensions" },
    { "Critical", "Extensions" },
    { "Signature", "Version" },
    { "PathLength", "BasicConstraintsExtension" },
};

static bool is_harmless(const key_row *row, const pc_inf_entry *entry, bool is_true)
{
    unsigned long number = 1;

    return entry->value[0] == '\0' || (row->harmless == HARMLESS_FALSE && !is_true) ||
           (row->harmless == HARMLESS_ZERO && pc_text_to_number(entry->value, 0, &number));
}

static pc_status read_unused(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry)
{
    const unused *how = row->unused;
    pc_wish wish = PC_WISH_SILENT;
    const pc_finding head = {
        .id = how->id,
        .severity = how->severity,
        .line = entry->line,
        .fix = how->fix                          ? how->fix
               : row->harmless == HARMLESS_FALSE ? pc_inf_fix(job->inf, "%s = FALSE, or no such line", row->name)
                                                 : "leave the line out",
    };

    if (row->harmless == HARMLESS_FALSE && entry->value[0]) {
        PC_TRY(pc_inf_read_wish(job, entry, &wish));
    }
    if (is_harmless(row, entry, wish == PC_WISH_YES) ||
        (how->only_for && job->said->request_type && strcmp(how->only_for, job->said->request_type) == 0)) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head, "%s: `%s = %s` on line %u: %s", how->words, row->name,
                       pc_show(entry->value).text, entry->line, row->note);
}

static pc_status find_duplicate(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry, unsigned first)
{
    const pc_finding head = {
        .id = "inf.duplicate-key",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "leave out line %u or line %u", first, entry->line),
    };

    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "the key stands above already, and the first counts");
    return pc_inf_find(job->inf, &head, "`%s` stands on line %u already; certreq reads the first and skips this one",
                       row->name, first);
}

static pc_status read_known(pc_inf_job *job, size_t at, const pc_inf_entry *entry)
{
    const key_row *row = &keys[at];

    if (job->seen[at] && row->read != pc_inf_read_continue) {
        return find_duplicate(job, row, entry, job->seen[at]->line);
    }
    job->seen[at] = entry;
    pc_inf_mean(job, entry, row->effect, row->note);
    return row->read ? row->read(job, entry) : read_unused(job, row, entry);
}

static pc_status read_unknown(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(strays); i++) {
        if (pc_text_equal(entry->key, strays[i].key)) {
            return pc_inf_wrong_section(job, entry, strays[i].section,
                                        pc_inf_fix(job->inf, "[%s] on a line of its own above it", strays[i].section));
        }
    }
    if (pc_text_is_oid(entry->key)) {
        return pc_inf_wrong_section(job, entry, "Extensions", "[Extensions] on a line of its own above it");
    }
    for (size_t i = 0; i < PC_COUNT(keys) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING); i++) {
        if (is_real(&keys[i])) {
            pc_nearest_offer(&nearest, keys[i].name);
        }
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
}

pc_status pc_inf_read_new_request(pc_inf_job *job, const pc_inf_entry *entry)
{
    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        if (pc_text_equal(entry->key, keys[i].name)) {
            return read_known(job, i, entry);
        }
    }
    return read_unknown(job, entry);
}

static pc_status find_misspelt(pc_inf_job *job)
{
    const pc_inf_entry *entry = job->misspelt_exportable;
    const pc_exportable_wish *wish = &job->request->wish;
    const pc_finding head = {
        .id = "inf.unknown-key",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "Exportable = %s", entry->value),
    };

    if (wish->exportable != PC_WISH_SILENT) {
        return pc_inf_find(job->inf, &head,
                           "certreq does not know `Key Exportable` and skips it; `Exportable` on line %u counts",
                           wish->exportable_line);
    }
    return pc_inf_find(job->inf, &head,
                       "certreq does not know `Key Exportable` and skips it; the nearest key that it knows is "
                       "`Exportable`. As written the key will not be exportable");
}

static pc_status find_user_key(pc_inf_job *job)
{
    const pc_finding head = {
        .id = "inf.machine-key-set",
        .severity = PC_SEVERITY_INFO,
        .line = job->machine_key_set ? job->machine_key_set->line : 0,
        .fix = "MachineKeySet = TRUE",
    };

    return pc_inf_find(job->inf, &head,
                       "MachineKeySet is %s: certreq would keep the key for the user who runs it; services look for it "
                       "in the computer's store",
                       job->machine_key_set ? "not TRUE" : "missing, which means FALSE");
}

pc_status pc_inf_finish_new_request(pc_inf_job *job)
{
    if (job->misspelt_exportable) {
        PC_TRY(find_misspelt(job));
    }
    return job->request->machine_key_set == PC_WISH_YES ? PC_OK : find_user_key(job);
}

/* The keys that any INF may have here; a key of [NewRequest] among them was meant to count and does not. */
pc_status pc_inf_read_version(pc_inf_job *job, const pc_inf_entry *entry)
{
    static const char *const known[] = { "Signature", "Class", "ClassGuid", "Provider", "DriverVer", "CatalogFile" };

    for (size_t i = 0; i < PC_COUNT(known); i++) {
        if (pc_text_equal(entry->key, known[i])) {
            return PC_OK;
        }
    }
    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        if (is_real(&keys[i]) && pc_text_equal(entry->key, keys[i].name)) {
            return pc_inf_wrong_section(job, entry, "NewRequest", "[NewRequest] on a line of its own above it");
        }
    }
    return pc_inf_unknown_key(job, entry, NULL);
}
