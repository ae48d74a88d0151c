/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

static const char *const client_only[] = { PC_OID_CLIENT_AUTH };
static const char *const any_eku[] = { "2.5.29.37.0" };

static void key_gone(pc_evidence *e)
{
    e->key.found_count = 0;
}
static void key_thrice(pc_evidence *e)
{
    e->key.found_count = 3;
}

static void key_nameless(pc_evidence *e)
{
    e->key.label = NULL;
    e->key.token = NULL;
}

static void key_ec(pc_evidence *e)
{
    e->subject.key_algorithm = "EC";
    e->subject.key_bits = 256;
}

static void only_ec_key(pc_evidence *e)
{
    no_subject(e);
    e->key.algorithm = "EC";
    e->key.bits = 256;
}

static void only_short_key(pc_evidence *e)
{
    no_subject(e);
    e->key.bits = 1024;
}

static void no_key_at_all(pc_evidence *e)
{
    no_subject(e);
    no_token(e);
}

static void algorithm_unknown(pc_evidence *e)
{
    e->subject.key_algorithm = NULL;
}
static void bits_1024(pc_evidence *e)
{
    e->subject.key_bits = 1024;
}
static void bits_2047(pc_evidence *e)
{
    e->subject.key_bits = 2047;
}
static void bits_4096(pc_evidence *e)
{
    e->subject.key_bits = 4096;
}
static void bits_unknown(pc_evidence *e)
{
    e->subject.key_bits = 0;
}
static void sha1(pc_evidence *e)
{
    e->subject.signature_digest = "sha1";
}
static void sha512(pc_evidence *e)
{
    e->subject.signature_digest = "sha512";
}
static void hash_unknown(pc_evidence *e)
{
    e->subject.signature_digest = NULL;
}

static void eku_none(pc_evidence *e)
{
    e->subject.has_eku = false;
    e->subject.ekus = NULL;
    e->subject.eku_count = 0;
}

static void eku_client(pc_evidence *e)
{
    e->subject.ekus = client_only;
    e->subject.eku_count = 1;
}

static void eku_server(pc_evidence *e)
{
    e->subject.eku_count = 1;
}

static void eku_any(pc_evidence *e)
{
    e->subject.ekus = any_eku;
    e->subject.eku_count = 1;
}

static void policies_both(pc_evidence *e)
{
    e->subject.application_policies = (pc_evidence_uses){ true, both_ekus, 2 };
}

static void policies_client(pc_evidence *e)
{
    e->subject.application_policies = (pc_evidence_uses){ true, client_only, 1 };
}

static void policies_any(pc_evidence *e)
{
    static const char *const any[] = { "1.3.6.1.4.1.311.10.12.1" };

    e->subject.application_policies = (pc_evidence_uses){ true, any, 1 };
}

/* The first issuer is the one that restricts; the one above it is correct. */
static void issuer_says(pc_evidence *e, pc_evidence_uses eku, pc_evidence_uses policies)
{
    static pc_evidence_issuer issuers[2];

    memcpy(issuers, good_issuers, sizeof issuers);
    issuers[0].eku = eku;
    issuers[0].application_policies = policies;
    e->certificate.issuers = issuers;
}

static const pc_evidence_uses unstated = { .stated = false };
static const pc_evidence_uses client_uses = { true, client_only, 1 };

static void issuer_client(pc_evidence *e)
{
    issuer_says(e, client_uses, unstated);
}

static void issuer_policies_client(pc_evidence *e)
{
    issuer_says(e, unstated, client_uses);
}

static void issuer_any(pc_evidence *e)
{
    issuer_says(e, (pc_evidence_uses){ true, any_eku, 1 }, unstated);
}

static void issuer_both(pc_evidence *e)
{
    issuer_says(e, (pc_evidence_uses){ true, both_ekus, 2 }, unstated);
}

static void issuers_none(pc_evidence *e)
{
    e->certificate.issuer_count = 0;
}

static void self_signed(pc_evidence *e)
{
    issuers_none(e);
    e->certificate.self_signed = true;
}

static void ku_none(pc_evidence *e)
{
    e->subject.has_key_usage = false;
}
static void ku_page(pc_evidence *e)
{
    e->subject.key_usage = 0xf0;
}
static void ku_signature(pc_evidence *e)
{
    e->subject.key_usage = 0x8080;
}
static void ku_not_critical(pc_evidence *e)
{
    e->subject.key_usage_critical = false;
}

static const policy_row rows[] = {
    { "good", nothing, "KEY-PRIV", PC_VERDICT_PASS, "Key \"server\" on token \"hsm\"" },
    { "nameless", key_nameless, "KEY-PRIV", PC_VERDICT_PASS, "Key without a label" },
    { "gone", key_gone, "KEY-PRIV", PC_VERDICT_FAIL, "holds no private key" },
    { "ambiguous", key_thrice, "KEY-PRIV", PC_VERDICT_FAIL, "3 private keys" },
    { "no token", no_token, "KEY-PRIV", PC_VERDICT_NOT_CHECKED, "Give the token" },

    { "good", nothing, "KEY-ALG", PC_VERDICT_PASS, NULL },
    { "EC", key_ec, "KEY-ALG", PC_VERDICT_FAIL, "EC" },
    { "unknown", algorithm_unknown, "KEY-ALG", PC_VERDICT_NOT_CHECKED, NULL },
    { "the key on the token alone", no_subject, "KEY-ALG", PC_VERDICT_PASS, "Key \"server\" on token" },
    { "an EC key on the token alone", only_ec_key, "KEY-ALG", PC_VERDICT_FAIL, "Key \"server\" on token" },
    { "nothing given", no_key_at_all, "KEY-ALG", PC_VERDICT_NOT_CHECKED, "Give the issued" },

    { "2048", nothing, "KEY-LEN", PC_VERDICT_PASS, "2048" },
    { "4096", bits_4096, "KEY-LEN", PC_VERDICT_PASS, NULL },
    { "1024", bits_1024, "KEY-LEN", PC_VERDICT_FAIL, "1024" },
    { "2047", bits_2047, "KEY-LEN", PC_VERDICT_FAIL, NULL },
    { "EC", key_ec, "KEY-LEN", PC_VERDICT_NOT_CHECKED, "KEY-ALG" },
    { "unknown", bits_unknown, "KEY-LEN", PC_VERDICT_NOT_CHECKED, NULL },
    { "the key on the token alone", no_subject, "KEY-LEN", PC_VERDICT_PASS, "at least 2048" },
    { "a short key on the token alone", only_short_key, "KEY-LEN", PC_VERDICT_FAIL, "1024" },
    { "an EC key on the token alone", only_ec_key, "KEY-LEN", PC_VERDICT_NOT_CHECKED, "KEY-ALG" },
    { "nothing given", no_key_at_all, "KEY-LEN", PC_VERDICT_NOT_CHECKED, NULL },

    { "sha256", nothing, "HASH", PC_VERDICT_PASS, NULL },
    { "sha512", sha512, "HASH", PC_VERDICT_PASS, "stronger" },
    { "sha1", sha1, "HASH", PC_VERDICT_WARNING, "sha1" },
    { "unknown", hash_unknown, "HASH", PC_VERDICT_NOT_CHECKED, NULL },
    { "nothing given", no_subject, "HASH", PC_VERDICT_NOT_CHECKED, NULL },

    { "both", nothing, "EKU", PC_VERDICT_PASS, NULL },
    { "no extension", eku_none, "EKU", PC_VERDICT_FAIL, "no extended key usage extension" },
    { "client only", eku_client, "EKU", PC_VERDICT_FAIL, "server authentication" },
    { "server only", eku_server, "EKU", PC_VERDICT_FAIL, "client authentication" },
    { "an issuer restricts it", issuer_client, "EKU", PC_VERDICT_FAIL, "See EKU-CHAIN" },
    { "an issuer allows both", issuer_both, "EKU", PC_VERDICT_PASS, NULL },
    { "anyExtendedKeyUsage does not count", eku_any, "EKU", PC_VERDICT_FAIL, "and client authentication" },
    { "nothing given", no_subject, "EKU", PC_VERDICT_NOT_CHECKED, NULL },

    { "no extension", nothing, "EKU-POLICY", PC_VERDICT_PASS, "no application policies" },
    { "both", policies_both, "EKU-POLICY", PC_VERDICT_PASS, "1.3.6.1.5.5.7.3.1" },
    { "any", policies_any, "EKU-POLICY", PC_VERDICT_PASS, NULL },
    { "client only", policies_client, "EKU-POLICY", PC_VERDICT_FAIL, "server authentication" },
    { "nothing given", no_subject, "EKU-POLICY", PC_VERDICT_NOT_CHECKED, NULL },

    { "unrestricted", nothing, "EKU-CHAIN", PC_VERDICT_PASS, "none of the issuers given" },
    { "both", issuer_both, "EKU-CHAIN", PC_VERDICT_PASS, NULL },
    { "any", issuer_any, "EKU-CHAIN", PC_VERDICT_PASS, NULL },
    { "self-signed", self_signed, "EKU-CHAIN", PC_VERDICT_PASS, "self-signed" },
    { "client only", issuer_client, "EKU-CHAIN", PC_VERDICT_FAIL,
      "\"CN=Contoso CA\" is restricted by its extended key usage" },
    { "by application policies", issuer_policies_client, "EKU-CHAIN", PC_VERDICT_FAIL, "its application policies" },
    { "no issuer given", issuers_none, "EKU-CHAIN", PC_VERDICT_NOT_CHECKED, "no issuer" },
    { "nothing given", no_subject, "EKU-CHAIN", PC_VERDICT_NOT_CHECKED, NULL },

    { "0xa0", nothing, "KU", PC_VERDICT_PASS, "nonRepudiation, dataEncipherment" },
    { "0xf0", ku_page, "KU", PC_VERDICT_PASS, "0xf0" },
    { "no extension", ku_none, "KU", PC_VERDICT_FAIL, "20049" },
    { "signature only", ku_signature, "KU", PC_VERDICT_FAIL, "lacks keyEncipherment" },
    { "nothing given", no_subject, "KU", PC_VERDICT_NOT_CHECKED, NULL },

    { "critical", nothing, "KU-CRIT", PC_VERDICT_PASS, NULL },
    { "not critical", ku_not_critical, "KU-CRIT", PC_VERDICT_WARNING, NULL },
    { "no extension", ku_none, "KU-CRIT", PC_VERDICT_NOT_CHECKED, NULL },
    { "nothing given", no_subject, "KU-CRIT", PC_VERDICT_NOT_CHECKED, NULL },
};

static void key_and_usage_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows(rows, PC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(key_and_usage_rules_judge_each_row) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
