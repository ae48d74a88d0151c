/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/key_table.h"

#include <string.h>
#include <time.h>

#include "cli/print/colour.h"
#include "cli/print/key_tree.h"
#include "cli/print/output.h"
#include "cli/print/width.h"

#define KIND_WIDTH   9u
#define EXPORT_WIDTH 10u
#define END_WIDTH    10u
#define DAYS_WIDTH   8u
#define LEAST_LABEL  16u
/* Two blanks between columns. */
#define REST_WIDTH (KIND_WIDTH + EXPORT_WIDTH + END_WIDTH + DAYS_WIDTH + 4 * 2)

static const pc_listed_certificate *current_of(const pc_listed_key *key)
{
    for (size_t i = 0; i < key->certificate_count; i++) {
        if (key->certificates[i].current) {
            return &key->certificates[i];
        }
    }
    return NULL;
}

/* A label that does not fit ends in "~", so that nobody mistakes it for the whole label. */
static void print_cell(const char *text, size_t width)
{
    size_t len = strlen(text);
    size_t fits = pc_width_fitting(text, len, width);
    char part[512];

    if (fits < len) {
        fits = pc_width_fitting(text, len, width - 1);
    }
    if (fits >= sizeof part) {
        fits = sizeof part - 1;
    }
    memcpy(part, text, fits);
    part[fits] = '\0';
    pc_print_safe(stdout, part);
    size_t used = pc_width_of(part, fits) + (fits < len);

    (void)printf("%s%*s  ", fits < len ? "~" : "", used < width ? (int)(width - used) : 0, "");
}

static const char *exportable_word(const pc_key *key)
{
    static const char *const words[] = { [PC_FACT_UNKNOWN] = "?", [PC_FACT_FALSE] = "no", [PC_FACT_TRUE] = "YES" };

    return words[key->flags[PC_KEY_EXTRACTABLE]];
}

/* Of a key without a current certificate: may one that cannot be read, or compared, be its own? */
static bool may_have_certificate(const pc_listed_key *key)
{
    for (size_t i = 0; i < key->certificate_count; i++) {
        if (pc_listed_belongs(key, &key->certificates[i]) == PC_FACT_UNKNOWN) {
            return true;
        }
    }
    return false;
}

static void print_end(const pc_cli *cli, const pc_listed_key *key)
{
    const int64_t now = (int64_t)time(NULL);
    const pc_listed_certificate *certificate = current_of(key);

    if (!certificate) {
        const bool is_unknown = may_have_certificate(key);

        (void)printf("%-*s  %s\n", (int)END_WIDTH, is_unknown ? "?" : "-", is_unknown ? "unknown" : "none");
        return;
    }
    (void)printf("%-*.10s  ", (int)END_WIDTH, certificate->not_after);
    if (certificate->not_after_sec <= now) {
        pc_print_state(cli, stdout, PC_COLOUR_BAD, 0, "EXPIRED");
        (void)fputc('\n', stdout);
    } else {
        (void)printf("%lld d\n", (long long)((certificate->not_after_sec - now) / 86400));
    }
}

/* As wide as the longest label needs, if there is room. */
static size_t label_width(const pc_list_result *result)
{
    const unsigned width = pc_width_of_stream(stdout);
    const size_t room = width > REST_WIDTH + LEAST_LABEL ? width - REST_WIDTH : LEAST_LABEL;
    size_t longest = strlen("key");

    for (size_t i = 0; i < result->key_count; i++) {
        const char *label = result->keys[i].key.label;
        const size_t each = pc_width_of(label, strlen(label));

        longest = each > longest ? each : longest;
    }
    return longest < room ? longest : room;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* A table of keys must not look as if it were everything on the token. */
static void print_rest(const pc_list_result *result)
{
    const size_t certificates = result->other_count;
    const size_t objects = result->object_count;
    const size_t pending = result->pending_count;

    if (certificates + objects + pending > 0) {
        (void)printf("not in the table: %zu certificate%s, %zu other object%s, %zu pending request%s\n", certificates,
                     plural(certificates), objects, plural(objects), pending, plural(pending));
    }
}

void pc_key_table_print(const pc_cli *cli, const pc_list_result *result)
{
    const size_t width = label_width(result);

    print_cell("key", width);
    print_cell("kind", KIND_WIDTH);
    print_cell("exportable", EXPORT_WIDTH);
    print_cell("valid to", END_WIDTH);
    (void)printf("left\n");
    for (size_t i = 0; i < result->key_count; i++) {
        print_cell(result->keys[i].key.label, width);
        print_cell(result->keys[i].kind, KIND_WIDTH);
        print_cell(exportable_word(&result->keys[i].key), EXPORT_WIDTH);
        print_end(cli, &result->keys[i]);
    }
    print_rest(result);
}
