/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include "base/text.h"
#include "policy/providers.h"
#include "policy/windows_import.h"

#define AT_KEYEXCHANGE 1u

static const char *const key_specs[] = { "AT_NONE", "AT_KEYEXCHANGE", "AT_SIGNATURE" };

static void judge_key_spec(pc_rule_case *rule_case)
{
    const pc_evidence_inf *inf = &rule_case->evidence->inf;

    if (rule_case->evidence->pfx.present) {
        pc_windows_judge_key_spec(rule_case);
        return;
    }
    if (inf->has_key_spec && inf->key_spec == AT_KEYEXCHANGE) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: KeySpec = 1 (AT_KEYEXCHANGE). Only Windows can show the KeySpec that the "
                    "key really has there.",
                    pc_rule_inf(rule_case));
        return;
    }
    if (!inf->has_key_spec) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: it has no KeySpec. SCOM refuses a key that is not for key exchange "
                    "(event 20069).",
                    pc_rule_inf(rule_case));
    } else {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: KeySpec = %u%s%s%s. SCOM refuses a key that is not for key exchange "
                    "(event 20069).",
                    pc_rule_inf(rule_case), inf->key_spec, inf->key_spec < PC_COUNT(key_specs) ? " (" : "",
                    inf->key_spec < PC_COUNT(key_specs) ? key_specs[inf->key_spec] : "",
                    inf->key_spec < PC_COUNT(key_specs) ? ")" : "");
    }
    pc_rule_remedy(
        rule_case,
        "1. Write KeySpec = 1 in the INF file.\n2. When a PFX is imported on the host, specify it there: certutil "
        "-importpfx my FILE.pfx AT_KEYEXCHANGE\n3. See which one the key has: certutil -v -store my SERIAL");
}

/* How many providers the text names; a name holds the word once, and no Windows list holds two. */
static unsigned providers_named(const char *text)
{
    unsigned count = 0;

    for (; *text; text++) {
        count += pc_text_starts(text, "Provider");
    }
    return count;
}

static bool is_key_storage_provider(const pc_evidence_inf *inf)
{
    return (inf->has_provider_type && inf->provider_type == 0) || pc_provider_is_key_storage(inf->provider_name);
}

static void judge_provider_type(pc_rule_case *rule_case, unsigned right_type)
{
    const pc_evidence_inf *inf = &rule_case->evidence->inf;

    if (!inf->has_provider_type || inf->provider_type == right_type) {
        pc_rule_say(rule_case, PC_VERDICT_PASS, "%s: ProviderName \"%s\", a legacy provider of type %u.",
                    pc_rule_inf(rule_case), inf->provider_name, right_type);
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_WARNING,
                "%s: ProviderName \"%s\" is of type %u, but ProviderType = %u. Windows opens a "
                "provider only by its own type.",
                pc_rule_inf(rule_case), inf->provider_name, right_type, inf->provider_type);
    pc_rule_remedy(rule_case, "Write ProviderType = %u.", right_type);
}

static void judge_other_provider(pc_rule_case *rule_case)
{
    const char *name = rule_case->evidence->inf.provider_name;

    if (providers_named(name) > 1) {
        pc_rule_say(
            rule_case, PC_VERDICT_WARNING,
            "%s: ProviderName \"%s\" contains the names of two providers in one string. No provider has that name.",
            pc_rule_inf(rule_case), name);
        pc_rule_remedy(rule_case, "Write one name, and the type that goes with it:\n"
                                  "  ProviderName = \"" PC_PROVIDER_SCHANNEL "\"\n"
                                  "  ProviderType = 12");
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_WARNING,
                "%s: ProviderName \"%s\" is not known to p11cert. It may be a vendor's legacy provider, or misspelt.",
                pc_rule_inf(rule_case), name);
    pc_rule_remedy(rule_case,
                   "Look for exactly that name on the host with certutil -csplist. It must have a provider type other "
                   "than 0. If it is not listed, write ProviderName = \"" PC_PROVIDER_SCHANNEL "\" and "
                   "ProviderType = 12.");
}

static void judge_provider(pc_rule_case *rule_case)
{
    const pc_evidence_inf *inf = &rule_case->evidence->inf;

    if (rule_case->evidence->pfx.present) {
        pc_windows_judge_provider(rule_case);
        return;
    }
    if (!inf->provider_name || !inf->provider_name[0]) {
        pc_rule_say(rule_case, PC_VERDICT_WARNING,
                    "%s: it has no ProviderName, so Windows chooses one, perhaps a key storage provider (KSP).",
                    pc_rule_inf(rule_case));
        pc_rule_remedy(rule_case, "Write ProviderName = \"" PC_PROVIDER_SCHANNEL "\" and ProviderType = 12.");
        return;
    }
    unsigned right_type = pc_provider_legacy_type(inf->provider_name);

    if (right_type) {
        judge_provider_type(rule_case, right_type);
        return;
    }
    if (is_key_storage_provider(inf)) {
        pc_rule_say(rule_case, PC_VERDICT_FAIL,
                    "%s: ProviderName \"%s\"%s is a key storage provider (KSP). SCOM cannot use "
                    "its keys; a KSP key has no KeySpec (event 20069).",
                    pc_rule_inf(rule_case), inf->provider_name,
                    inf->has_provider_type && inf->provider_type == 0 ? " with ProviderType = 0" : "");
        pc_rule_remedy(rule_case, "Write ProviderName = \"" PC_PROVIDER_SCHANNEL "\" and ProviderType = 12.");
        return;
    }
    judge_other_provider(rule_case);
}

static void judge_machine(pc_rule_case *rule_case)
{
    pc_wish wish = rule_case->evidence->inf.machine_key_set;

    if (rule_case->evidence->pfx.present) {
        pc_windows_judge_machine(rule_case);
        return;
    }
    if (wish == PC_WISH_YES) {
        pc_rule_say(rule_case, PC_VERDICT_PASS,
                    "%s: MachineKeySet = TRUE. Only Windows can show where the key really is.", pc_rule_inf(rule_case));
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_FAIL,
                "%s: %s. The key would belong to a user, and SCOM looks in the machine's store.",
                pc_rule_inf(rule_case),
                wish == PC_WISH_NO ? "MachineKeySet = FALSE" : "it has no MachineKeySet, which means FALSE");
    pc_rule_remedy(rule_case,
                   "Write MachineKeySet = TRUE. A PFX must be imported into the machine's store: run certutil "
                   "-importpfx my FILE.pfx as administrator, without -user.");
}

/* The registry holds the serial as CryptoAPI does, least significant byte first. */
static const char *registry_serial(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    size_t len = certificate->serial.len;
    uint8_t *reversed = pc_arena_copy(rule_case->arena, certificate->serial.data, len);

    for (size_t i = 0; reversed && i < len; i++) {
        reversed[i] = certificate->serial.data[len - 1 - i];
    }
    const char *text = reversed ? pc_text_hex(rule_case->arena, (pc_bytes){ reversed, len }, ' ') : NULL;

    if (!text) {
        rule_case->out_of_memory = true;
        return "";
    }
    return text;
}

static void judge_registry(pc_rule_case *rule_case)
{
    if (rule_case->evidence->certificate.serial.len == 0) {
        pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED, "%s: its serial number cannot be read.",
                    pc_rule_source(rule_case));
        pc_rule_remedy(rule_case, "Run the check again with the issued certificate as it came from the CA.");
        return;
    }
    pc_rule_say(rule_case, PC_VERDICT_NOT_CHECKED,
                "%s: MOMCertImport must write ChannelCertificateSerialNumber (REG_BINARY) "
                "= %s. The registry of the SCOM host cannot be seen from here; compare it "
                "there.",
                pc_rule_source(rule_case), registry_serial(rule_case));
    pc_rule_remedy(rule_case,
                   "On the SCOM host: reg query \"HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\"
                   "Machine Settings\" /v ChannelCertificateSerialNumber\n"
                   "If it shows other bytes, run MOMCertImport again with this certificate.");
}

static const pc_rule rules[] = {
    { .id = "KEY-SPEC", .title = "The key is for key exchange", .needs = PC_NEEDS_INF_OR_PFX, .judge = judge_key_spec },
    { .id = "KEY-CSP",
      .title = "A legacy provider holds the key",
      .needs = PC_NEEDS_INF_OR_PFX,
      .judge = judge_provider },
    { .id = "KEY-MACHINE",
      .title = "The key belongs to the machine",
      .needs = PC_NEEDS_INF_OR_PFX,
      .judge = judge_machine },
    { .id = "REG",
      .title = "The registry names this certificate",
      .needs = PC_NEEDS_CERTIFICATE,
      .judge = judge_registry },
};

const pc_rule_table pc_rules_windows = { rules, PC_COUNT(rules) };
