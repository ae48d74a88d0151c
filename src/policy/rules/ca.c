/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate that is about to be issued. Each judge names the first thing that is wrong, or nothing. */
#include "policy/rule.h"

#include <string.h>

#define DAY_SEC         ((int64_t)86400)
#define LEAST_SECURITY  112
#define LEAST_SERIAL    8 /* octets: 64 bits */
#define MOST_SERIAL     20
#define OID_OCSP_SIGNER "1.3.6.1.5.5.7.3.9"
#define OID_TIME_STAMP  "1.3.6.1.5.5.7.3.8"

typedef const char *(*find_fault)(pc_rule_case *rule_case);

/** A rule of this family: the function that finds what is wrong, and the text if nothing is. */
typedef struct {
    find_fault find;
    const char *good;
    const char *remedy;
} ca_rule;

static void judge(pc_rule_case *rule_case)
{
    const ca_rule *rule = rule_case->rule->data;
    const char *fault = rule->find(rule_case);
    const char *text = fault && *fault ? fault : rule->good;

    /* A sentence of its own: all begin with a small letter. */
    pc_rule_say(rule_case, fault ? PC_VERDICT_FAIL : PC_VERDICT_PASS, "%c%s.", text[0] - 'a' + 'A', text + 1);
    if (fault) {
        pc_rule_remedy(rule_case, "%s", rule->remedy);
    }
}

static bool is_role(const pc_rule_case *rule_case, pc_certificate_role role)
{
    return rule_case->evidence->issuance.has_role && rule_case->evidence->issuance.role == role;
}

static bool is_ca(const pc_rule_case *rule_case)
{
    return rule_case->evidence->certificate.is_authority;
}

static const char *fault_of_form(pc_rule_case *rule_case)
{
    const pc_evidence_issuance *issuance = &rule_case->evidence->issuance;

    if (issuance->version != 3) {
        return pc_rule_text(rule_case, "its version is %u", issuance->version);
    }
    if (issuance->bad_text) {
        return pc_rule_text(rule_case, "%s of the subject has a string type that RFC 5280 does not allow",
                            issuance->bad_text);
    }
    return issuance->is_der ? NULL : "encoded again, it has other bytes, so it is not DER";
}

static const char *fault_of_serial(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    const pc_bytes serial = certificate->serial;
    size_t len = serial.len + (serial.len && serial.data[0] & 0x80);

    if (certificate->serial_is_negative || serial.len == 0 || (serial.len == 1 && !serial.data[0])) {
        return "its serial number is not positive";
    }
    if (len > MOST_SERIAL) {
        return pc_rule_text(rule_case, "its serial number has %zu octets", len);
    }
    return serial.len < LEAST_SERIAL ? "its serial number is too short to have 64 random bits" : NULL;
}

static const char *fault_of_digest(pc_rule_case *rule_case)
{
    const char *digest = rule_case->evidence->subject.signature_digest;

    return !digest || strstr(digest, "256") || strstr(digest, "384") || strstr(digest, "512")
               ? NULL
               : pc_rule_text(rule_case, "its signature uses %s", digest);
}

static const char *fault_of_issuer(pc_rule_case *rule_case)
{
    return rule_case->evidence->issuance.issuer_name_same
               ? NULL
               : "its issuer is not, byte for byte, the subject of the issuer's certificate";
}

static const char *fault_of_dates(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;

    if (certificate->not_after_sec <= certificate->not_before_sec) {
        return "it ends before it begins";
    }
    if (!rule_case->evidence->issuance.times_in_form) {
        return "a time is not in the form that RFC 5280 prescribes for its year";
    }
    return rule_case->evidence->issuance.within_issuer ? NULL : "its validity is not within that of its issuer";
}

/* Ballot SC-081v3. */
static const struct {
    int64_t from_sec;
    int64_t days;
} server_limits[] = { { 1868227200, 47 }, { 1805068800, 100 }, { 1773532800, 200 }, { 0, 398 } };

static const char *fault_of_days(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;
    int64_t sec = certificate->not_after_sec - certificate->not_before_sec + 1;

    if (!is_role(rule_case, PC_ROLE_TLS_SERVER)) {
        return NULL;
    }
    for (size_t i = 0; i < PC_COUNT(server_limits); i++) {
        if (certificate->not_before_sec >= server_limits[i].from_sec) {
            return sec > server_limits[i].days * DAY_SEC
                       ? pc_rule_text(rule_case, "it is valid for more than the %lld days of a TLS server",
                                      (long long)server_limits[i].days)
                       : NULL;
        }
    }
    return NULL;
}

static const char *fault_of_key(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;

    if (rule_case->evidence->issuance.security_bits < LEAST_SECURITY) {
        return pc_rule_text(rule_case, "its key is too weak: %s of %u bits", subject->key_algorithm, subject->key_bits);
    }
    const char *issuer = rule_case->evidence->issuance.weak_issuer;

    return issuer ? pc_rule_text(rule_case, "its issuer's key is not allowed: %s", issuer)
                  : rule_case->evidence->issuance.weak_key;
}

static const char *fault_of_key_id(pc_rule_case *rule_case)
{
    const pc_evidence_issuance *issuance = &rule_case->evidence->issuance;

    if (!issuance->has_key_id) {
        return "it has no subject key identifier";
    }
    return issuance->key_id_chains ? NULL : "its authority key identifier is not the issuer's subject key identifier";
}

static const char *fault_of_path_length(pc_rule_case *rule_case)
{
    const pc_evidence_issuance *issuance = &rule_case->evidence->issuance;

    if (issuance->issuer_path_length == 0) {
        return "its issuer may have no CA below it";
    }
    return issuance->issuer_path_length > 0 &&
                   (!issuance->has_path_length || issuance->path_length >= (unsigned)issuance->issuer_path_length)
               ? "its path length is not below its issuer's"
               : NULL;
}

static const char *fault_of_constraints(pc_rule_case *rule_case)
{
    const pc_evidence_issuance *issuance = &rule_case->evidence->issuance;
    bool is_ca_role = issuance->role <= PC_ROLE_CROSS;

    if (issuance->has_role && is_ca_role != is_ca(rule_case)) {
        return is_ca_role ? "it is for a CA, and its basic constraints are not those of one"
                          : "it is not for a CA, and its basic constraints are those of one";
    }
    if (!is_ca(rule_case)) {
        return issuance->has_path_length ? "it has a path length, which only a CA has" : NULL;
    }
    if (!issuance->has_constraints || !issuance->constraints_critical) {
        return "it is a CA certificate without critical basic constraints";
    }
    return rule_case->evidence->certificate.self_signed ? NULL : fault_of_path_length(rule_case);
}

static const char *fault_of_key_usage(pc_rule_case *rule_case)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    unsigned ca_usage = subject->key_usage & (PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN);

    if (!subject->has_key_usage || !subject->key_usage) {
        return "it has no key usage";
    }
    if (is_ca(rule_case) && !(subject->key_usage & PC_KU_KEY_CERT_SIGN)) {
        return "it is a CA certificate whose key may not sign certificates";
    }
    if (!is_ca(rule_case) && ca_usage) {
        return "its key may sign certificates or CRLs, and it is not a CA certificate";
    }
    if (is_ca(rule_case) && !subject->key_usage_critical) {
        return "its key usage is not critical";
    }
    return strcmp(subject->key_algorithm, "RSA") != 0 &&
                   subject->key_usage & (PC_KU_KEY_ENCIPHERMENT | PC_KU_DATA_ENCIPHERMENT)
               ? pc_rule_text(rule_case, "its key usage is for enciphering, which a key of type %s does not do",
                              subject->key_algorithm)
               : NULL;
}

static bool has_eku(const pc_rule_case *rule_case, const char *oid)
{
    const pc_evidence_subject *subject = &rule_case->evidence->subject;
    bool has = false;

    for (size_t i = 0; i < subject->eku_count; i++) {
        has = has || strcmp(subject->ekus[i], oid) == 0;
    }
    return has;
}

static const struct {
    pc_certificate_role role;
    const char *oid;
    bool alone;
} role_ekus[] = {
    { PC_ROLE_TLS_SERVER, PC_OID_SERVER_AUTH, false }, { PC_ROLE_TLS_CLIENT, PC_OID_CLIENT_AUTH, false },
    { PC_ROLE_SCOM, PC_OID_SERVER_AUTH, false },       { PC_ROLE_SCOM, PC_OID_CLIENT_AUTH, false },
    { PC_ROLE_OCSP_SIGNER, OID_OCSP_SIGNER, true },    { PC_ROLE_TIME_STAMP_SIGNER, OID_TIME_STAMP, true },
};

static const char *fault_of_eku(pc_rule_case *rule_case)
{
    for (size_t i = 0; i < PC_COUNT(role_ekus); i++) {
        if (!is_role(rule_case, role_ekus[i].role)) {
            continue;
        }
        if (!has_eku(rule_case, role_ekus[i].oid)) {
            return pc_rule_text(rule_case, "its extended key usage lacks %s", role_ekus[i].oid);
        }
        if (role_ekus[i].alone && rule_case->evidence->subject.eku_count > 1) {
            return "its extended key usage has more than the one purpose of its role";
        }
    }
    return NULL;
}

static const char *fault_of_names(pc_rule_case *rule_case)
{
    const pc_evidence_issuance *issuance = &rule_case->evidence->issuance;

    if (issuance->subject_empty && !issuance->has_names) {
        return "it has neither a subject nor alternative names";
    }
    if (issuance->subject_empty && is_ca(rule_case)) {
        return "it is a CA certificate without a subject";
    }
    if (issuance->subject_empty && !issuance->names_critical) {
        return "it has no subject, and its alternative names are not critical";
    }
    return is_role(rule_case, PC_ROLE_TLS_SERVER) && !issuance->has_names
               ? "it is for a TLS server, and has no alternative name"
               : NULL;
}

static const char *fault_of_common_name(pc_rule_case *rule_case)
{
    const char *name = rule_case->evidence->issuance.name_not_listed;

    return name && is_role(rule_case, PC_ROLE_TLS_SERVER)
               ? pc_rule_text(rule_case, "its common name \"%s\" is not among its alternative names", name)
               : NULL;
}

static const char *fault_of_url(pc_rule_case *rule_case)
{
    const char *url = rule_case->evidence->issuance.bad_url;

    return url ? pc_rule_text(rule_case, "\"%s\" is not an http or ldap URL", url) : NULL;
}

static const char *fault_of_revocation(pc_rule_case *rule_case)
{
    const pc_evidence_certificate *certificate = &rule_case->evidence->certificate;

    return !rule_case->evidence->issuance.has_role || certificate->self_signed ||
                   certificate->revocation != PC_REVOCATION_NOWHERE || is_role(rule_case, PC_ROLE_OCSP_SIGNER)
               ? NULL
               : "it does not say where to check whether it has been revoked";
}

#define RULE(name, fault, words, help) \
    static const ca_rule name = { .find = (fault), .good = (words), .remedy = (help) }

RULE(form, fault_of_form, "it is DER, version 3, and its names are in the string types of RFC 5280",
     "Have the request made again by a tool that writes names as UTF-8.");
RULE(serial, fault_of_serial, "its serial number is positive and long enough",
     "Leave the serial number to p11cert, which draws 128 random bits.");
RULE(digest, fault_of_digest, "its signature uses a digest that is not broken",
     "Leave the digest to p11cert, or name sha256, sha384 or sha512.");
RULE(issuer, fault_of_issuer, "its issuer is the subject of the issuer's certificate",
     "Name the CA's own certificate with --ca-cert.");
RULE(dates, fault_of_dates, "its dates are in order, and within its issuer's", "Choose dates within the CA's.");
RULE(days, fault_of_days, "it is valid no longer than its role allows",
     "Choose fewer --days if browsers must accept it; a private CA may allow more.");
RULE(key, fault_of_key, "its key is strong enough",
     "Use another key: EC P-256, or RSA with 2048 bits and the exponent 65537.");
RULE(key_id, fault_of_key_id, "its key identifiers chain to its issuer",
     "Name the CA's own certificate with --ca-cert.");
RULE(constraints, fault_of_constraints, "its basic constraints are those of its role",
     "Use the profile of the role: p11cert issue --list-profiles.");
RULE(key_usage, fault_of_key_usage, "its key usage is that of its role",
     "Use the profile of the role, or ask for a request with another key usage.");
RULE(eku, fault_of_eku, "its extended key usage is that of its role",
     "Use the profile of the role, or ask for a request with another extended key usage.");
RULE(names, fault_of_names, "its names are where they belong",
     "Ask for a request with the names of the host as alternative names.");
RULE(common_name, fault_of_common_name, "its common name is among its alternative names",
     "Ask for a request whose alternative names include the common name.");
RULE(url, fault_of_url, "its URLs are reachable by HTTP or LDAP", "Write http URLs.");
RULE(revocation, fault_of_revocation, "it says where to check whether it has been revoked",
     "Give the URL of the CRL with --crl-url, or in the profile.");

#define CA_RULE(rule) .needs = PC_NEEDS_CERTIFICATE | PC_NEEDS_ISSUANCE, .judge = judge, .data = &(rule)

static const pc_rule rows[] = {
    { .id = "CA-FORM", .title = "The certificate is well formed", CA_RULE(form) },
    { .id = "CA-SERIAL", .title = "The serial number is positive and random", CA_RULE(serial) },
    { .id = "CA-DIGEST", .title = "The digest is not broken", CA_RULE(digest) },
    { .id = "CA-ISSUER", .title = "The issuer is named as it names itself", CA_RULE(issuer) },
    { .id = "CA-DATES", .title = "The dates are in order", CA_RULE(dates) },
    { .id = "CA-DAYS", .title = "It is not valid for too long", CA_RULE(days) },
    { .id = "CA-KEY", .title = "The key is strong", CA_RULE(key) },
    { .id = "CA-KEYID", .title = "The key identifiers chain", CA_RULE(key_id) },
    { .id = "CA-BC", .title = "CA certificates are for CAs", CA_RULE(constraints) },
    { .id = "CA-KU", .title = "The key usage fits", CA_RULE(key_usage) },
    { .id = "CA-EKU", .title = "The extended key usage fits", CA_RULE(eku) },
    { .id = "CA-NAMES", .title = "It has a name", CA_RULE(names) },
    { .id = "CA-CN", .title = "The common name is listed", CA_RULE(common_name) },
    { .id = "CA-URL", .title = "The URLs can be reached", CA_RULE(url) },
    { .id = "CA-REVOC", .title = "Revocation can be checked", CA_RULE(revocation) },
};

const pc_rule_table pc_rules_ca = { rows, PC_COUNT(rows) };
