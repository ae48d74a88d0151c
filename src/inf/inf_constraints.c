/* SPDX-License-Identifier: Apache-2.0 */
/* [BasicConstraintsExtension], [NameConstraintsExtension] and the sections that it names. */
#include <arpa/inet.h>
#include <string.h>

#include "inf/alt_text.h"
#include "inf/inf_extension.h"
#include "base/nearest.h"
#include "inf/x500.h"

enum { MAX_CONSTRAINTS = 1000 };

static pc_status read_path_length(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_basic_constraints *constraints = &job->request->basic_constraints;
    unsigned long number = 0;

    if (!pc_text_to_number(entry->value, 0x7fffffff, &number)) {
        return pc_inf_bad_value(job, entry, "it is no number of CAs", "PathLength = 0");
    }
    constraints->has_path_length = true;
    constraints->path_length = (unsigned)number;
    return PC_OK;
}

static pc_status read_critical(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_wish wish = PC_WISH_SILENT;

    PC_TRY(pc_inf_read_wish(job, entry, &wish));
    if (pc_text_equal(entry->section, "NameConstraintsExtension")) {
        job->request->name_constraints.critical = wish == PC_WISH_YES;
    } else {
        job->request->basic_constraints.critical = wish == PC_WISH_YES;
    }
    return PC_OK;
}

static const struct {
    const char *key;
    pc_inf_reader read;
    const char *note;
} basic_keys[] = {
    { "PathLength", read_path_length, "how many CAs may stand below this one; the section makes the subject a CA" },
    { "Critical", read_critical, "whether the extension basic constraints is critical" },
};

pc_status pc_inf_read_basic_constraints(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_basic_constraints *constraints = &job->request->basic_constraints;
    pc_nearest nearest = pc_nearest_to(entry->key);
    bool is_first = true;

    if (job->at == 0 || entry[-1].section != entry->section) {
        PC_TRY(pc_inf_claim_extension(job, PC_INF_OID_BASIC_CONSTRAINTS, entry, &is_first));
    }
    constraints->present = true;
    constraints->is_ca = true;
    for (size_t i = 0; i < PC_COUNT(basic_keys); i++) {
        if (pc_text_equal(entry->key, basic_keys[i].key)) {
            pc_inf_mean(job, entry, PC_EFFECT_HONOURED, basic_keys[i].note);
            return basic_keys[i].read(job, entry);
        }
        pc_nearest_offer(&nearest, basic_keys[i].key);
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
}

pc_status pc_inf_read_name_constraints(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_first = true;

    if (job->at == 0 || entry[-1].section != entry->section) {
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
    return pc_inf_unknown_key(job, entry, "Include");
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

/* "10.0.0.0,255.0.0.0" of Microsoft's pages becomes "10.0.0.0/255.0.0.0"; "10.0.0.0/8" is taken too. */
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
    return is_ascii_word(text) ? PC_OK : pc_fail(err, PC_E_INPUT, "it is no name, or part of one, in ASCII");
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
                                      "it is no address with a mask, such as "
                                      "10.0.0.0,255.0.0.0 or 10.0.0.0/8");
}

static pc_status check_oid(pc_request *request, char *text, pc_alt_name *name, pc_error *err)
{
    (void)request;
    name->text = text;
    return pc_text_is_oid(text) ? PC_OK : pc_fail(err, PC_E_INPUT, "it is no dotted object identifier");
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
        return pc_fail(err, PC_E_INPUT, "it is no OID with a value, such as 1.2.3.4,{utf8}text");
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
    const char *fix;
} subtrees[] = {
    { "DNS", PC_ALT_DNS, check_word, "DNS = example.com" },
    { "EMail", PC_ALT_EMAIL, check_word, "EMail = example.com" },
    { "URL", PC_ALT_URI, check_word, "URL = .example.com" },
    { "UPN", PC_ALT_UPN, check_principal, "UPN = example.com" },
    { "IPAddress", PC_ALT_IP, check_range, "IPAddress = \"10.0.0.0,255.0.0.0\"" },
    { "DirectoryName", PC_ALT_DIRECTORY, check_directory, "DirectoryName = \"DC=example,DC=com\"" },
    { "RegisteredId", PC_ALT_RID, check_oid, "RegisteredId = 1.2.3.4" },
    { "OtherName", PC_ALT_OTHER, check_other, "OtherName = \"1.2.3.4,{utf8}text\"" },
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

static pc_status read_subtree(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry, size_t row)
{
    pc_request *request = job->request;
    const pc_name_constraints *all = &request->name_constraints;
    pc_alt_name name = { .kind = subtrees[row].kind };
    pc_error why = { 0 };
    char *text = pc_arena_string(request->arena, entry->value);

    if (!text) {
        return PC_E_MEMORY;
    }
    pc_inf_mean(job, entry, PC_EFFECT_HONOURED,
                sub->role == PC_INF_SUB_PERMITTED ? "names that the CA may certify (name constraints)"
                                                  : "names that the CA may not certify (name constraints)");
    if (all->permitted_count + all->excluded_count >= MAX_CONSTRAINTS) {
        return pc_inf_bad_value(job, entry, "there are more than 1000 name constraints", "leave some out");
    }
    pc_status status = subtrees[row].check(request, text, &name, &why);

    if (status == PC_E_INPUT) {
        return pc_inf_bad_value(job, entry, why.frames[0], subtrees[row].fix);
    }
    return status == PC_OK ? add_constraint(request, sub->role, &name) : status;
}

pc_status pc_inf_read_constraint(pc_inf_job *job, const pc_inf_sub *sub, const pc_inf_entry *entry)
{
    pc_nearest nearest = pc_nearest_to(entry->key);

    for (size_t i = 0; i < PC_COUNT(subtrees); i++) {
        if (pc_text_equal(entry->key, subtrees[i].key)) {
            return read_subtree(job, sub, entry, i);
        }
        pc_nearest_offer(&nearest, subtrees[i].key);
    }
    return pc_inf_unknown_key(job, entry, nearest.best);
}
