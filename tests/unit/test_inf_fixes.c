/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every fix that a program can apply is applied, and the file read again: the finding is gone, there is no new one, and
 * the request is the same except for what the finding is about.
 */
#include <p11cert/inf.h>
#include <strings.h>

#include "inf_cases.h"
#include "inf_reading.h"

/* How much of the request a fix may change, by finding. */
static const struct {
    const char *id;
    size_t changes; /* parts of the request */
    bool by_hand;   /* there is never an edit */
} ids[] = {
    { "inf.alt-name", 1, false },
    { "inf.bad-value", 1, false },
    { "inf.ca-section", 0, true },
    { "inf.cert-only", 0, false },
    { "inf.cmc-only", 0, false },
    { "inf.comment-sign", 1, false },
    { "inf.critical", 0, false },
    { "inf.duplicate-key", 0, false },
    { "inf.eku-twice", 0, false },
    { "inf.extension-twice", 0, true },
    { "inf.extension-value", 0, true },
    { "inf.hash-algorithm", 1, false },
    { "inf.ignored", 0, false },
    { "inf.key-algorithm", 1, false },
    { "inf.key-length", 1, false },
    { "inf.key-usage", 1, false },
    { "inf.line-without-equals", 0, false },
    { "inf.long-name", 0, true },
    { "inf.machine-key-set", 1, false },
    { "inf.missing-section", 0, true },
    { "inf.no-name", 0, true },
    { "inf.not-honoured", 0, false },
    { "inf.oid-in-extensions", 1, false },
    { "inf.open-quote", 0, false },
    { "inf.outside-section", 0, false },
    { "inf.path-length", 0, false },
    { "inf.placeholder", 0, true },
    { "inf.policy", 1, false },
    { "inf.provider-name", 1, false },
    { "inf.provider-type", 1, false },
    { "inf.renewal", 0, true },
    { "inf.request-type", 0, false },
    { "inf.san-attribute", 2, false },
    { "inf.scep-only", 0, false },
    { "inf.section-header", 0, false },
    { "inf.section-unsupported", 0, true },
    { "inf.signature-algorithm", 1, false },
    { "inf.string-types", 0, true },
    { "inf.typographic-quotes", 1, false },
    { "inf.undefined-string", 0, true },
    { "inf.unknown-key", 1, false },
    { "inf.unknown-section", 2, false },
    { "inf.unknown-symbol", 1, false },
    { "inf.unquoted-commas", 0, false },
    { "inf.unseen-character", 1, false },
    { "inf.usage-comment", 0, false },
    { "inf.wrong-section", 1, false },
};

static size_t row_of(const char *id)
{
    size_t row = 0;

    while (row < PC_COUNT(ids) && strcmp(ids[row].id, id) != 0) {
        row++;
    }
    if (row == PC_COUNT(ids)) {
        fail_msg("%s is not in the table of this test", id);
    }
    return row;
}

/* ---- applying an edit ---- */

typedef struct {
    const char *start[512];
    size_t len[512];
    size_t count;
} lines;

static lines divide(const char *text)
{
    lines all = { .count = 0 };

    while (*text) {
        assert_true(all.count < 512);
        all.start[all.count] = text;
        all.len[all.count] = strcspn(text, "\n");
        text += all.len[all.count] + (text[all.len[all.count]] == '\n');
        all.count++;
    }
    return all;
}

static bool is_header(const lines *all, size_t line, const char *section)
{
    size_t len = strlen(section);

    return all->len[line] >= len + 2 && all->start[line][0] == '[' &&
           strncasecmp(all->start[line] + 1, section, len) == 0 && all->start[line][len + 1] == ']';
}

/* The number of lines up to the end of the last part of a section; all->count + 1 if the file does not have it. */
static size_t end_of_section(const lines *all, const char *section)
{
    size_t end = all->count + 1;

    for (size_t i = 0; i < all->count; i++) {
        if (is_header(all, i, section)) {
            for (end = i + 1; end < all->count && all->start[end][0] != '['; end++) {
            }
        }
    }
    return end;
}

static void put(char *out, const char *text, size_t len)
{
    size_t used = strlen(out);

    assert_true(used + len + 2 < WHOLE_MAX);
    memcpy(out + used, text, len);
    memcpy(out + used + len, "\n", 2);
}

static void apply(const char *text, const pc_edit *edit, char out[static WHOLE_MAX])
{
    const lines all = divide(text);
    bool inserts = edit->action == PC_EDIT_MOVE || edit->action == PC_EDIT_ADD;
    size_t place = inserts ? end_of_section(&all, edit->section) : SIZE_MAX;

    out[0] = '\0';
    for (size_t i = 0; i <= all.count; i++) {
        bool is_edited = edit->action != PC_EDIT_ADD && i + 1 >= edit->first_line && i + 1 <= edit->last_line;

        if (i == place) {
            put(out, edit->text, strlen(edit->text));
        }
        if (is_edited && i + 1 == edit->first_line && edit->action == PC_EDIT_REPLACE) {
            put(out, edit->text, strlen(edit->text));
        }
        if (i < all.count && !is_edited) {
            put(out, all.start[i], all.len[i]);
        }
    }
    if (inserts && place > all.count) {
        char header[128];

        put(out, header, (size_t)snprintf(header, sizeof header, "[%s]", edit->section));
        put(out, edit->text, strlen(edit->text));
    }
}

/* ---- a request in words, a part on each line ---- */

static void put_name(FILE *out, const pc_name *name)
{
    for (size_t i = 0; i < name->count; i++) {
        for (size_t j = 0; j < name->rdns[i].count; j++) {
            const pc_name_attribute *each = &name->rdns[i].attributes[j];

            (void)fprintf(out, "%s%s=%d\"%s\"", j ? "+" : ",", each->oid, (int)each->form, each->text);
        }
    }
}

static void put_bytes(FILE *out, pc_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        (void)fprintf(out, "%02x", bytes.data[i]);
    }
}

static void put_alt_names(FILE *out, const char *part, const pc_alt_name *names, size_t count)
{
    (void)fprintf(out, "%s:", part);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, " %d %s %s %d ", (int)names[i].kind, names[i].oid ? names[i].oid : "", names[i].text,
                      (int)names[i].form);
        put_bytes(out, names[i].bytes);
        put_name(out, &names[i].directory);
    }
}

static void put_policies(FILE *out, const char *part, const pc_policy_statements *list)
{
    (void)fprintf(out, "\n%s: %d", part, list->count && list->critical);
    for (size_t i = 0; i < list->count; i++) {
        (void)fprintf(out, " %s", list->items[i].oid);
        for (size_t j = 0; j < list->items[i].url_count; j++) {
            (void)fprintf(out, " url %s", list->items[i].urls[j]);
        }
        for (size_t j = 0; j < list->items[i].notice_count; j++) {
            (void)fprintf(out, " notice %s", list->items[i].notices[j]);
        }
    }
}

static void put_extensions(FILE *out, const pc_request *request)
{
    const pc_basic_constraints *basic = &request->basic_constraints;
    const pc_name_constraints *names = &request->name_constraints;

    put_alt_names(out, "\nnames", request->alt_names, request->alt_name_count);
    (void)fprintf(out, " %d", request->alt_name_count && request->alt_names_critical);
    (void)fprintf(out, "\nusage: %d %x %d", request->has_key_usage, request->key_usage,
                  request->key_usage_not_critical);
    (void)fprintf(out, "\nekus: %d", request->eku_count && request->eku_critical);
    for (size_t i = 0; i < request->eku_count; i++) {
        (void)fprintf(out, " %s", request->ekus[i]);
    }
    (void)fprintf(out, "\nbasic: %d %d %d %d %u", basic->present, basic->present && basic->critical, basic->is_ca,
                  basic->has_path_length, basic->path_length);
    (void)fprintf(out, "\nconstraints: %d", names->present && names->critical);
    put_alt_names(out, " permitted", names->permitted, names->permitted_count);
    put_alt_names(out, " excluded", names->excluded, names->excluded_count);
    put_policies(out, "policies", &request->policies);
    put_policies(out, "application policies", &request->application_policies);
    (void)fprintf(out, "\nsmime: %d\ntemplate: %s %s %u %d %u\nraw:", request->smime,
                  request->template_name ? request->template_name : "",
                  request->template_version.oid ? request->template_version.oid : "", request->template_version.major,
                  request->template_version.has_minor, request->template_version.minor);
    for (size_t i = 0; i < request->raw_extension_count; i++) {
        (void)fprintf(out, " %s %d ", request->raw_extensions[i].oid, request->raw_extensions[i].critical);
        put_bytes(out, request->raw_extensions[i].der);
    }
}

static void describe(const pc_request *request, char text[static WHOLE_MAX])
{
    FILE *out = fmemopen(text, WHOLE_MAX, "w");

    assert_non_null(out);
    (void)fprintf(out, "subject: %s", request->subject_text);
    put_name(out, &request->subject);
    (void)fprintf(out, "\nkey: %d\ndigest: %d\npss: %d\nexportable: %d %d", (int)request->key_kind,
                  (int)request->digest, request->pss, (int)request->wish.exportable, (int)request->wish.misspelt);
    put_extensions(out, request);
    (void)fprintf(out, "\ncontainer: %s\nfriendly: %s\nspec: %d %u\nmachine: %d\nprovider: %s\nprovider type: %d %u",
                  request->key_container ? request->key_container : "",
                  request->friendly_name ? request->friendly_name : "", request->has_key_spec, request->key_spec,
                  (int)request->machine_key_set, request->provider_name ? request->provider_name : "",
                  request->has_provider_type, request->provider_type);
    (void)fprintf(out, "\nattributes:");
    for (size_t i = 0; i < request->request_attribute_count; i++) {
        (void)fprintf(out, " %s=%s", request->request_attributes[i].name, request->request_attributes[i].value);
    }
    assert_true(ftell(out) < WHOLE_MAX - 1);
    (void)fclose(out);
}

static size_t count_changes(const pc_request *before, const pc_request *after)
{
    char texts[2][WHOLE_MAX] = { "", "" };
    size_t count = 0;

    describe(before, texts[0]);
    describe(after, texts[1]);
    const lines left = divide(texts[0]);
    const lines right = divide(texts[1]);

    assert_int_equal(left.count, right.count);
    for (size_t i = 0; i < left.count; i++) {
        if (left.len[i] != right.len[i] || memcmp(left.start[i], right.start[i], left.len[i]) != 0) {
            print_message("      %.*s\n   -> %.*s\n", (int)left.len[i], left.start[i], (int)right.len[i],
                          right.start[i]);
            count++;
        }
    }
    return count;
}

/* ---- the property ---- */

static size_t count_id(const pc_inf *inf, const char *id)
{
    size_t count = 0;

    for (size_t i = 0; i < inf->findings.count; i++) {
        count += strcmp(inf->findings.items[i].id, id) == 0;
    }
    return count;
}

/* A part that could not be read before may have another mistake too. */
static bool has_new_finding(const pc_inf *before, const pc_inf *after, const pc_finding *cured)
{
    for (size_t i = 0; i < after->findings.count; i++) {
        const pc_finding *each = &after->findings.items[i];
        bool is_of_line = cured->severity == PC_SEVERITY_ERROR && each->line == cured->line;

        if (!is_of_line && count_id(after, each->id) > count_id(before, each->id)) {
            print_message("   NEW: line %u %s %s\n", each->line, each->id, each->message);
            return true;
        }
    }
    return false;
}

static bool fix_holds(const char *text, const pc_finding *finding, const reading *before)
{
    char fixed[WHOLE_MAX];

    apply(text, &finding->edit, fixed);
    print_message("   %s, fix: %s\n", finding->id, finding->fix);
    PC_READING after = read_bytes((pc_bytes){ (const uint8_t *)fixed, strlen(fixed) });

    bool is_gone = count_id(after.inf, finding->id) < count_id(before->inf, finding->id);
    bool is_new = has_new_finding(before->inf, after.inf, finding);
    size_t changes = count_changes(before->request, after.request);
    bool holds = is_gone && !is_new && changes <= ids[row_of(finding->id)].changes;

    if (!holds) {
        print_message("   WRONG: %s, %s, %zu parts of the request change:\n%s\n", is_gone ? "gone" : "STILL THERE",
                      is_new ? "A NEW ONE" : "no new one", changes, fixed);
    }
    return holds;
}

/* "KeyLength = 2048" would be mistaken for the line to write. */
static bool looks_like_a_line(const char *fix)
{
    size_t len = strcspn(fix, " =");

    return fix[len] == '=' || strncmp(fix + len, " = ", 3) == 0 || fix[0] == '[';
}

static void each_edit_fixes_only_its_finding(void **state)
{
    bool seen[PC_COUNT(ids)] = { false };
    bool edited[PC_COUNT(ids)] = { false };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < PC_COUNT(inf_cases); i++) {
        char whole[WHOLE_MAX];
        const char *text = whole_text(inf_cases[i].raises, whole);
        PC_READING read = read_case(inf_cases[i].raises);

        print_message("%s\n", inf_cases[i].name);
        for (size_t j = 0; j < read.inf->findings.count; j++) {
            const pc_finding *each = &read.inf->findings.items[j];

            seen[row_of(each->id)] = true;
            if (each->edit.action == PC_EDIT_NONE) {
                if (looks_like_a_line(each->fix)) {
                    print_message("   %s, WRONG ADVICE: %s\n", each->id, each->fix);
                    wrong++;
                }
            } else {
                edited[row_of(each->id)] = true;
                wrong += !fix_holds(text, each, &read);
            }
        }
    }
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < PC_COUNT(ids); i++) {
        if (!seen[i] || edited[i] == ids[i].by_hand) {
            fail_msg("%s: %s", ids[i].id, seen[i] ? "by_hand is not as the table says" : "no case raises it");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_edit_fixes_only_its_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
