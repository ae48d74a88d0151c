/* SPDX-License-Identifier: Apache-2.0 */
#include "app/files/pfx_password.h"

#include <openssl/rand.h>
#include <string.h>

#include "base/kept_error.h"
#include "base/text.h"
#include "token/pin.h"
#include "x509/openssl_error.h"

#define LEAST_LEN  12u
#define LEAST_BITS 50u
#define GROUP      5u

/* Entropy of a character in tenths of a bit, by the kinds that occur: log2 of 10, 26, 36, 52, 62, 95. */
static unsigned worth(bool digit, bool lower, bool upper, bool other)
{
    unsigned size = (digit ? 10u : 0) + (lower ? 26u : 0) + (upper ? 26u : 0) + (other ? 33u : 0);

    return size <= 10 ? 33 : size <= 26 ? 47 : size <= 36 ? 51 : size <= 52 ? 57 : size <= 62 ? 59 : 65;
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

const char *pc_password_weakness(pc_secret *password)
{
    const uint8_t *bytes = pc_secret_bytes(password);
    bool digit = false;
    bool lower = false;
    bool upper = false;
    bool other = false;
    size_t count = 0;
    size_t counted = 0;

    for (size_t i = 0; i < pc_secret_len(password); i++) {
        if ((bytes[i] & 0xc0) == 0x80) {
            continue; /* inside a UTF-8 character */
        }
        int step = i ? bytes[i] - bytes[i - 1] : 2;

        count++;
        counted += step < -1 || step > 1;
        digit = digit || pc_is_digit((char)bytes[i]);
        lower = lower || is_lower(bytes[i]);
        upper = upper || is_upper(bytes[i]);
        other = other || !pc_is_alnum((char)bytes[i]);
    }
    if (count < LEAST_LEN) {
        return "it has fewer than 12 characters";
    }
    return counted * worth(digit, lower, upper, other) < LEAST_BITS * 10
               ? "it can be guessed: too few different characters, or runs like 1234"
               : NULL;
}

pc_status pc_password_make(pc_secret **ret_password, pc_error *err)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 section 6: no two look alike */
    PC_AUTO(pc_secret) pc_secret *password = NULL;

    PC_TRY(pc_secret_new(PC_PASSWORD_MADE_LEN + 1, &password, err));
    uint8_t *bytes = pc_secret_bytes(password);

    if (RAND_priv_bytes(bytes, (int)PC_PASSWORD_MADE_LEN) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "cannot generate a random password");
    }
    for (size_t i = 0; i < PC_PASSWORD_MADE_LEN; i++) {
        bool is_break = i % (GROUP + 1) == GROUP && i < 4 * (GROUP + 1);

        bytes[i] = is_break ? '-' : (uint8_t)alphabet[bytes[i] & 31];
    }
    pc_secret_set_len(password, PC_PASSWORD_MADE_LEN);
    *ret_password = PC_TAKE(password);
    return PC_OK;
}

pc_status pc_password_check_text(pc_secret *password, pc_error *err)
{
    const char *text = (const char *)pc_secret_bytes(password);
    size_t len = pc_secret_len(password);

    if (!pc_text_is_utf8(text, len)) {
        return pc_fail(err, PC_E_INPUT, "the password is not UTF-8, so other programs would interpret it differently");
    }
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f) {
            return pc_fail(err, PC_E_INPUT,
                           "the password contains a control character or line break, which cannot be typed");
        }
    }
    return PC_OK;
}

pc_status pc_password_read(const pc_password_source *source, const char *file, pc_secret **ret_password, pc_error *err)
{
    char name[256];
    char what[320];

    pc_text_escape_into(file, strlen(file), name, sizeof name - 32);
    (void)snprintf(what, sizeof what, "password for \"%s\"", name);
    const pc_secret_request request = {
        .source = source->source ? source->source : "prompt",
        .access = source->access,
        .what = what,
        .kind = source->use == PC_PASSWORD_OF_NEW_KIT ? PC_SECRET_KIT_PASSWORD : PC_SECRET_FILE_PASSWORD,
        .may_be_empty = source->use == PC_PASSWORD_OF_FILE,
    };

    return source->use == PC_PASSWORD_OF_FILE ? pc_secret_read(&request, ret_password, err)
                                              : pc_secret_read_new(&request, ret_password, err);
}

/* No password is requested if the file needs none. */
pc_status pc_pfx_open(const pc_file_bytes *file, const pc_password_source *password, pc_arena *arena, pc_pfx *ret_pfx,
                      pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *read = NULL;

    if (!password->source) {
        pc_status status = pc_pfx_read(file, NULL, arena, ret_pfx, err);

        if (status != PC_E_AUTH) {
            return status;
        }
        pc_error_pass(err, &(pc_error){ .status = PC_OK });
    }
    PC_TRY(pc_password_read(password, file->name, &read, err));
    return pc_pfx_read(file, read, arena, ret_pfx, err);
}
