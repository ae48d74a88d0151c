/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/template_key.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* In the order of their size, so that the first that fits is the smallest. */
static const struct {
    const char *key_type;
    const char *algorithm; /* of pc_template */
} key_types[] = {
    { "rsa-2048", "RSA" },        { "rsa-3072", "RSA" },        { "rsa-4096", "RSA" },
    { "ec-p256", "EC P-256" },    { "ec-p384", "EC P-384" },    { "ec-p521", "EC P-521" },
    { "ml-dsa-44", "ML-DSA-44" }, { "ml-dsa-65", "ML-DSA-65" }, { "ml-dsa-87", "ML-DSA-87" },
};

/* The algorithm of the others says how long their keys are. */
bool pc_template_takes_key(const pc_template *item, pc_key_kind kind)
{
    for (size_t i = 0; i < PC_COUNT(key_types); i++) {
        if (pc_text_equal(key_types[i].key_type, pc_key_kind_name(kind))) {
            return pc_text_equal(key_types[i].algorithm, item->key_algorithm) &&
                   (!pc_key_kind_is_rsa(kind) || pc_key_kind_bits(kind) >= item->key_bits);
        }
    }
    return false;
}

pc_fact pc_template_takes_described(const pc_template *item, const char *algorithm, unsigned bits)
{
    const bool is_rsa = pc_text_equal(algorithm, "RSA");
    const bool is_ec = pc_text_equal(algorithm, "EC");
    char curve[32];

    if (!algorithm || ((is_rsa || is_ec) && bits == 0)) {
        return PC_FACT_UNKNOWN;
    }
    (void)snprintf(curve, sizeof curve, "EC P-%u", bits);
    return pc_text_equal(item->key_algorithm, is_ec ? curve : algorithm) && (!is_rsa || bits >= item->key_bits)
               ? PC_FACT_TRUE
               : PC_FACT_FALSE;
}

size_t pc_template_key_kinds(const pc_template *item, pc_key_kind ret_kinds[static PC_TEMPLATE_KEY_KINDS_MOST])
{
    size_t count = 0;

    static_assert(PC_COUNT(key_types) <= PC_TEMPLATE_KEY_KINDS_MOST, "every one may fit");
    for (size_t i = 0; i < PC_COUNT(key_types); i++) {
        pc_key_kind kind;

        if (pc_key_kind_from_name(key_types[i].key_type, &kind, NULL) == PC_OK && pc_template_takes_key(item, kind)) {
            ret_kinds[count++] = kind;
        }
    }
    return count;
}

const char *pc_template_key_type(const pc_template *item)
{
    pc_key_kind kinds[PC_TEMPLATE_KEY_KINDS_MOST];

    return pc_template_key_kinds(item, kinds) ? pc_key_kind_name(kinds[0]) : NULL;
}

/* ---- a request ---- */

static pc_status add_line(pc_arena *arena, pc_template *item, pc_template_verdict verdict, const char *words,
                          pc_error *err)
{
    pc_template_line *line = PC_PUSH(arena, item->lines, item->line_count);

    if (!line || !words) {
        return pc_fail_memory(err);
    }
    *line = (pc_template_line){ verdict, words };
    item->verdict = verdict > item->verdict ? verdict : item->verdict;
    return PC_OK;
}

static pc_status compare_key(pc_arena *arena, pc_template *item, pc_key_kind kind, pc_error *err)
{
    const char *fitting = pc_template_key_type(item);

    if (pc_template_takes_key(item, kind)) {
        return PC_OK;
    }
    return add_line(arena, item, PC_TEMPLATE_REFUSED,
                    pc_arena_format(arena, "the request has a key %s, and the template requires %s%s%s%s",
                                    pc_key_kind_name(kind), item->key_algorithm, fitting ? " (" : "",
                                    fitting ? fitting : "", fitting ? " satisfies it)" : ""),
                    err);
}

static pc_status compare_name(pc_arena *arena, pc_template *item, const pc_request *request, pc_error *err)
{
    for (size_t i = 0; i < request->request_attribute_count; i++) {
        const pc_request_attribute *each = &request->request_attributes[i];

        if (pc_text_equal(each->name, "CertificateTemplate") && !pc_text_equal(each->value, item->name)) {
            const char *safe = pc_text_escape(arena, each->value, strlen(each->value));

            return add_line(arena, item, PC_TEMPLATE_WARNED,
                            safe ? pc_arena_format(arena, "the request names another template, \"%s\"", safe) : NULL,
                            err);
        }
    }
    return PC_OK;
}

pc_status pc_template_compare(pc_arena *arena, pc_template *item, const pc_request *request, pc_error *err)
{
    if (item->verdict == PC_TEMPLATE_UNKNOWN) {
        return PC_OK;
    }
    PC_TRY(compare_key(arena, item, request->key_kind, err));
    PC_TRY(compare_name(arena, item, request, err));
    if (request->wish.exportable == PC_WISH_YES && !(item->private_key_flags & PC_TEMPLATE_KEY_EXPORTABLE)) {
        return add_line(
            arena, item, PC_TEMPLATE_WARNED,
            "the request asks for an exportable key, which the template does not permit; the CA cannot check "
            "it",
            err);
    }
    return PC_OK;
}
