/* SPDX-License-Identifier: Apache-2.0 */
#include "app/request/flags.h"

#include <string.h>

#include "base/arena.h"
#include "base/nearest.h"
#include "base/text.h"

/* The names that openssl uses (x509v3_config(5)). */
static const struct {
    const char *name;
    const char *oid;
} ekus[] = {
    { "serverAuth", PC_OID_SERVER_AUTH },
    { "clientAuth", PC_OID_CLIENT_AUTH },
    { "codeSigning", "1.3.6.1.5.5.7.3.3" },
    { "emailProtection", "1.3.6.1.5.5.7.3.4" },
    { "timeStamping", "1.3.6.1.5.5.7.3.8" },
    { "OCSPSigning", "1.3.6.1.5.5.7.3.9" },
    { "msSmartcardLogin", "1.3.6.1.4.1.311.20.2.2" },
};

static pc_status add_eku(pc_request *request, const char *word, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(word);

    for (size_t i = 0; i < PC_COUNT(ekus); i++) {
        if (pc_text_equal(ekus[i].name, word)) {
            return pc_request_add_eku(request, ekus[i].oid, err);
        }
        pc_nearest_offer(&nearest, ekus[i].name);
    }
    if (pc_text_is_oid(word)) {
        return pc_request_add_eku(request, word, err);
    }
    (void)pc_fail(err, PC_E_USAGE, "\"%s\" is neither an OID nor the name of a known extended key usage", word);
    if (strchr(word, ',')) {
        return pc_hint(err, PC_E_USAGE, "give the option once for each extended key usage");
    }
    return nearest.best ? pc_hint(err, PC_E_USAGE, "did you mean %s?", nearest.best)
                        : pc_hint(err, PC_E_USAGE, "for example serverAuth, clientAuth or 1.3.6.1.5.5.7.3.3");
}

/* 0 if it is not the name of a bit. */
static unsigned key_usage_bit(pc_span word)
{
    for (unsigned bit = 1; bit <= PC_KU_ALL; bit <<= 1) {
        const char *name = pc_key_usage_name(bit);

        if (name && pc_span_equal(word, name)) {
            return bit;
        }
    }
    return 0;
}

static pc_status read_key_usage(const char *text, unsigned *ret_usage, pc_error *err)
{
    unsigned usage = 0;

    for (const char *word = text; word;) {
        const char *comma = strchr(word, ',');
        pc_span span = pc_span_trim((pc_span){ word, comma ? (size_t)(comma - word) : strlen(word) });
        unsigned bit = key_usage_bit(span);

        if (!bit) {
            (void)pc_fail(err, PC_E_USAGE, "\"%.*s\" is not a key usage", (int)span.len, word);
            return pc_hint(err, PC_E_USAGE,
                           "for example digitalSignature,keyEncipherment: the names of RFC 5280, separated by commas");
        }
        usage |= bit;
        word = comma ? comma + 1 : NULL;
    }
    *ret_usage = usage;
    return PC_OK;
}

static pc_status choose_key_usage(const pc_new_order *order, pc_request *request, pc_error *err)
{
    if (order->key_usage) {
        PC_TRY(read_key_usage(order->key_usage, &request->key_usage, err));
        request->has_key_usage = true;
        request->key_usage_not_critical = false;
    } else if (!order->inf) {
        request->has_key_usage = true;
        /* EC keys encipher nothing (RFC 8422 section 5.3). */
        request->key_usage =
            PC_KU_DIGITAL_SIGNATURE | (pc_key_kind_is_rsa(request->key_kind) ? PC_KU_KEY_ENCIPHERMENT : 0u);
    }
    return PC_OK;
}

static pc_status choose_ekus(const pc_new_order *order, pc_request *request, pc_error *err)
{
    if (order->ekus && *order->ekus) {
        request->eku_count = 0;
        request->eku_critical = false;
    } else if (!order->inf) {
        PC_TRY(pc_request_add_eku(request, PC_OID_SERVER_AUTH, err));
        PC_TRY(pc_request_add_eku(request, PC_OID_CLIENT_AUTH, err));
    }
    for (const char *const *each = order->ekus; each && *each; each++) {
        PC_TRY(add_eku(request, *each, err));
    }
    return PC_OK;
}

static pc_status choose_digest(const char *name, pc_request *request, pc_error *err)
{
    for (pc_digest digest = PC_DIGEST_SHA256; digest <= PC_DIGEST_SHA512; digest++) {
        if (pc_text_equal(pc_digest_name(digest), name)) {
            request->digest = digest;
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_USAGE, "\"%s\" is not a digest that requests are signed with: sha256, sha384 or sha512",
                   name);
}

static pc_status choose_template(const char *name, pc_request *request, pc_error *err)
{
    request->template_name = pc_arena_string(request->arena, name);
    return request->template_name ? PC_OK : pc_fail_memory(err);
}

pc_status pc_new_apply_usage(const pc_new_order *order, pc_request *request, pc_error *err)
{
    PC_TRY(choose_key_usage(order, request, err));
    PC_TRY(choose_ekus(order, request, err));
    PC_TRY(order->digest ? choose_digest(order->digest, request, err) : PC_OK);
    return order->template_name ? choose_template(order->template_name, request, err) : PC_OK;
}
