/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of [NewRequest], by Microsoft's certreq page. */
#include "inf/inf_new_request.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_home.h"
#include "inf/inf_joined.h"
#include "inf/inf_key.h"
#include "inf/inf_key_store.h"
#include "inf/inf_key_usage.h"
#include "inf/inf_provider.h"
#include "inf/inf_request_type.h"
#include "inf/inf_subject.h"

/* Under which condition a key that is not used here has no effect. */
typedef enum {
    HARMLESS_NEVER,
    HARMLESS_FALSE,
    HARMLESS_ZERO,
} harmless;

/* What is reported for a key that is not used here. */
typedef struct {
    const char *id;
    pc_severity severity;
    const char *words;
    const char *fix;         /* NULL: remove the line */
    const char *only_for[2]; /* request types that the key is for, or NULL */
} unused;

static const unused ignored = { "inf.ignored", PC_SEVERITY_INFO, "ignored", NULL, { NULL } };
static const unused left_out = { "inf.not-honoured", PC_SEVERITY_WARNING, "not honoured here", NULL, { NULL } };
static const unused cert_only = { "inf.cert-only", PC_SEVERITY_WARNING, "ignored", NULL, { "Cert" } };
static const unused cmc_only = { "inf.cmc-only", PC_SEVERITY_WARNING, "ignored", NULL, { "CMC" } };
static const unused signed_only = { "inf.cmc-only", PC_SEVERITY_WARNING, "ignored", NULL, { "CMC", "PKCS7" } };
static const unused scep_only = { "inf.scep-only", PC_SEVERITY_WARNING, "ignored", NULL, { "SCEP" } };
static const unused archive = { "inf.cmc-only", PC_SEVERITY_ERROR, "refused", NULL, { NULL } };
static const unused renewal = { "inf.renewal",
                                PC_SEVERITY_ERROR,
                                "refused",
                                "use p11cert new --key LABEL --subject … for a request with the existing key",
                                { NULL } };

typedef struct {
    const char *name;
    pc_inf_reader read; /* NULL: the key is not used here */
    pc_effect effect;
    const char *note; /* what it becomes, or why it is not used */
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

#define ON_WINDOWS  "it is about how Windows keeps the key; this key is on a token"
#define ONLY_CERT   "certreq reads it for RequestType=Cert only; the CA decides how long a certificate is valid"
#define ONLY_CMC    "certreq reads it for RequestType=CMC only"
#define ONLY_SIGNED "certreq reads it for RequestType=PKCS7 and CMC only, which are requests on behalf of another user"
#define ONLY_SCEP   "certreq reads it for RequestType=SCEP only"
#define CURVE       "curves are chosen by KeyAlgorithm here: ECDSA_P256, ECDSA_P384, ECDSA_P521"
#define ATTESTED    "p11cert creates the request without an attestation of the key by Windows"
#define OLD_KEY     "p11cert would create a new key, but the file asks for an existing one"

static pc_status read_smime(pc_inf_job *job, const pc_inf_entry *entry)
{
    return pc_inf_read_flag(job, entry, &job->request->smime);
}

static pc_status read_bool(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool value = false;

    return pc_inf_read_flag(job, entry, &value);
}

static const key_row keys[] = {
    HONOURED("Subject", pc_inf_read_subject, "the subject of the request"),
    HONOURED("X500NameFlags", pc_inf_read_x500_flags, "how the Subject is divided into its parts"),
    MAPPED("Exportable", pc_inf_read_exportable, "CKA_EXTRACTABLE of the private key"),
    HONOURED("KeyAlgorithm", pc_inf_read_key_algorithm, "the algorithm of the key"),
    HONOURED("KeyLength", pc_inf_read_key_length, "the length of the key in bits"),
    HONOURED("HashAlgorithm", pc_inf_read_hash_algorithm, "the digest that the request is signed with"),
    HONOURED("AlternateSignatureAlgorithm", pc_inf_read_pss, "TRUE: signed with RSASSA-PSS; FALSE: with PKCS#1 v1.5"),
    HONOURED("KeyUsage", pc_inf_read_key_usage, "the extension key usage (2.5.29.15), critical"),
    HONOURED("SMIME", read_smime, "TRUE: the extension S/MIME capabilities (1.2.840.113549.1.9.15)"),
    HONOURED("RequestType", pc_inf_read_request_type, "the format of the request: PKCS#10"),
    HONOURED("SuppressDefaults", read_bool, "p11cert adds none of the attributes that describe a Windows machine"),
    MAPPED("KeyContainer", pc_inf_read_key_container, "CKA_LABEL of the key"),
    IGNORED("FriendlyName", pc_inf_read_friendly_name,
            "a property of the certificate on Windows, which is not in a PKCS#10 request; `p11cert export` and "
            "`p11cert kit` set it with --inf FILE or --friendly-name"),
    IGNORED("KeySpec", pc_inf_read_key_spec, "keys on a token have no such type; used for the checks for Windows"),
    IGNORED("MachineKeySet", pc_inf_read_machine_key_set,
            "the key is kept on the token; used for the checks for Windows"),
    IGNORED("ProviderName", pc_inf_read_provider_name, "the token replaces the provider"),
    IGNORED("ProviderType", pc_inf_read_provider_type, "the token replaces the provider"),
    IGNORED("ExportableEncrypted", pc_inf_read_exportable_encrypted,
            "Exportable alone decides whether the key may leave the token"),
    IGNORED("SubjectNameFlags", pc_inf_read_subject_name_flags, "names come only from Subject and [Extensions]"),
    IGNORED("Key Exportable", pc_inf_read_misspelt_exportable,
            "certreq does not know this key and skips it; it knows `Exportable`"),
    IGNORED("_continue_", pc_inf_read_continue, "certreq joins no lines in [NewRequest]"),
    UNUSED("Silent", ignored, HARMLESS_FALSE, "there are no Windows dialogs here"),
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
    UNUSED("RequesterName", signed_only, HARMLESS_NEVER, ONLY_SIGNED),
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
           "p11cert new creates a new request, not a renewal signed with the old certificate"),
    UNUSED("UseExistingKeySet", renewal, HARMLESS_FALSE, OLD_KEY),
    UNUSED("PrivateKeyArchive", archive, HARMLESS_FALSE,
           "it needs RequestType=CMC, and a key on a token is not sent to a CA"),
};

_Static_assert(PC_COUNT(keys) <= PC_INF_KEYS_MAX, "pc_inf_job.seen has room for every key");

/* Keys that are in the table to be recognised, but that certreq does not know. */
static bool is_real(const key_row *row)
{
    return row->read != pc_inf_read_misspelt_exportable && row->read != pc_inf_read_continue;
}

static bool is_harmless(const key_row *row, const pc_inf_entry *entry, bool is_true)
{
    unsigned long number = 1;

    return entry->value[0] == '\0' || (row->harmless == HARMLESS_FALSE && !is_true) ||
           (row->harmless == HARMLESS_ZERO && pc_text_to_number(entry->value, 0, &number));
}

/* Does certreq read the key for the request type of the file? */
static bool is_read(const unused *how, const pc_inf_said *said)
{
    for (size_t i = 0; i < PC_COUNT(how->only_for); i++) {
        if (how->only_for[i] && said->request_type && strcmp(how->only_for[i], said->request_type) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status read_unused(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry)
{
    const unused *how = row->unused;
    pc_wish wish = PC_WISH_SILENT;
    pc_finding head = { .id = how->id, .severity = how->severity, .line = entry->line };

    if (row->harmless == HARMLESS_FALSE && entry->value[0]) {
        PC_TRY(pc_inf_read_wish(job, entry, &wish));
    }
    if (is_harmless(row, entry, wish == PC_WISH_YES) || is_read(how, job->said)) {
        return PC_OK;
    }
    if (how->fix) {
        head.fix = how->fix;
    } else {
        pc_inf_fix_by_removing(&head, job->inf, entry);
    }
    return pc_inf_find(job->inf, &head, "%s: `%s = %s` on line %u: %s", how->words, row->name,
                       pc_quote(entry->value).text, entry->line, row->note);
}

static pc_status find_duplicate(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry, unsigned first)
{
    pc_finding head = { .id = "inf.duplicate-key", .severity = PC_SEVERITY_WARNING, .line = entry->line };

    pc_inf_fix_by_removing(&head, job->inf, entry);
    pc_inf_mean(job, entry, PC_EFFECT_IGNORED, "the key is already given above, and the first counts");
    return pc_inf_find(job->inf, &head, "`%s` is already given on line %u; certreq reads the first and skips this one",
                       row->name, first);
}

static pc_status read_known(pc_inf_job *job, size_t row_index, const pc_inf_entry *entry)
{
    const key_row *row = &keys[row_index];

    if (job->seen[row_index] && row->read != pc_inf_read_continue) {
        return find_duplicate(job, row, entry, job->seen[row_index]->line);
    }
    job->seen[row_index] = entry;
    pc_inf_mean(job, entry, row->effect, row->note);
    return row->read ? row->read(job, entry) : read_unused(job, row, entry);
}

static pc_status read_unknown(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(keys) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING); i++) {
        if (is_real(&keys[i])) {
            pc_nearest_offer(&nearest, keys[i].name);
        }
    }
    return pc_inf_stray_key(job, entry, nearest.best);
}

bool pc_inf_is_new_request_key(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        if (is_real(&keys[i]) && pc_text_equal(name, keys[i].name)) {
            return true;
        }
    }
    return false;
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
