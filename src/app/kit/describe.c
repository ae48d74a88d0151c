/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/policy.h>

#include <string.h>
#include <time.h>

#include "app/kit/kit.h"
#include "base/text.h"
#include "x509/facts.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

PC_AUTO_DEFINE(pc_report, pc_report, pc_report_free);

/* The content of the DER INTEGER (X.690 section 8.3) without its sign octet: for a negative number, which RFC 5280
 * forbids, the bytes that Windows shows. */
static pc_status read_serial(pc_kit *kit, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(kit->certificates.leaf), &der);
    const unsigned char *bytes = der;
    long content = 0;
    int tag = 0;
    int class = 0;

    if (len <= 0 || (ASN1_get_object(&bytes, &content, &tag, &class, len) & 0x80) != 0 || content < 1) {
        return pc_fail_openssl(err, PC_E_INPUT, "the certificate's serial number cannot be read");
    }
    if (content > 1 && *bytes == 0) {
        bytes++;
        content--;
    }
    kit->serial.data = pc_arena_copy(kit->arena, bytes, (size_t)content);
    kit->serial.len = (size_t)content;
    kit->result->serial = pc_text_hex(kit->arena, (pc_bytes){ bytes, (size_t)content }, '\0');
    return kit->serial.data && kit->result->serial ? PC_OK : pc_fail_memory(err);
}

/* In capitals, as Windows writes it. */
static pc_status read_thumbprint(pc_kit *kit, pc_error *err)
{
    const char *hex = NULL;

    PC_TRY(pc_certificate_digest_words(kit->certificates.leaf, EVP_sha1(), kit->arena, &hex, err));
    char *capitals = pc_arena_string(kit->arena, hex);

    for (char *each = capitals; each && *each; each++) {
        *each = *each >= 'a' ? (char)(*each - 'a' + 'A') : *each;
    }
    kit->result->thumbprint = capitals;
    return capitals ? PC_OK : pc_fail_memory(err);
}

/* A subject may contain anything, so no part of it becomes a file name. */
static pc_status name_issuers(pc_kit *kit, pc_error *err)
{
    pc_kit_result *result = kit->result;
    int count = sk_X509_num(kit->certificates.issuers);
    X509 *last = count ? sk_X509_value(kit->certificates.issuers, count - 1) : kit->certificates.leaf;

    result->chain = pc_arena_alloc(kit->arena, ((size_t)count + 1) * sizeof *result->chain);
    kit->issuer_files = pc_arena_alloc(kit->arena, ((size_t)count + 1) * sizeof *kit->issuer_files);
    for (int i = 0; i < count && result->chain && kit->issuer_files; i++) {
        bool is_root = kit->certificates.ends_in_root && i == count - 1;

        result->chain[i] =
            pc_x509_name_text(X509_get_subject_name(sk_X509_value(kit->certificates.issuers, i)), kit->arena);
        kit->issuer_files[i] = is_root ? "root.cer" : pc_arena_format(kit->arena, "intermediate-%d.cer", i + 1);
        if (!result->chain[i] || !kit->issuer_files[i]) {
            return pc_fail_memory(err);
        }
    }
    result->chain_count = (size_t)count;
    result->missing = kit->certificates.ends_in_root ? NULL : pc_x509_name_text(X509_get_issuer_name(last), kit->arena);
    return result->chain && kit->issuer_files && (kit->certificates.ends_in_root || result->missing)
               ? PC_OK
               : pc_fail_memory(err);
}

static pc_status take_problems(pc_kit *kit, const pc_report *report, pc_error *err)
{
    pc_kit_result *result = kit->result;

    for (size_t i = 0; i < report->rule_count; i++) {
        if (report->rules[i].verdict != PC_VERDICT_FAIL) {
            continue;
        }
        pc_kit_problem *slot = PC_PUSH(kit->arena, result->problems, result->problem_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        slot->rule = pc_arena_string(kit->arena, report->rules[i].id);
        slot->evidence = pc_arena_string(kit->arena, report->rules[i].evidence);
        if (!slot->rule || !slot->evidence) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

/* The certificate only: the kit itself reports what happens to the key. */
static pc_status judge(pc_kit *kit, pc_evidence *evidence, pc_error *err)
{
    const pc_policy_order order = { .policy = "scom" };
    PC_AUTO(pc_report) pc_report *report = NULL;

    evidence->now_sec = time(NULL);
    evidence->subject.file = "server.cer";
    PC_TRY(pc_policy_judge(&order, evidence, &report, err));
    return take_problems(kit, report, err);
}

pc_status pc_kit_describe(pc_kit *kit, pc_error *err)
{
    pc_kit_result *result = kit->result;
    pc_evidence evidence = { .fqdn = NULL };

    PC_TRY(pc_x509_facts_of_certificate(kit->certificates.leaf, kit->arena, &evidence.subject, &evidence.certificate,
                                        err));
    PC_TRY(read_serial(kit, err));
    PC_TRY(read_thumbprint(kit, err));
    PC_TRY(name_issuers(kit, err));
    result->subject = pc_x509_name_text(X509_get_subject_name(kit->certificates.leaf), kit->arena);
    result->issuer = pc_x509_name_text(X509_get_issuer_name(kit->certificates.leaf), kit->arena);
    result->not_after = pc_time_words(X509_get0_notAfter(kit->certificates.leaf), kit->arena);
    result->name = result->subject;
    if (evidence.subject.common_name_count) {
        const char *name = evidence.subject.common_names[0];

        result->name = pc_text_escape(kit->arena, name, strlen(name));
    }
    if (!result->subject || !result->issuer || !result->not_after || !result->name) {
        return pc_fail_memory(err);
    }
    return judge(kit, &evidence, err);
}
