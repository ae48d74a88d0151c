/* SPDX-License-Identifier: Apache-2.0 */
#include "app/profile/profile.h"

#include "base/duration.h"
#include "base/nearest.h"
#include "base/text.h"

#define DAYS(number) \
    { \
        .span_sec = (int64_t)(number)*PC_SECONDS_PER_DAY \
    }
#define EKUS(...) \
    { \
        .items = (const char *const[]){ __VA_ARGS__ }, .count = PC_COUNT(((const char *const[]){ __VA_ARGS__ })) \
    }
#define AUTHORITY \
    { \
        .present = true, .critical = true, .is_ca = true \
    }
#define AUTHORITY_0 \
    { \
        .present = true, .critical = true, .is_ca = true, .has_path_length = true \
    }
#define END_ENTITY \
    { \
        .present = true, .critical = true \
    }
#define CA_USAGE       (PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN)
#define KIND(kind)     (1u << (kind))
#define SERVER_NAMES   (KIND(PC_ALT_DNS) | KIND(PC_ALT_IP))
#define CLIENT_NAMES   (SERVER_NAMES | KIND(PC_ALT_EMAIL) | KIND(PC_ALT_UPN) | KIND(PC_ALT_URI))
#define TAKEN_FROM_CSR (PC_TAKE_SUBJECT | PC_TAKE_ALT_NAMES | PC_TAKE_KEY_USAGE | PC_TAKE_EKU)

static const pc_certificate_profile profiles[] = {
    {
        .name = "root",
        .title = "a root CA, self-signed",
        .source = "RFC 5280 sections 4.2.1.3 and 4.2.1.9; CA/B Forum TLS BR 7.1.2.1",
        .role = PC_ROLE_ROOT,
        .basic_constraints = AUTHORITY,
        .key_usage = CA_USAGE,
        .validity = DAYS(7300),
        .taken = PC_TAKE_SUBJECT,
        .excess = PC_EXCESS_REFUSE,
    },
    {
        .name = "issuing-ca",
        .title = "a CA under another one that issues to end entities only",
        .source = "RFC 5280 section 4.2.1.9 (path length 0); CA/B Forum TLS BR 7.1.2.6 and 7.1.2.10",
        .role = PC_ROLE_ISSUING_CA,
        .basic_constraints = AUTHORITY_0,
        .key_usage = CA_USAGE,
        .validity = DAYS(3650),
        .taken = PC_TAKE_SUBJECT | PC_TAKE_PATH_LENGTH,
        .excess = PC_EXCESS_REDUCE,
    },
    {
        .name = "cross",
        .title = "another certificate for a CA that has one: same name, same key",
        .source = "RFC 5280 section 3.2; CA/B Forum TLS BR 7.1.2.2",
        .role = PC_ROLE_CROSS,
        .basic_constraints = AUTHORITY,
        .key_usage = CA_USAGE,
        .validity = DAYS(3650),
        .taken = PC_TAKE_SUBJECT | PC_TAKE_PATH_LENGTH,
        .excess = PC_EXCESS_REDUCE,
    },
    {
        .name = "tls-server",
        .title = "a TLS server",
        .source = "RFC 5280 section 4.2.1.12; RFC 6125; CA/B Forum TLS BR 7.1.2.7 and 6.3.2 (200 days from 2026-03-15)",
        .role = PC_ROLE_TLS_SERVER,
        .basic_constraints = END_ENTITY,
        .key_usage = PC_KU_DIGITAL_SIGNATURE,
        .key_usage_rsa = PC_KU_KEY_ENCIPHERMENT,
        .ekus = EKUS(PC_OID_SERVER_AUTH),
        .alt_name_kinds = SERVER_NAMES,
        .validity = DAYS(199),
        .taken = TAKEN_FROM_CSR,
    },
    {
        .name = "tls-client",
        .title = "a TLS client",
        .source = "RFC 5280 section 4.2.1.12; RFC 8446 section 4.4.2.4",
        .role = PC_ROLE_TLS_CLIENT,
        .basic_constraints = END_ENTITY,
        .key_usage = PC_KU_DIGITAL_SIGNATURE,
        .ekus = EKUS(PC_OID_CLIENT_AUTH),
        .alt_name_kinds = CLIENT_NAMES,
        .validity = DAYS(397),
        .taken = TAKEN_FROM_CSR,
    },
    {
        .name = "scom",
        .title = "an agent, gateway or management server of System Center Operations Manager",
        .source =
            "Microsoft, \"Obtain a certificate for use with Windows Servers and System Center Operations Manager\"",
        .role = PC_ROLE_SCOM,
        .basic_constraints = END_ENTITY,
        .key_usage = PC_KU_DIGITAL_SIGNATURE,
        .key_usage_rsa = PC_KU_KEY_ENCIPHERMENT,
        .ekus = EKUS(PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH),
        .alt_name_kinds = SERVER_NAMES,
        .validity = DAYS(397),
        .taken = PC_TAKE_SUBJECT | PC_TAKE_ALT_NAMES,
    },
    {
        .name = "ocsp-signer",
        .title = "a delegated OCSP responder",
        .source = "RFC 6960 section 4.2.2.2; CA/B Forum TLS BR 7.1.2.8",
        .role = PC_ROLE_OCSP_SIGNER,
        .basic_constraints = END_ENTITY,
        .key_usage = PC_KU_DIGITAL_SIGNATURE,
        .ekus = EKUS(PC_OID_OCSP_SIGNING),
        .validity = DAYS(90),
        .ocsp_no_check = true,
        .taken = PC_TAKE_SUBJECT,
    },
    {
        .name = "time-stamp-signer",
        .title = "a time stamping authority's signer",
        .source = "RFC 3161 section 2.3; CA/B Forum Code Signing BR 7.1.2.3",
        .role = PC_ROLE_TIME_STAMP_SIGNER,
        .basic_constraints = END_ENTITY,
        .key_usage = PC_KU_DIGITAL_SIGNATURE,
        .ekus = EKUS(PC_OID_TIME_STAMPING),
        .eku_critical = true,
        .validity = DAYS(1825),
        .taken = PC_TAKE_SUBJECT,
    },
};

const pc_certificate_profile *pc_certificate_profiles(size_t *ret_count)
{
    *ret_count = PC_COUNT(profiles);
    return profiles;
}

const pc_certificate_profile *pc_certificate_profile_find(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(profiles); i++) {
        if (pc_text_equal(profiles[i].name, name)) {
            return &profiles[i];
        }
    }
    return NULL;
}

pc_status pc_certificate_profile_not_found(const char *name, pc_status status, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(name);

    for (size_t i = 0; i < PC_COUNT(profiles); i++) {
        pc_nearest_offer(&nearest, profiles[i].name);
    }
    (void)pc_fail(err, status, "there is no certificate profile \"%s\", and no file of that name", name);
    return nearest.best
               ? pc_hint(err, status, "did you mean %s? `p11cert issue --list-profiles` shows all", nearest.best)
               : pc_hint(err, status, "`p11cert issue --list-profiles` shows those that are built in");
}

const char *pc_certificate_role_name(pc_certificate_role role)
{
    for (size_t i = 0; i < PC_COUNT(profiles); i++) {
        if (profiles[i].role == role) {
            return profiles[i].name;
        }
    }
    return "unknown";
}
