/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

static const char *const none_cn = "O=Contoso";
static const char *const short_names[] = { "server" };
static const char *const mixed_case[] = { "SERVER.Contoso.COM" };
static const char *const fqdn_second[] = { "other.contoso.com", "server.contoso.com" };
static const char *const fqdn_first[] = { "server.contoso.com", "other.contoso.com" };
static const char *const twice[] = { "server.contoso.com", "SERVER" };
static const char *const near_twice[] = { "server.contoso.com", "server2" };
static const char *const foreign[] = { "other.contoso.com" };
static const char *const many[] = { "a", "b", "c", "d", "e", "f" };

#define SET_CNS(list) (e->subject.common_names = (list), e->subject.common_name_count = PC_COUNT(list))
#define SET_DNS(list) (e->subject.dns_names = (list), e->subject.dns_name_count = PC_COUNT(list))

static void cn_gone(pc_evidence *e)
{
    e->subject.subject = none_cn;
    e->subject.common_names = NULL;
    e->subject.common_name_count = 0;
}

static void subject_empty(pc_evidence *e)
{
    cn_gone(e);
    e->subject.subject = NULL;
}

static void cn_short(pc_evidence *e)
{
    SET_CNS(short_names);
}
static void cn_mixed(pc_evidence *e)
{
    SET_CNS(mixed_case);
}
static void cn_second(pc_evidence *e)
{
    SET_CNS(fqdn_second);
}
static void cn_first(pc_evidence *e)
{
    SET_CNS(fqdn_first);
}
static void cn_twice(pc_evidence *e)
{
    SET_CNS(twice);
}
static void cn_near_twice(pc_evidence *e)
{
    SET_CNS(near_twice);
}
static void cn_many(pc_evidence *e)
{
    SET_CNS(many);
}
static void dns_second(pc_evidence *e)
{
    SET_DNS(fqdn_second);
}
static void dns_foreign(pc_evidence *e)
{
    SET_DNS(foreign);
}
static void dns_mixed(pc_evidence *e)
{
    SET_DNS(mixed_case);
}

static void cn_second_no_fqdn(pc_evidence *e)
{
    cn_second(e);
    no_fqdn(e);
}

static void dns_foreign_no_fqdn(pc_evidence *e)
{
    dns_foreign(e);
    no_fqdn(e);
}

static void dns_none(pc_evidence *e)
{
    e->subject.dns_names = NULL;
    e->subject.dns_name_count = 0;
}

static void no_name_at_all(pc_evidence *e)
{
    cn_gone(e);
    no_fqdn(e);
}

static const char *const wildcard[] = { "*.contoso.com" };
static const char *const wide_wildcard[] = { "*.com", "*" };

static void dns_wildcard(pc_evidence *e)
{
    e->subject.dns_names = wildcard;
    e->subject.dns_name_count = 1;
}

static void dns_wide_wildcard(pc_evidence *e)
{
    e->subject.dns_names = wide_wildcard;
    e->subject.dns_name_count = 2;
}

static void from_token(pc_evidence *e)
{
    e->subject.token = "hsm";
}

static void hostile_subject(pc_evidence *e)
{
    e->subject.subject = "CN=\x1b[2J\n\xff";
}

static const policy_row rows[] = {
    { "good", nothing, "SUBJ-EMPTY", PC_VERDICT_PASS, "Certificate \"server.cer\"" },
    { "request", only_request, "SUBJ-EMPTY", PC_VERDICT_PASS, "Request \"server.cer\"" },
    { "empty subject", subject_empty, "SUBJ-EMPTY", PC_VERDICT_FAIL, "is empty" },
    { "subject without CN", cn_gone, "SUBJ-EMPTY", PC_VERDICT_FAIL, "O=Contoso" },
    { "nothing given", no_subject, "SUBJ-EMPTY", PC_VERDICT_NOT_CHECKED, "Give the issued certificate" },
    { "hostile bytes are escaped", hostile_subject, "SUBJ-EMPTY", PC_VERDICT_PASS, "\\x1b[2J\\x0a\\xff" },

    { "good", nothing, "SUBJ-CN", PC_VERDICT_PASS, NULL },
    { "other case", cn_mixed, "SUBJ-CN", PC_VERDICT_PASS, NULL },
    { "second of two", cn_second, "SUBJ-CN", PC_VERDICT_PASS, NULL },
    { "short name", cn_short, "SUBJ-CN", PC_VERDICT_FAIL, "20052" },
    { "many names are cut", cn_many, "SUBJ-CN", PC_VERDICT_FAIL, "\"d\" and 2 more" },
    { "no fqdn", no_fqdn, "SUBJ-CN", PC_VERDICT_NOT_CHECKED, "server's name was not given" },
    { "nothing given", no_subject, "SUBJ-CN", PC_VERDICT_NOT_CHECKED, NULL },

    { "one CN needs no fqdn", no_fqdn, "SUBJ-FIRST", PC_VERDICT_PASS, NULL },
    { "fqdn first", cn_first, "SUBJ-FIRST", PC_VERDICT_PASS, NULL },
    { "fqdn second", cn_second, "SUBJ-FIRST", PC_VERDICT_WARNING, NULL },
    { "two, no fqdn", cn_second_no_fqdn, "SUBJ-FIRST", PC_VERDICT_NOT_CHECKED, NULL },
    { "no CN", cn_gone, "SUBJ-FIRST", PC_VERDICT_NOT_CHECKED, "SUBJ-EMPTY" },

    { "good", nothing, "SUBJ-DUP", PC_VERDICT_PASS, NULL },
    { "long and short", cn_twice, "SUBJ-DUP", PC_VERDICT_FAIL, "\"SERVER\"" },
    { "one is a prefix", cn_near_twice, "SUBJ-DUP", PC_VERDICT_PASS, NULL },
    { "nothing given", no_subject, "SUBJ-DUP", PC_VERDICT_NOT_CHECKED, NULL },

    { "good", nothing, "SAN-FIRST", PC_VERDICT_PASS, NULL },
    { "other case", dns_mixed, "SAN-FIRST", PC_VERDICT_PASS, NULL },
    { "none", dns_none, "SAN-FIRST", PC_VERDICT_PASS, "none are needed" },
    { "fqdn second", dns_second, "SAN-FIRST", PC_VERDICT_WARNING, "not the first" },
    { "fqdn missing", dns_foreign, "SAN-FIRST", PC_VERDICT_FAIL, "not among them" },
    { "against the CN", no_fqdn, "SAN-FIRST", PC_VERDICT_PASS, NULL },
    { "against the CN, missing", dns_foreign_no_fqdn, "SAN-FIRST", PC_VERDICT_FAIL, NULL },
    { "no name to judge by", no_name_at_all, "SAN-FIRST", PC_VERDICT_NOT_CHECKED, NULL },
    { "nothing given", no_subject, "SAN-FIRST", PC_VERDICT_NOT_CHECKED, NULL },

    { "good", nothing, "SAN-FQDN", PC_VERDICT_PASS, "among them" },
    { "read from a token", from_token, "SAN-FQDN", PC_VERDICT_PASS, "Certificate \"server.cer\" on token \"hsm\"" },
    { "other case", dns_mixed, "SAN-FQDN", PC_VERDICT_PASS, NULL },
    { "second is enough", dns_second, "SAN-FQDN", PC_VERDICT_PASS, NULL },
    { "none", dns_none, "SAN-FQDN", PC_VERDICT_PASS, "SCOM uses the CN" },
    { "wildcard", dns_wildcard, "SAN-FQDN", PC_VERDICT_WARNING, "wildcard" },
    { "a wildcard is one label", dns_wide_wildcard, "SAN-FQDN", PC_VERDICT_FAIL, NULL },
    { "missing", dns_foreign, "SAN-FQDN", PC_VERDICT_FAIL, "not among them" },
    { "no fqdn", no_fqdn, "SAN-FQDN", PC_VERDICT_NOT_CHECKED, NULL },
    { "nothing given", no_subject, "SAN-FQDN", PC_VERDICT_NOT_CHECKED, NULL },
};

static void subject_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows(rows, PC_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(subject_rules_judge_each_row) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
