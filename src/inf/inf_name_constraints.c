/* SPDX-License-Identifier: Apache-2.0 */
/* [NameConstraintsExtension], the sections that it names, and the text form of the same. */
#include <arpa/inet.h>
#include <string.h>

#include "inf/alt_text.h"
#include "inf/fix.h"
#include "inf/inf_bool.h"
#include "inf/inf_claims.h"
#include "inf/inf_name_constraints.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_joined.h"
#include "inf/inf_report.h"
#include "base/nearest.h"
#include "inf/run_on.h"
#include "inf/x500.h"

enum { MAX_CONSTRAINTS = 1000 };

static pc_status read_critical(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    job->request->name_constraints.critical = wish == PC_WISH_YES;
    return PC_OK;
}

/* certreq -policy adds further names unless this is TRUE; p11cert never does. */
static pc_status read_no_default(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool unused = false;

    pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "whether certreq -policy adds default names; p11cert adds none");
    return pc_inf_read_flag(job, entry, &unused);
}

static const char *near_head(const pc_inf_entry *entry)
{
    static const char *const keys[] = { "Include", "Exclude", "Critical" };
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(keys); i++) {
        pc_nearest_offer(&nearest, keys[i]);
    }
    return nearest.best;
}

pc_status pc_inf_read_name_constraints(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_first = true;

    if (job->position == 0 || entry[-1].section != entry->section) {
        PC_TRY(pc_inf_claim_extension(job, PC_INF_OID_NAME_CONSTRAINTS, entry, &is_first));
    }
    if (pc_text_equal(entry->key, "Critical")) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED, "whether the extension name constraints is critical");
        return read_critical(job, entry);
    }
    if (pc_text_equal(entry->key, "Include") || pc_text_equal(entry->key, "Exclude")) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED,
                    pc_to_lower(entry->key[0]) == 'i' ? "the sections with the names that are permitted"
                                                      : "the sections with the names that are excluded");
        return PC_OK;
    }
    if (pc_text_equal(entry->key, "NoDefault")) {
        return read_no_default(job, entry);
    }
    return pc_inf_stray_key(job, entry, near_head(entry));
}

static bool is_ascii_word(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text > '~' || *text == '=' || *text == '&') {
            return false;
        }
    }
    return true;
}

/* "10.0.0.0,255.0.0.0" of Microsoft's pages becomes "10.0.0.0/255.0.0.0"; "10.0.0.0/8" is accepted too. */
static bool read_range(char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    unsigned long bits = 0;
    char *slash = strpbrk(text, ",/");

    if (!slash) {
        return false;
    }
    *slash = '\0';
    const char *mask = slash + 1 + strspn(slash + 1, " \t");
    int family = inet_pton(AF_INET, text, address) == 1 ? AF_INET : AF_INET6;
    bool fits = inet_pton(family, text, address) == 1 &&
                (inet_pton(family, mask, address) == 1 ||
                 (pc_is_digit(mask[0]) && pc_text_to_number(mask, family == AF_INET ? 32 : 128, &bits)));

    memmove(slash + 1, mask, strlen(mask) + 1);
    *slash = '/';
    return fits;
}

static pc_status check_word(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    (void)request;
    name->text = text;
    return is_ascii_word(text) ? PC_OK : pc_fail(err, PC_E_INPUT, "it is not a name, or part of one, in ASCII");
}

static pc_status check_principal(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    (void)request;
    name->text = text;
    return pc_text_is_utf8(text, strlen(text)) ? PC_OK : pc_fail(err, PC_E_INPUT, "it is not UTF-8");
}

static pc_status check_range(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    (void)request;
    name->text = text;
    return read_range(text) ? PC_OK
                            : pc_fail(err, PC_E_INPUT,
                                      "it is not an address with a mask, such as "
                                      "10.0.0.0,255.0.0.0 or 10.0.0.0/8");
}

static pc_status check_oid(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    (void)request;
    name->text = text;
    return pc_text_is_oid(text) ? PC_OK : pc_fail(err, PC_E_INPUT, "it is not a dotted object identifier");
}

static pc_status check_directory(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    name->text = text;
    PC_TRY(pc_x500_parse(request->arena, text, &pc_x500_default, &name->directory, err));
    return pc_x500_check_text(&name->directory, err);
}

static pc_status check_other(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    char *comma = strpbrk(text, ",=");

    if (!comma) {
        return pc_fail(err, PC_E_INPUT, "it is not an OID with a value, such as 1.2.3.4,{utf8}text");
    }
    *comma = '\0';
    if (!pc_text_is_oid(text)) {
        return pc_fail(err, PC_E_INPUT, "it does not begin with a dotted object identifier");
    }
    return pc_alt_text_other(request->arena, text, comma + 1 + strspn(comma + 1, " \t"), name, err);
}

static const struct {
    const char *key;
    pc_alt_name_kind kind;
    pc_status (*check)(pc_request *request, char *text, pc_alt_name *name, pc_error *err);
    const char *advice;
} subtrees[] = {
    { "DNS", PC_ALT_DNS, check_word, "write a domain such as example.com" },
    { "EMail", PC_ALT_EMAIL, check_word, "write a mail address, or the domain of mail addresses" },
    { "URL", PC_ALT_URI, check_word, "write the host name of URLs, or a domain with a leading dot" },
    { "UPN", PC_ALT_UPN, check_principal, "write a user principal name, or the domain of such names" },
    { "IPAddress", PC_ALT_IP, check_range, "write an address and a mask, as in \"10.0.0.0,255.0.0.0\"" },
    { "DirectoryName", PC_ALT_DIRECTORY, check_directory,
      "write an X.500 name in quotes, as in \"DC=example,DC=com\"" },
    { "RegisteredId", PC_ALT_RID, check_oid, "write a dotted object identifier" },
    { "OtherName", PC_ALT_OTHER, check_other, "write an OID and a value in quotes, as in \"1.2.3.4,{utf8}text\"" },
};

static pc_status add_constraint(pc_request *request, pc_inf_sub_role role, const pc_alt_name *name)
{
    pc_name_constraints *constraints = &request->name_constraints;
    pc_alt_name *slot = role == PC_INF_SUB_PERMITTED
                            ? PC_PUSH(request->arena, constraints->permitted, constraints->permitted_count)
                            : PC_PUSH(request->arena, constraints->excluded, constraints->excluded_count);

    if (!slot) {
        return PC_E_MEMORY;
    }
    *slot = *name;
    constraints->present = true;
    return PC_OK;
}

/* A name of a subtree: its source, and its text. */
typedef struct {
    const pc_inf_entry *entry;
    pc_inf_sub_role role;
    size_t row; /* of subtrees */
} subtree;

static pc_status read_subtree(pc_inf_job *job, const subtree *each, const char *value)
{
    pc_request *request = job->request;
    const pc_name_constraints *all = &request->name_constraints;
    pc_alt_name name = { .kind = subtrees[each->row].kind };
    pc_error why = { 0 };
    char *text = pc_arena_string(request->arena, value);

    if (!text) {
        return PC_E_MEMORY;
    }
    if (all->permitted_count + all->excluded_count >= MAX_CONSTRAINTS) {
        return pc_inf_bad_value(job, each->entry, "there are more than 1000 name constraints", "remove some");
    }
    if (pc_run_on_name(pc_span_of(value), false) && name.kind != PC_ALT_DIRECTORY) {
        return pc_inf_bad_value(job, each->entry, "two names run together in it",
                                "write each name on a separate line, or separate them by '&' in a {text}");
    }
    pc_status status = subtrees[each->row].check(request, text, &name, &why);

    if (status == PC_E_INPUT) {
        return pc_inf_bad_value(job, each->entry, why.frames[0], subtrees[each->row].advice);
    }
    return status == PC_OK ? add_constraint(request, each->role, &name) : status;
}

static bool find_subtree(pc_span key, size_t *ret_row)
{
    for (size_t i = 0; i < PC_COUNT(subtrees); i++) {
        if (pc_span_equal(key, subtrees[i].key)) {
            *ret_row = i;
            return true;
        }
    }
    return false;
}

pc_status pc_inf_read_constraint(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);
    subtree each = { .entry = entry, .role = sub->role };

    if (pc_text_equal(entry->key, "NoDefault")) {
        return read_no_default(job, entry);
    }
    if (find_subtree(pc_span_of(entry->key), &each.row)) {
        pc_inf_mean(job, entry, PC_EFFECT_HONOURED,
                    sub->role == PC_INF_SUB_PERMITTED ? "names that the CA may certify (name constraints)"
                                                      : "names that the CA may not certify (name constraints)");
        return read_subtree(job, &each, entry->value);
    }
    for (size_t i = 0; i < PC_COUNT(subtrees); i++) {
        pc_nearest_offer(&nearest, subtrees[i].key);
    }
    return pc_inf_stray_key(job, entry, nearest.best);
}

static pc_status find_bad_part(pc_inf_job *job, const pc_inf_entry *entry, pc_span part)
{
    const char *reason = pc_inf_fix(job->inf, "\"%s\" is not a part of name constraints", pc_quote_span(part).text);

    if (!reason) {
        return PC_E_MEMORY;
    }
    return pc_inf_bad_value(job, entry, reason,
                            "write subtree=include or subtree=exclude, and after it DNS=NAME&UPN=NAME and other kinds");
}

/* Two parts run together. */
static pc_status find_run_on(pc_inf_job *job, const pc_inf_entry *entry, const char *text, const char *place)
{
    pc_finding head = { .id = "inf.bad-value", .severity = PC_SEVERITY_ERROR, .line = entry->line };
    const pc_inf_places places = { .offsets = { pc_inf_joined_offset(job, entry, text, place) }, .count = 1 };

    pc_inf_fix_by_separating(&head, job, entry, &places, "&");
    return pc_inf_find(job->inf, &head, "`%s` in [%s] cannot be read: a '&' is missing before \"%s\"",
                       pc_quote(entry->key).text, pc_quote(entry->section).text, pc_quote(place).text);
}

static bool read_role(pc_span value, pc_inf_sub_role *role)
{
    bool is_include = pc_span_equal(value, "include");

    *role = is_include ? PC_INF_SUB_PERMITTED : PC_INF_SUB_EXCLUDED;
    return is_include || pc_span_equal(value, "exclude");
}

static pc_status read_part(pc_inf_job *job, subtree *each, pc_span part)
{
    const char *equals = memchr(part.start, '=', part.len);
    size_t key_len = equals ? (size_t)(equals - part.start) : part.len;
    pc_span key = pc_span_trim((pc_span){ .start = part.start, .len = key_len });
    pc_span value = { .len = 0 };

    if (equals) {
        value = pc_span_trim((pc_span){ .start = equals + 1, .len = part.len - key_len - 1 });
    }
    if (equals && pc_span_equal(key, "subtree")) {
        return read_role(value, &each->role) ? PC_OK : find_bad_part(job, each->entry, part);
    }
    if (!equals || !find_subtree(key, &each->row)) {
        return find_bad_part(job, each->entry, part);
    }
    const char *text = pc_arena_text(job->inf->arena, value.start, value.len);

    return text ? read_subtree(job, each, text) : PC_E_MEMORY;
}

pc_status pc_inf_read_name_constraints_text(pc_inf_job *job, const pc_inf_entry *entry, const char *text)
{
    static const char *const subtree_key[] = { "subtree=", NULL };
    subtree each = { .entry = entry, .role = PC_INF_SUB_PERMITTED };
    const char *rest = text;
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&rest, &part) && !pc_inf_find_is_full(job->inf, PC_SEVERITY_ERROR)) {
        const pc_span after_first = { .start = part.start + 1, .len = part.len - 1 };
        const char *run_on = pc_alt_text_run_on(part);

        run_on = run_on ? run_on : pc_run_on_key(after_first, subtree_key);
        if (run_on) {
            return find_run_on(job, entry, text, run_on);
        }
        PC_TRY(read_part(job, &each, part));
    }
    return PC_OK;
}
