/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of [NewRequest], by Microsoft's certreq page. */
#include <string.h>

#include "inf/inf_job.h"
#include "inf/nearest.h"

/* When a key that is not used here says nothing that matters. */
typedef enum {
    HARMLESS_NEVER,
    HARMLESS_FALSE,
    HARMLESS_ZERO,
} harmless;

typedef struct {
    const char *name;
    pc_inf_reader read;     /* NULL: the key is not used here, and the rest of the row says what of it */
    pc_severity severity;   /* info: it means nothing on a token; else the request lacks what it asks for */
    harmless harmless;
    const char *why;
} key_row;

static pc_status read_subject(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_error why = { 0 };
    pc_status status = pc_request_set_subject(job->request, entry->value, &why);

    if (status != PC_E_INPUT) {
        return status;
    }
    return pc_inf_bad_value(job, entry, why.frames[0], "Subject = \"CN=server.example.com,O=Example,C=DE\"");
}

static pc_status read_wish(pc_inf_job *job, const pc_inf_entry *entry, pc_wish *wish)
{
    bool value = false;

    if (!pc_inf_to_bool(entry->value, &value)) {
        return pc_inf_bad_value(job, entry, "it is neither TRUE nor FALSE",
                                pc_inf_fix(job->inf, "%s = TRUE, or FALSE", entry->key));
    }
    *wish = value ? PC_WISH_YES : PC_WISH_NO;
    return PC_OK;
}

static pc_status read_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->request->wish.exportable_line = entry->line;
    return read_wish(job, entry, &job->request->wish.exportable);
}

/* No key of certreq's, but what a much copied page tells people to write. */
static pc_status read_misspelt_exportable(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool value = false;

    job->misspelt_exportable = entry;
    job->request->wish.misspelt_line = entry->line;
    if (pc_inf_to_bool(entry->value, &value)) {
        job->request->wish.misspelt = value ? PC_WISH_YES : PC_WISH_NO;
    }
    return PC_OK;
}

static pc_status read_machine_key_set(pc_inf_job *job, const pc_inf_entry *entry)
{
    job->machine_key_set = entry;
    return read_wish(job, entry, &job->request->machine_key_set);
}

static pc_status keep_text(pc_inf_job *job, const pc_inf_entry *entry, const char **slot)
{
    const char *text = pc_arena_string(job->request->arena, entry->value);

    if (!text) {
        return PC_E_MEMORY;
    }
    *slot = text[0] ? text : NULL;
    return PC_OK;
}

static pc_status read_key_container(pc_inf_job *job, const pc_inf_entry *entry)
{
    return keep_text(job, entry, &job->request->key_container);
}

static pc_status read_friendly_name(pc_inf_job *job, const pc_inf_entry *entry)
{
    return keep_text(job, entry, &job->request->friendly_name);
}

static pc_status read_request_type(pc_inf_job *job, const pc_inf_entry *entry)
{
    const pc_finding head = {
        .id = "inf.request-type",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "RequestType = PKCS10",
    };

    if (pc_text_equal(entry->value, "PKCS10") || pc_text_equal(entry->value, "1")) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head, "RequestType \"%s\" is not made here yet; PKCS10 is",
                       pc_show(entry->value).text);
}

#define IGNORED(name, harmless, why) { name, NULL, PC_SEVERITY_INFO, harmless, why }
#define LEFT_OUT(name, harmless, why) { name, NULL, PC_SEVERITY_WARNING, harmless, why }
#define REFUSED(name, harmless, why) { name, NULL, PC_SEVERITY_ERROR, harmless, why }
#define READ(name, read) { name, read, PC_SEVERITY_INFO, HARMLESS_NEVER, NULL }

#define ON_WINDOWS "it is about how Windows keeps the key; a token has its own way"
#define ONLY_CERT "certreq reads it for RequestType=Cert only"
#define NOT_YET "the request is made without it"

static const key_row keys[] = {
    READ("Subject", read_subject),
    READ("Exportable", read_exportable),
    READ("KeyAlgorithm", pc_inf_read_key_algorithm),
    READ("KeyLength", pc_inf_read_key_length),
    READ("HashAlgorithm", pc_inf_read_hash_algorithm),
    READ("KeySpec", pc_inf_read_key_spec),
    READ("KeyUsage", pc_inf_read_key_usage),
    READ("MachineKeySet", read_machine_key_set),
    READ("ProviderName", pc_inf_read_provider_name),
    READ("ProviderType", pc_inf_read_provider_type),
    READ("KeyContainer", read_key_container),
    READ("FriendlyName", read_friendly_name),
    READ("RequestType", read_request_type),
    READ("Key Exportable", read_misspelt_exportable),
    READ("_continue_", pc_inf_read_continue),
    IGNORED("Silent", HARMLESS_FALSE, "Windows dialogues do not occur here"),
    IGNORED("UserProtected", HARMLESS_FALSE, ON_WINDOWS),
    IGNORED("UIContextMessage", HARMLESS_NEVER, ON_WINDOWS),
    IGNORED("KeyProtection", HARMLESS_ZERO, ON_WINDOWS),
    IGNORED("KeyUsageProperty", HARMLESS_NEVER, ON_WINDOWS),
    IGNORED("ReaderName", HARMLESS_NEVER, ON_WINDOWS),
    IGNORED("SecurityDescriptor", HARMLESS_NEVER, ON_WINDOWS),
    IGNORED("RequesterName", HARMLESS_NEVER, "certreq does not put it into a PKCS10 request"),
    IGNORED("ValidityPeriod", HARMLESS_NEVER, ONLY_CERT),
    IGNORED("ValidityPeriodUnits", HARMLESS_NEVER, ONLY_CERT),
    IGNORED("NotBefore", HARMLESS_NEVER, ONLY_CERT),
    IGNORED("NotAfter", HARMLESS_NEVER, ONLY_CERT),
    IGNORED("SerialNumber", HARMLESS_NEVER, ONLY_CERT),
    LEFT_OUT("ExportableEncrypted", HARMLESS_FALSE, NOT_YET),
    LEFT_OUT("SMIME", HARMLESS_FALSE, "the request is made without the SMIME capabilities extension"),
    LEFT_OUT("SuppressDefaults", HARMLESS_FALSE, NOT_YET),
    LEFT_OUT("EncipherOnly", HARMLESS_FALSE, NOT_YET),
    LEFT_OUT("AlternateSignatureAlgorithm", HARMLESS_FALSE, "the request is signed with PKCS #1 v1.5"),
    LEFT_OUT("AttestPrivateKey", HARMLESS_FALSE, "the request is made without an attestation"),
    LEFT_OUT("SubjectNameFlags", HARMLESS_ZERO, "the names come from Subject and [Extensions] alone"),
    LEFT_OUT("X500NameFlags", HARMLESS_ZERO, "the Subject is read as if it were not there"),
    LEFT_OUT("KeyAlgorithmParameters", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_P", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_A", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_B", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_Seed", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_Base", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_Order", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParameters_Cofactor", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EccKeyParametersType", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("EncryptionAlgorithm", HARMLESS_NEVER, "it is for archived keys, and no key is archived here"),
    LEFT_OUT("EncryptionLength", HARMLESS_NEVER, "it is for archived keys, and no key is archived here"),
    LEFT_OUT("RenewalCert", HARMLESS_NEVER, "a new request is made, not a renewal"),
    LEFT_OUT("EndorsementKey", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("PublicKey", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("PublicKeyParameters", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("CAThumbprint", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("CACerts", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("CACapabilities", HARMLESS_NEVER, NOT_YET),
    LEFT_OUT("ChallengePassword", HARMLESS_NEVER, NOT_YET),
    REFUSED("UseExistingKeySet", HARMLESS_FALSE, "a new key would be made where the file asks for one that is there"),
    REFUSED("PrivateKeyArchive", HARMLESS_FALSE, "a key on a token is not sent to a CA"),
};

_Static_assert(PC_COUNT(keys) <= PC_INF_KEYS_MAX, "pc_inf_job.seen holds an entry for every key");

/* Keys that are in the table to be recognised, but are not certreq's. */
static bool is_real(const key_row *row)
{
    return row->read != read_misspelt_exportable && row->read != pc_inf_read_continue;
}

static pc_status read_unused(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry)
{
    bool value = false;
    unsigned long number = 1;
    const pc_finding head = {
        .id = row->severity == PC_SEVERITY_INFO ? "inf.ignored" : "inf.not-honoured",
        .severity = row->severity,
        .line = entry->line,
        .fix = row->harmless == HARMLESS_FALSE ? pc_inf_fix(job->inf, "%s = FALSE, or no such line", row->name)
                                               : "leave the line out",
    };

    if (row->harmless == HARMLESS_FALSE && !pc_inf_to_bool(entry->value, &value)) {
        pc_wish unused = PC_WISH_SILENT;

        return entry->value[0] ? read_wish(job, entry, &unused) : PC_OK;
    }
    if ((row->harmless == HARMLESS_FALSE && !value) || entry->value[0] == '\0' ||
        (row->harmless == HARMLESS_ZERO && pc_text_to_number(entry->value, 0, &number))) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head, "%s: `%s = %s` on line %u: %s",
                       row->severity == PC_SEVERITY_INFO ? "ignored" : "not honoured here", row->name,
                       pc_show(entry->value).text, entry->line, row->why);
}

static pc_status find_duplicate(pc_inf_job *job, const key_row *row, const pc_inf_entry *entry, unsigned first)
{
    const pc_finding head = {
        .id = "inf.duplicate-key",
        .severity = PC_SEVERITY_WARNING,
        .line = entry->line,
        .fix = pc_inf_fix(job->inf, "leave out line %u or line %u", first, entry->line),
    };

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
    return row->read ? row->read(job, entry) : read_unused(job, row, entry);
}

pc_status pc_inf_read_new_request(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    if (entry->key[0] == '\0') {
        return PC_OK;
    }
    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        if (pc_text_equal(entry->key, keys[i].name)) {
            return read_known(job, i, entry);
        }
    }
    for (size_t i = 0; i < PC_COUNT(keys) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_WARNING); i++) {
        if (is_real(&keys[i])) {
            pc_nearest_offer(&nearest, keys[i].name);
        }
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
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
